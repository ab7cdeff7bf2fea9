"""Densities by scikit-learn and SciPy; prints reference.json.

Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. The data come from integers, so that Go makes the same ones.
"""
import json

import numpy as np
import scipy
import sklearn
from scipy.stats import multivariate_t
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n, d):
    z = (np.arange(n * d, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5).reshape(n, d)


def rows(seed, n, d, offset):
    """Three clusters along d units of falling size."""
    centre = np.array([[0, 0, 0], [4, 0, 1], [0, 5, -1]], float)[np.arange(n) % 3]
    x = sum(uniform(seed + k, n, d) for k in range(4))
    x[:, :3] += centre
    return (x / (1 + np.arange(d)) * 3 + offset).astype(np.float32).astype(float)


out = {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__, "cases": []}
for n, d, offset, q in [(300, 5, 0, 2), (300, 12, 1e3, 4)]:
    x, new = rows(1, n, d, offset), rows(50, 6, d, offset)
    p = PCA(q, svd_solver="full").fit(x)
    z = p.transform(x) / np.sqrt(p.explained_variance_)
    mix = [GaussianMixture(k, tol=1e-9, max_iter=2000, n_init=10, random_state=0).fit(z) for k in (1, 2, 3, 4)]
    bics = [m.bic(z) for m in mix]
    best = mix[int(np.argmin(bics))]
    log = np.log(p.explained_variance_).sum() / 2
    var, along = p.explained_variance_, p.transform(new)
    student = multivariate_t(np.zeros(q), np.diag((var.mean() + (n - 1) * var) * (n + 2) / (n + 1) / (n + 3)), df=n + 3)
    back = p.inverse_transform(along)
    out["cases"].append(dict(
        n=n, d=d, offset=offset, q=q, values=list(var), ppca=list(-p.score_samples(new)),
        bic=[float(b) for b in bics], components=best.n_components, mixture=list(log - best.score_samples((along / np.sqrt(var)))),
        student=list(-student.logpdf(along)), residual=list(np.linalg.norm(new - back, axis=1) / np.linalg.norm(new - p.mean_, axis=1)),
    ))
print(json.dumps(out, indent=1, default=float))
