"""Reference values of package spectra; prints reference.json.

powerlaw 1.5, scikit-rmt 2.1.1, numpy 2.4.6, Python 3.11. powerlaw 2.0 takes the empirical distribution for i/(n-1) and so
finds other starts than the code of Clauset et al., which 1.5 follows.
"""
import contextlib
import importlib.metadata as meta
import json
import sys
import warnings

import numpy as np
import powerlaw
import scipy.misc

scipy.misc.derivative = None  # gone from SciPy; scikit-rmt imports it for another law
from skrmt.ensemble.spectral_law import MarchenkoPasturDistribution  # noqa: E402

warnings.filterwarnings("ignore")
rng = np.random.default_rng(22)
out = {"versions": {k: meta.version(k) for k in ("powerlaw", "scikit-rmt", "numpy")}, "tails": [], "noise": []}

w = rng.standard_t(3, size=(60, 90))  # heavy elements leave heavy spectra
for values in (
    np.linalg.eigvalsh(w @ w.T / 90),
    np.concatenate([rng.uniform(0.1, 1, 80), (1 - rng.uniform(size=120)) ** (-1 / 1.5)]),
    np.round(np.concatenate([rng.exponential(size=50), (1 - rng.uniform(size=90)) ** (-1 / 2.2)]) + 0.05, 1),  # ties
):
    values = [float(f"{v:.6g}") for v in values]
    with contextlib.redirect_stdout(sys.stderr):  # it tells its progress
        best = powerlaw.Fit(np.array(values), discrete=False, verbose=False)
    start = float(np.median(values))
    fixed = powerlaw.Fit(np.array(values), xmin=start, discrete=False, verbose=False)
    name = lambda f: dict(alpha=float(f.power_law.alpha), se=float(f.power_law.sigma), ks=float(f.power_law.D), min=float(f.xmin), n=int(f.n_tail))
    out["tails"].append(dict(values=values, best=name(best), start=start, fixed=name(fixed)))

for rows, columns, sd in [(100, 25, 1.0), (400, 300, 0.3)]:
    law = MarchenkoPasturDistribution(ratio=columns / rows, sigma=sd)
    at = np.linspace(law.lambda_minus, law.lambda_plus, 9)[1:-1]
    out["noise"].append(dict(rows=rows, columns=columns, variance=sd * sd, low=float(law.lambda_minus), high=float(law.lambda_plus), at=at.tolist(), density=law.pdf(at).tolist()))
print(json.dumps(out))
