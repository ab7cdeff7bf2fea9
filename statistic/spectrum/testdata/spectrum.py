"""Spectra by NumPy in float64; prints spectrum.json.

numpy 2.4.6, Python 3.11. Eigenvalues are squared singular values of the centred matrix over n; RankMe is Garrido
(2023) eq. 1 without epsilon, participation (sum l)^2 / sum l^2. "left" are RankMe and participation of the matrix
without each of the groups row % 20, centred anew: what the jackknife approximates.
"""
import json

import numpy as np

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n, d):
    """Numbers from -0.5 to 0.5 that Go makes too (SplitMix64 of a counter)."""
    z = (np.arange(n * d, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5).reshape(n, d)


def measures(x):
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    s = s[s > s[0] * 1e-12]
    p, l = s / s.sum(), s**2
    return float(np.exp(-(p * np.log(p)).sum())), float(l.sum() ** 2 / (l**2).sum()), float(l.sum() / l[0]), float(l[0] / l.sum())


def case(name, n, d, rank, classes):
    labels = np.arange(n) % classes
    x = uniform(1, n, rank) @ (uniform(2, rank, d) / (1 + np.arange(rank))[:, None]) + 0.4 * uniform(3, classes, d)[labels]
    if name != "low":
        x = x + 0.05 * uniform(4, n, d)
    x = (x + 5).astype(np.float32).astype(np.float64)
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    rank_me, part, stable, first = measures(x)
    left = np.array([measures(x[np.arange(n) % 20 != g])[:2] for g in range(20)])
    logs = np.log(left[:, 0])
    mean = x.mean(0)
    means = np.array([x[labels == c].mean(0) for c in range(classes)])
    sizes = np.bincount(labels)
    between = (sizes / n * ((means - mean) ** 2).sum(1)).sum()
    within = ((x - means[labels]) ** 2).sum() / n
    return {
        "name": name, "n": n, "d": d, "rank": rank, "classes": classes, "values": (s[:5] ** 2 / n).tolist(),
        "rankme": rank_me, "participation": part, "stable": stable, "first": first,
        "se_log_rankme": float(np.sqrt(19 / 20 * ((logs - logs.mean()) ** 2).sum())),
        "se_participation": float(np.sqrt(19 / 20 * ((left[:, 1] - left[:, 1].mean()) ** 2).sum())),
        "left_log_rankme": logs.tolist(),
        "ratio": float(within / between), "energy": ((means - mean) ** 2).sum(1).tolist(),
    }


print(json.dumps([case("tall", 600, 24, 12, 5), case("wide", 150, 220, 12, 5), case("low", 400, 40, 3, 2)], indent=1))
