"""The measures of METHODS beside linear CKA by other people's code, on the data of gram.py; prints measures.json.

Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, rsatoolbox 0.3.2; on the path also netrep at 0186b8a
(github.com/ahwillia/netrep), google/svcca at 1f3fbf1, xgfs/imd at 292de7c. Mutual k-NN follows metrics.py of
minyoungg/platonic-rep at dcd76ba.
"""
import contextlib
import importlib.metadata
import io
import json

import numpy as np
import rsatoolbox
import scipy
import sklearn
from scipy.linalg import orthogonal_procrustes, subspace_angles
from scipy.optimize import linear_sum_assignment
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from sklearn.linear_model import Ridge

with contextlib.redirect_stdout(io.StringIO()):
    from gram import cka, hsic_b, hsic_u, layers, uniform
    import cca_core
    import pwcca
    from msid.laplacian import _laplacian_sparse, construct_graph_sparse
    from netrep.metrics import LinearMetric


def kernel_cka(x, y, share, h):
    ks = []
    for m in (x, y):
        d = pdist(m)
        ks.append(np.exp(-squareform(d) ** 2 / 2 / (share * np.median(d)) ** 2))
    return h(*ks) / np.sqrt(h(ks[0], ks[0]) * h(ks[1], ks[1]))


def whiten(x):
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    return u[:, s > 1e-6 * s[0]]


def paper_pwcca(x, y):
    """Morcos et al. 2018, section 3, for the layer of fewer dimensions."""
    if x.shape[1] > y.shape[1]:
        x, y = y, x
    u, rho, _ = np.linalg.svd(whiten(x).T @ whiten(y), full_matrices=False)
    alpha = np.abs((whiten(x) @ u).T @ x).sum(1)
    return (alpha * rho).sum() / alpha.sum()


def knn(x, k):
    k_x = x @ x.T
    np.fill_diagonal(k_x, -1e8)
    return k_x.argsort(1)[:, ::-1][:, :k]


def mutual_knn(x, y, k):
    x, y = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (x, y))
    return np.mean([len(set(a) & set(b)) / k for a, b in zip(knn(x, k), knn(y, k))])


def euclid_knn(x, y, k):
    near = []
    for m in (x, y):
        d = squareform(pdist(m))
        np.fill_diagonal(d, np.inf)
        near.append(d.argsort(1)[:, :k])
    return np.mean([len(set(a) & set(b)) / k for a, b in zip(*near)])


def imd(x, y):
    ts = np.logspace(-1, 1, 256)
    heat = []
    for m in (x, y):
        a = construct_graph_sparse(m, 5)
        a = (a + a.T) / 2
        a.data = np.ones(a.data.shape)
        heat.append(np.exp(-np.outer(ts, np.linalg.eigvalsh(_laplacian_sparse(a).toarray()))).sum(1))
    return np.max(np.exp(-2 * (ts + 1 / ts)) * np.abs(heat[0] - heat[1])) / len(x)


def rsa(x, y, dissimilarity, by):
    rdms = [rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(m), method=dissimilarity) for m in (x, y)]
    return rsatoolbox.rdm.compare(*rdms, method=by)[0, 0]


def predict(x, y):
    n = len(x)
    z = (x - x.mean(0)) / x.std(0)
    fold = np.arange(n) * 7 % 20 % 5
    left = {}
    for p in np.logspace(-6, 6, 13):
        for f in range(5):
            fit, held = fold != f, fold == f
            left[p, f] = ((y[held] - Ridge(p * n, solver="svd").fit(z[fit], y[fit]).predict(z[held])) ** 2).sum()
    chosen = [min(np.logspace(-6, 6, 13), key=lambda p: sum(left[p, g] for g in range(5) if g != f)) for f in range(5)]
    spread = sum(((y[fold == f] - y[fold != f].mean(0)) ** 2).sum() for f in range(5))
    return dict(r2=1 - sum(left[p, f] for f, p in enumerate(chosen)) / spread, penalty=[float(p) for p in chosen])


def u_centre(k):
    n = len(k)
    k = k - np.diag(np.diag(k))
    u = k - k.sum(0) / (n - 2) - k.sum(1)[:, None] / (n - 2) + k.sum() / (n - 1) / (n - 2)
    return u - np.diag(np.diag(u))


def deconfounded(x, y, z):
    a, b, c = (u_centre(m @ m.T) for m in (x, y, z))
    a, b = a - (a * c).sum() / (c * c).sum() * c, b - (b * c).sum() / (c * c).sum() * c
    return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())


def shuffled(x, y, biased, draws=20000):
    rng = np.random.default_rng(1)
    a, b = (m @ m.T for m in (x, y))
    if not biased:
        a, b = u_centre(a), u_centre(b)
    seen, n = (a * b).sum(), len(a)
    t = []
    for _ in range(draws):
        p = rng.permutation(n)
        t.append((a * b[p][:, p]).sum())
    t = np.array(t)
    return dict(z=(seen - t.mean()) / t.std(), p=(1 + (t >= seen).sum()) / (draws + 1))


out = {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__, "rsatoolbox": importlib.metadata.version("rsatoolbox"), "cases": []}
for case, n, widths in [("plain", 150, [7, 40, 300]), ("offset", 300, [16, 64, 33]), ("massive", 300, [16, 64, 40]), ("far", 200, [24, 48, 30])]:
    raw = layers(n, widths, case)
    xs = [x - x.mean(0) for x in raw]
    for i, j in [(0, 1), (1, 0), (0, 2), (1, 2)]:
        x, y = xs[i], xs[j]
        r = dict(name=case, n=n, widths=widths, first=i, second=j)
        r["rbf"] = kernel_cka(x, y, 0.5, hsic_u)
        r["rbf_biased"] = kernel_cka(x, y, 0.2, hsic_b)
        r["shape"] = LinearMetric(alpha=1.0).fit_score(x, y)
        pad = max(x.shape[1], y.shape[1])
        p, q = (np.pad(m, ((0, 0), (0, pad - m.shape[1]))) for m in (x, y))
        r["disparity"] = procrustes(p, q)[2]
        k, l = x @ x.T, y @ y.T
        e, v = np.linalg.eigh(k)
        root = v * np.sqrt(np.maximum(e, 0)) @ v.T
        inner = np.linalg.eigvalsh(root @ l @ root)
        r["bures"] = np.sqrt(inner[inner > 1e-12 * inner.max()]).sum() / np.sqrt(np.trace(k) * np.trace(l))
        r["euclid"], r["euclid_tau"] = rsa(x, y, "euclidean", "spearman"), rsa(x, y, "euclidean", "kendall")
        r["correlation"] = rsa(raw[i], raw[j], "correlation", "spearman")
        r["knn"] = euclid_knn(x, y, 10)
        units = [m / np.linalg.norm(m, axis=1, keepdims=True) for m in (x, y)]
        r["platonic"] = mutual_knn(x, y, 10)
        assert abs(r["platonic"] - euclid_knn(*units, 10)) < 1e-12
        r["imd"] = imd(x, y)
        r["predict"] = predict(x, y)
        c = np.corrcoef(x.T, y.T)[: x.shape[1], x.shape[1]:]
        at = linear_sum_assignment(-c)
        r["match"] = c[at].mean()
        rot, s = orthogonal_procrustes(p, q)
        r["residual"] = np.linalg.norm(s / (p**2).sum() * p @ rot - q) / np.linalg.norm(q)
        third = xs[3 - i - j]
        r["deconfounded"] = deconfounded(x, y, third)
        if max(x.shape[1], y.shape[1]) < n - 1:
            r["cca"] = np.cos(subspace_angles(x, y)).mean()
            r["pwcca"] = paper_pwcca(x, y)
            parts = []
            for m in (x, y):
                u, s, _ = np.linalg.svd(m, full_matrices=False)
                k = int(np.searchsorted(np.cumsum(s**2) / (s**2).sum(), 0.99 - 1e-12)) + 1
                parts.append((u[:, :k] * s[:k]).T)
            r["svcca"] = cca_core.get_cca_similarity(*parts, verbose=False)["cca_coef1"][: min(len(parts[0]), len(parts[1]))].mean()
            r["svcca_ranks"] = [len(parts[0]), len(parts[1])]
            if x.shape[1] <= y.shape[1]:  # their code is the paper's for whitened units of the smaller layer
                w = whiten(x).T * np.sqrt(n - 1)
                assert abs(pwcca.compute_pwcca(w, y.T)[0] - paper_pwcca(w.T, y)) < 1e-6
        out["cases"].append({k: (float(v) if isinstance(v, np.floating) else v) for k, v in r.items()})

out["shuffled"] = []
for n, dx, dy, mix in [(40, 3, 5, 0.35), (60, 20, 4, 0.3), (50, 200, 30, 0.3)]:
    x = uniform(7, n, dx).astype(np.float32).astype(float)
    y = (uniform(8, n, dy) + mix * x[:, :1]).astype(np.float32).astype(float)
    x, y = x - x.mean(0), y - y.mean(0)
    out["shuffled"].append(dict(n=n, dx=dx, dy=dy, mix=mix, biased=shuffled(x, y, True), debiased=shuffled(x, y, False)))
print(json.dumps(out, indent=1, default=float))
