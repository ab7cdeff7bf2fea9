"""Reference values of Hamming, Energy, InceptionScore and Margins; prints outputs.json.

scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11. The inception score is the loop over splits of its authors'
code with scipy's entropy; a margin is the shortest way to a half-space that a constrained minimiser finds.
"""
import importlib.metadata as meta
import json

import numpy as np
from scipy import optimize, special, stats
from sklearn import metrics

rng = np.random.default_rng(25)
out = {"versions": {k: meta.version(k) for k in ("scikit-learn", "scipy", "numpy")}}

n, C, d, labels = 43, 4, 6, 5
a, b = (rng.uniform(size=(2, n, labels)) < 0.4).astype(int)
out["labels"], out["a"], out["b"] = labels, a.ravel().tolist(), b.ravel().tolist()
out["hamming"] = float(metrics.hamming_loss(a, b))
out["by_label"] = [float(metrics.zero_one_loss(a[:, k], b[:, k])) for k in range(labels)]

logits = np.round(rng.normal(size=(n, C)) * 4, 2)
out["classes"], out["logits"] = C, logits.ravel().tolist()
logits = logits.astype(np.float32).astype(np.float64)
out["energy"] = [dict(t=t, values=(-t * special.logsumexp(logits / t, axis=1)).tolist()) for t in (0.5, 1.0, 20.0)]

p = special.softmax(logits, axis=1)
splits = []
for k in range(10):
    part = p[k * n // 10:(k + 1) * n // 10]
    splits.append(np.exp(np.mean([stats.entropy(q, part.mean(0)) for q in part])))
out["inception"] = dict(score=float(np.exp(np.mean([stats.entropy(q, p.mean(0)) for q in p]))), mean=float(np.mean(splits)), sd=float(np.std(splits)))

w, bias, x = (np.round(rng.normal(size=s), 2) for s in ((C, d), C, (12, d)))
out["features"], out["weight"], out["bias"], out["samples"] = d, w.ravel().tolist(), bias.tolist(), x.ravel().tolist()
w, bias, x = (v.astype(np.float32).astype(np.float64) for v in (w, bias, x))
out["margins"] = []
for row in x:
    top = int(np.argmax(w @ row + bias))
    ways = {}
    for c in set(range(C)) - {top}:
        gap = lambda v, c=c: (w[c] - w[top]) @ (row + v) + bias[c] - bias[top]
        r = optimize.minimize(lambda v: v @ v, np.ones(d), jac=lambda v: 2 * v, constraints=[{"type": "ineq", "fun": gap}], method="SLSQP", options=dict(ftol=1e-10))
        assert r.success, r.message
        ways[c] = float(np.sqrt(r.fun))
    other = min(ways, key=ways.get)
    out["margins"].append([top, other, ways[other]])
print(json.dumps(out))
