"""Reference values of package infer; prints reference.json.

scipy 1.17.1, statsmodels 0.15.0, numpy 2.4.6, Python 3.11.
"""
import json

import numpy as np
import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

out = {"versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__}}

out["proportion"] = []
for k, n in [(0, 10), (1, 10), (8, 10), (10, 10), (0, 3000), (3, 5000), (412, 2048), (2047, 2048), (19990, 20000)]:
    for level in (0.9, 0.95, 0.99):
        w = proportion_confint(k, n, 1 - level, "wilson")
        c = proportion_confint(k, n, 1 - level, "beta")
        up = 1.0 if k == n else stats.beta.ppf(level, k + 1, n - k)
        lo = 0.0 if k == 0 else stats.beta.ppf(1 - level, k, n - k + 1)
        out["proportion"].append(dict(k=k, n=n, level=level, wilson=list(map(float, w)), exact=list(map(float, c)), upper=float(up), lower=float(lo)))

out["newcombe"] = []
for a in [(95, 100, 85, 100), (1, 40, 0, 30), (500, 1000, 480, 990), (0, 20, 0, 20)]:
    lo, hi = confint_proportions_2indep(*a, method="newcomb", compare="diff", alpha=0.05)
    out["newcombe"].append(dict(counts=a, interval=[float(lo), float(hi)]))

out["binomial"] = [dict(k=k, n=n, p=p, tail=float(stats.binom.sf(k - 1, n, p))) for k, n, p in [(3, 10, 0.1), (40, 50, 0.5), (10, 1000, 0.001), (90, 100, 0.5), (5, 5, 0.2)]]
out["mcnemar"] = [dict(b=b, c=c, p=float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)) for b, c in [(1, 7), (5, 5), (30, 12), (0, 6), (200, 150)]]


def tango(a, b, c, d, level):
    """Score interval with the constrained maximum found numerically, not by Tango's closed form."""
    n = a + b + c + d
    z = stats.norm.ppf(1 - (1 - level) / 2)

    def score(delta):
        def neg(q):  # q = P(only second), P(only first) = q + delta
            p = q + delta
            rest = 1 - p - q
            terms = [(b, p), (c, q), (a + d, rest)]
            return -sum(k * np.log(v) if k else 0.0 for k, v in terms)

        lo, hi = max(0.0, -delta), (1 - delta) / 2
        q = optimize.minimize_scalar(neg, bounds=(lo + 1e-12, hi - 1e-12), method="bounded", options=dict(xatol=1e-13)).x
        return (b - c - n * delta) / np.sqrt(n * (2 * q + delta - delta * delta))

    est = (b - c) / n
    lo = optimize.brentq(lambda x: score(x) - z, -1 + 1e-9, est - 1e-9)
    hi = optimize.brentq(lambda x: score(x) + z, est + 1e-9, 1 - 1e-9)
    return [lo, hi]


out["tango"] = [dict(table=t, level=l, interval=tango(*t, l)) for t in [(43, 2, 7, 8), (212, 12, 5, 21), (30, 9, 1, 10), (900, 40, 55, 5)] for l in (0.9, 0.95)]

rng = np.random.default_rng(1)
p = np.concatenate([rng.beta(0.3, 3, 12), rng.uniform(size=13), [0.02, 0.02]])
out["multiplicity"] = dict(p=p.tolist(), bh=multipletests(p, method="fdr_bh")[1].tolist(), by=multipletests(p, method="fdr_by")[1].tolist())

out["normal"] = [dict(p=q, z=float(stats.norm.ppf(q))) for q in (1e-12, 0.001, 0.025, 0.5, 0.8, 0.975, 0.999999)]
out["normal_tail"] = [dict(z=z, p=float(stats.norm.sf(z))) for z in (-3.0, 0.0, 1.5, 8.0, 20.0)]
out["student"] = [dict(p=q, df=d, t=float(stats.t.ppf(q, d))) for q in (0.01, 0.6, 0.95, 0.975, 0.999) for d in (1, 7, 15, 19, 195)]
out["student_tail"] = [dict(t=t, df=d, p=float(stats.t.sf(t, d))) for t in (-2.0, 0.3, 4.0, 12.0) for d in (3, 19, 63)]

x = rng.exponential(size=60)
res = stats.bootstrap((x,), np.mean, n_resamples=200000, method="BCa", random_state=1)
out["bca"] = dict(values=x.tolist(), interval=[float(res.confidence_interval.low), float(res.confidence_interval.high)])
res = stats.bootstrap((x,), np.var, n_resamples=200000, method="percentile", random_state=1)
out["percentile"] = [float(res.confidence_interval.low), float(res.confidence_interval.high)]

print(json.dumps(out, indent=1))
