"""CKA by float64 Gram matrices, straight from the definitions; prints gram.json.

numpy 2.4.6, Python 3.11. The data come from integers, so that Go makes the same ones.
"""
import json

import numpy as np

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n, d):
    z = (np.arange(n * d, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5).reshape(n, d)


def layers(n, widths, case):
    z = uniform(1, n, 4)
    out = []
    for l, d in enumerate(widths):
        x = z @ uniform(100 + l, 4, d) + 0.3 * (l + 1) * uniform(200 + l, n, d)
        if case == "offset":
            x = x + 1e4
        if case == "massive":
            x[:, 1] = 1000 + 40 * uniform(300 + l, n, 1)[:, 0] + 40 * uniform(400, n, 1)[:, 0]
            x[:, 3] = 3000 + 5 * uniform(400, n, 1)[:, 0]
        if case == "far":
            x[7] = x[7] + 300
        out.append(x.astype(np.float32).astype(np.float64))
    return out


def hsic_u(k, l):
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return ((k * l).sum() + k.sum() * l.sum() / (n - 1) / (n - 2) - 2 / (n - 2) * (one @ k) @ (l @ one)) / n / (n - 3)


def hsic_b(k, l):
    n = len(k)
    h = np.eye(n) - 1 / n
    return np.trace(k @ h @ l @ h) / (n - 1) ** 2


def cka(xs, h):
    # Centring changes neither value; it only keeps float64 from losing the offset.
    ks = [(x - np.median(x, 0)) @ (x - np.median(x, 0)).T for x in xs]
    s = [h(k, k) for k in ks]
    return [[float(h(a, b) / np.sqrt(s[i] * s[j])) for j, b in enumerate(ks)] for i, a in enumerate(ks)]


out = {"numpy": np.__version__, "cases": []}
for case, n, widths in [("plain", 150, [7, 40, 300]), ("offset", 300, [16, 64, 128, 33]), ("massive", 300, [16, 64, 128, 700]), ("far", 200, [24, 48])]:
    xs = layers(n, widths, case)
    groups = [i * 7 % 20 for i in range(n)]
    leave = []
    for g in range(20):
        keep = np.array([i for i in range(n) if groups[i] != g])
        leave.append(cka([x[keep] for x in xs], hsic_u)[0][1])
    out["cases"].append(dict(name=case, n=n, widths=widths, debiased=cka(xs, hsic_u), biased=cka(xs, hsic_b), leave01=leave))
print(json.dumps(out, indent=1))
