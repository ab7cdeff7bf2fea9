"""Correlations of units by numpy.corrcoef, bounds by Fisher's z with scipy; prints twins.json.

numpy 2.4.6, scipy 1.17.1, Python 3.11.
"""
import json

import numpy as np
from scipy import stats

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n, d):
    """Numbers from -0.5 to 0.5 that Go makes too (SplitMix64 of a counter)."""
    z = (np.arange(n * d, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5).reshape(n, d)

n, d = 400, 20
x = uniform(1, n, d)
x[:, 3] = 2 * x[:, 7] + 1  # the same
x[:, 5] = -x[:, 9] + 0.05 * uniform(2, n, 1)[:, 0]  # opposite
x[:, 11] = x[:, 12] + 0.2 * uniform(3, n, 1)[:, 0]  # near the threshold
x[:, 13] = x[:, 14] + 0.3 * uniform(4, n, 1)[:, 0]  # below it
x[:, 15] = 4  # does not vary
x[:, 16] = 1e4 + x[:, 16]  # an offset
x = x.astype(np.float32).astype(np.float64)
live = [u for u in range(d) if u != 15]
r = np.corrcoef(x[:, live].T)
np.fill_diagonal(r, 0)
best = np.abs(r).max(1)
z, se, q = np.arctanh(np.minimum(best, 1 - 1e-16)), 1 / np.sqrt(n - 3), stats.norm.ppf(0.95)
low, high = np.tanh(z - q * se), np.tanh(z + q * se)
twins = [{"unit": live[i], "of": live[int(np.abs(r[i]).argmax())], "r": float(r[i][np.abs(r[i]).argmax()])} for i in range(len(live)) if best[i] > 0.98]
print(json.dumps({"n": n, "d": d, "live": len(live), "twins": twins, "surely": int((low > 0.98).sum()), "maybe": int((high > 0.98).sum()),
                  "bounds": [{"r": a, "n": b, "low": float(np.tanh(np.arctanh(a) - q / np.sqrt(b - 3))), "high": float(np.tanh(np.arctanh(a) + q / np.sqrt(b - 3)))}
                             for a, b in [(0.98, 400), (0.5, 30), (0.999, 1000)]]}, indent=1))
