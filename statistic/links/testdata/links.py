"""R^2 of linear prediction with its jackknife error by scikit-learn's Ridge, fitted anew for every fold and every group
left out; prints links.json.

numpy 2.4.6, scikit-learn 1.9.1, Python 3.11.
"""
import json

import numpy as np
from sklearn.linear_model import Ridge

M = (1 << 64) - 1
PENALTIES = np.logspace(-6, 6, 13)


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M
    z = (z ^ z >> 27) * 0x94D049BB133111EB & M
    return z ^ z >> 31


def seed(number, purpose):
    """What infer.Seed makes of a number and a purpose: FNV-1a (Fowler, Noll & Vo), mixed."""
    h = 14695981039346656037
    for b in number.to_bytes(8, "little") + len(purpose).to_bytes(8, "little") + purpose.encode():
        h = (h ^ b) * 1099511628211 & M
    return mix(h)


def uniform(s, n, d):
    """Numbers from -0.5 to 0.5 that Go makes too (SplitMix64 of a counter)."""
    return np.array([mix((i + (s << 32)) * 0x9E3779B97F4A7C15 & M) >> 40 for i in range(n * d)]).reshape(n, d) / (1 << 24) - 0.5


n = 120
a = uniform(1, n, 6)
b = np.hstack([a @ uniform(2, 6, 5) + 0.3 * uniform(3, n, 5), np.full((n, 1), 7.0)])  # the last unit does not vary
c = b @ uniform(4, 6, 150) + uniform(5, n, 150)  # more units than samples
d = 0.2 * c[:, :4] + 0.1 * uniform(6, n, 4)
e = uniform(7, n, 3)  # nothing of what it reads
layers = {k: v.astype(np.float32).astype(float) for k, v in dict(a=a, b=b, c=c, d=d, e=e).items()}
hashes = [i * 0x9E3779B97F4A7C15 & M for i in range(n)]
purpose = mix((seed(1, "links") + 0x9E3779B97F4A7C15) & M)
group = np.empty(n, int)
group[np.argsort(np.array([mix(purpose ^ mix(h)) for h in hashes], dtype=np.uint64), kind="stable")] = np.arange(n) % 20
fold = group % 5


def left(z, y, f, penalty, without=-1):
    """Squared error and squared deviation of a fold, in a fit that has neither the fold nor one more group."""
    fit, held = (fold != f) & (group != without), (fold == f) & (group != without)
    guess = Ridge(penalty * n, solver="svd").fit(z[fit], y[fit]).predict(z[held])
    return ((y[held] - guess) ** 2).sum(), ((y[held] - y[fit].mean(0)) ** 2).sum()


def link(x, y):
    z = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)
    loss = {(p, f): left(z, y, f, p)[0] for p in PENALTIES for f in range(5)}
    best = [min(PENALTIES, key=lambda p: sum(loss[p, g] for g in range(5) if g != f)) for f in range(5)]
    r2 = lambda without: 1 - np.divide(*np.sum([left(z, y, f, best[f], without) for f in range(5)], axis=0))
    leave = np.array([r2(g) for g in range(20)])
    return dict(r2=r2(-1), se=np.sqrt(19 / 20 * ((leave - leave.mean()) ** 2).sum()))


print(json.dumps({"n": n, "links": [dict(link(layers[i], layers[j]), **{"from": i, "to": j}) for i, j in ["ab", "bc", "cd", "ae"]]}, indent=1))
