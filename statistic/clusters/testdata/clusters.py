"""Parts of one layer's samples by scikit-learn in float64; prints clusters.json.

scikit-learn 1.9.1, numpy 2.4.6, Python 3.11. Samples are centred and brought to length 1; spherical k-means of well
parted points ends where Euclidean k-means of the same directions ends. Labels are the groups with every seventh moved on.
"""
import json

import numpy as np
from sklearn import metrics
from sklearn.cluster import KMeans, SpectralClustering

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n, d):
    """Numbers from -0.5 to 0.5 that Go makes too (SplitMix64 of a counter)."""
    z = (np.arange(n * d, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5).reshape(n, d)


def directions(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


n, d, k = 240, 12, 4
group = np.arange(n) % k
labels = np.where(np.arange(n) % 7 == 0, (group + 1) % k, group)
x = (6 * uniform(1, k, d)[group] + 1.5 * uniform(2, n, d) + 2).astype(np.float32).astype(np.float64)
out = {"n": n, "d": d, "k": k}
for name, y in (("raw", x), ("centred", x - x.mean(0))):
    c = directions(y) @ directions(y).T
    pairs = np.tril_indices(n, -1)
    same = labels[pairs[0]] == labels[pairs[1]]
    of = lambda a, b: c[pairs][((labels[pairs[0]] == a) & (labels[pairs[1]] == b)) | ((labels[pairs[0]] == b) & (labels[pairs[1]] == a))].mean()
    out[name] = {
        "mean": c[pairs].mean(),
        "quantiles": np.quantile(c[pairs], [0.05, 0.25, 0.5, 0.75, 0.95]).tolist(),
        "within": c[pairs][same].mean(),
        "between": c[pairs][~same].mean(),
        "matrix": [of(a, b) for a in range(k) for b in range(a, k)],
    }
z = directions(x - x.mean(0))
parts = {
    "k_means": KMeans(k, n_init=10, tol=0, random_state=0).fit_predict(z),
    "spectral": SpectralClustering(k, affinity="nearest_neighbors", n_neighbors=10, random_state=0).fit_predict(z),
}
for name, p in parts.items():
    out[name] = {
        "silhouette": metrics.silhouette_score(z, p),
        "rand": metrics.adjusted_rand_score(labels, p),
        "information": metrics.adjusted_mutual_info_score(labels, p),
    }
u = x - x.mean(0)
c = np.abs(directions(u.T) @ directions(u.T).T)[np.tril_indices(d, -1)]
out["units"] = np.quantile(c, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist()
print(json.dumps(out, indent=1))
