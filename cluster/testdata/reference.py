"""Reference values of package cluster; prints reference.json.

scikit-learn 1.9.1, SciPy 1.17.1, ruptures 1.1.10, numpy 2.4.6, Python 3.11.
"""
import json

import numpy as np
import ruptures
import scipy
import sklearn
from scipy.cluster import hierarchy
from scipy.sparse.csgraph import laplacian
from scipy.spatial.distance import pdist, squareform
from sklearn import metrics
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.neighbors import kneighbors_graph

out = {"versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "ruptures": ruptures.__version__, "numpy": np.__version__}}
rng = np.random.default_rng(11)

# Overlapping groups of unequal size and spread, so that starts end in different places.
n, d, k = 240, 6, 5
truth = rng.choice(k, n, p=[0.35, 0.25, 0.2, 0.12, 0.08])
x = np.round(rng.normal(size=(k, d)) * 2.2 + 3, 3)[truth] + rng.normal(size=(n, d)) * (0.6 + 0.2 * truth[:, None])
x = np.round(x, 3).astype(np.float32)
out["points"] = {"n": n, "d": d, "x": [float(f"{v:.3f}") for v in x.ravel()], "truth": truth.tolist()}
x64 = np.array(out["points"]["x"], np.float32).astype(np.float64).reshape(n, d)

# k-means of given starts, to the end.
starts = [rng.choice(n, k, replace=False) for _ in range(6)]
fits = [KMeans(k, init=x64[s], n_init=1, tol=0, max_iter=1000, algorithm="lloyd").fit(x64) for s in starts]
out["kmeans"] = {"starts": [s.tolist() for s in starts], "inertia": [float(f.inertia_) for f in fits], "labels": [f.labels_.tolist() for f in fits],
                 "best": float(KMeans(k, n_init=100, tol=0, random_state=0).fit(x64).inertia_)}


def spherical(z, centres):
    """Lloyd's rounds with centres of length 1, written out."""
    labels = None
    while True:
        new = (z @ centres.T).argmax(1)
        if labels is not None and (new == labels).all():
            return labels, float(2 * (1 - (z * centres[labels]).sum(1)).sum())
        labels = new
        centres = np.array([z[labels == c].sum(0) for c in range(len(centres))])
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)


z = x64 / np.linalg.norm(x64, axis=1, keepdims=True)
found = [spherical(z, z[s]) for s in starts]
out["spherical"] = {"inertia": [i for _, i in found], "labels": [l.tolist() for l, _ in found]}

# Cosines.
c = x64 - x64.mean(0)
zc = c / np.linalg.norm(c, axis=1, keepdims=True)
off = ~np.eye(n, dtype=bool)
out["cosine"] = {"raw": (z[:5] @ z[:5].T).ravel().tolist(), "centred": (zc[:5] @ zc[:5].T).ravel().tolist(), "mean": [float((q @ q.T)[off].mean()) for q in (z, zc)],
                 "units": metrics.pairwise.cosine_similarity(x64.T).ravel().tolist(), "correlation": np.corrcoef(x64.T).ravel().tolist()}

# Silhouette and agreement.
labels = [fits[0].labels_, fits[3].labels_, truth, rng.integers(0, 40, n), np.arange(n) % 2]
out["silhouette"] = [{"labels": l.tolist(), "widths": metrics.silhouette_samples(x64, l).tolist(), "mean": float(metrics.silhouette_score(x64, l))} for l in labels[:4]]
pairs = [(a, b) for i, a in enumerate(labels) for b in labels[i + 1:]]
pairs += [([0, 0, 1, 1], [0, 0, 1, 2]), ([0, 0, 0, 0], [0, 1, 2, 3]), ([0, 0, 0], [1, 1, 1]), ([0, 1, 2], [5, 3, 1]), ([0, 1, 0, 1], [0, 0, 1, 1])]
out["agreement"] = [{"a": [int(v) for v in a], "b": [int(v) for v in b], "ari": float(metrics.adjusted_rand_score(a, b)), "ami": float(metrics.adjusted_mutual_info_score(a, b)),
                     "nmi": float(metrics.normalized_mutual_info_score(a, b))} for a, b in pairs]

# Spectral clustering of the graph of 7 neighbours beside the point itself.
graph = kneighbors_graph(x64, 8, include_self=True)
graph = (0.5 * (graph + graph.T)).toarray()
spectral = SpectralClustering(4, affinity="precomputed", assign_labels="kmeans", n_init=50, random_state=0).fit(graph)
values = np.linalg.eigvalsh(laplacian(graph, normed=True))
out["spectral"] = {"neighbours": 7, "labels": spectral.labels_.tolist(), "values": values[:8].tolist(), "largest": float(values[-1])}

# Trees of the distances of the first points.
m = 60
dist = squareform(pdist(x64[:m]))
out["trees"] = {"n": m, "dist": dist.ravel().tolist()}
for method in ("average", "complete", "ward"):
    tree = hierarchy.linkage(squareform(dist), method)
    out["trees"][method] = {"heights": tree[:, 2].tolist(), "cuts": {str(q): hierarchy.fcluster(tree, q, "maxclust").tolist() for q in (1, 2, 3, 5, 10, 60)}}
    out["trees"][method]["silhouette"] = float(metrics.silhouette_score(dist, hierarchy.fcluster(tree, 3, "maxclust"), metric="precomputed"))

# Change points of a signal with breaks after 9, 14 and 25 of 40.
signal = np.round(np.repeat(rng.normal(size=(4, 3)) * 2, [9, 5, 11, 15], axis=0) + rng.normal(size=(40, 3)) * 0.7, 3)
cpd = ruptures.KernelCPD(kernel="linear", min_size=1).fit(signal)
cost = ruptures.costs.CostL2().fit(signal)
breaks = [cpd.predict(n_bkps=q) if q else [40] for q in range(8)]
out["changes"] = {"n": 40, "gram": (signal @ signal.T).ravel().tolist(), "ends": [[int(e) for e in b] for b in breaks],
                  "scatter": [float(cost.sum_of_costs(b)) if len(b) else 0.0 for b in breaks], "penalised": {str(p): [int(e) for e in cpd.predict(pen=p)] for p in (2.0, 8.0, 30.0, 500.0)}}

print(json.dumps(out))
