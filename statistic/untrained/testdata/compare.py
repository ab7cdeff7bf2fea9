"""Gain of a probe over five twins, and the p of "it lies outside 2 points": writes compare.json. NumPy 2.4.6, SciPy 1.17.1."""
import json
import numpy as np
from scipy import stats

out = []
for name, n, own, twins in (("alike", 1500, 83, [82, 83, 84, 83, 82]), ("better", 400, 90, [80, 81, 79, 83, 80]), ("apart", 600, 71, [60, 75, 68, 80, 72])):
    at = np.arange(n)
    right = (at * 37) % 100 < own
    t = np.stack([(at * 37 + 3 * k) % 100 < share for k, share in enumerate(twins)])
    z = right - t.mean(0)
    a, b = z.var(ddof=1) / n, t.mean(1).var(ddof=1) / len(twins)
    se, df = np.sqrt(a + b), (a + b) ** 2 / (a * a / (n - 1) + b * b / (len(twins) - 1))
    low, high = stats.t.interval(0.9, df, z.mean(), se)
    p = max(stats.t.sf((z.mean() + 0.02) / se, df), stats.t.cdf((z.mean() - 0.02) / se, df))
    out.append(dict(name=name, n=n, own=own, twins=twins, gain=z.mean(), se=se, df=df, low=low, high=high, p=p))
json.dump(out, open("compare.json", "w"), indent=1)
