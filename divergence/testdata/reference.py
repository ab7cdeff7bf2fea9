"""Divergences and tests by SciPy; prints reference.json.

Python 3.11, numpy 2.4.6, scipy 1.17.1. The data come from integers, so that Go makes the same ones.
"""
import json

import numpy as np
import scipy
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, ks_2samp

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n):
    z = (np.arange(n, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 24)


out = {"numpy": np.__version__, "scipy": scipy.__version__, "pairs": [], "ks": []}
for seed, n in [(1, 2), (3, 7), (5, 100)]:
    p, q = uniform(seed, n), uniform(seed + 1, n) ** 4
    p, q = p / p.sum(), q / q.sum()
    out["pairs"].append(dict(seed=seed, n=n, kl=entropy(p, q), js=jensenshannon(p, q) ** 2))
for n, m, shift in [(4, 4, 0.3), (30, 17, 0.2), (100, 100, 0.1), (1000, 700, 0.05), (2500, 2500, 0.02)]:
    r = ks_2samp(uniform(10, n), uniform(11, m) + shift, method="exact")
    out["ks"].append(dict(n=n, m=m, shift=shift, d=r.statistic, p=r.pvalue))
print(json.dumps(out, indent=1, default=float))
