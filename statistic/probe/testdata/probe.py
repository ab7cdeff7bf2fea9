"""Ridge probes by scikit-learn; prints probe.json.

scikit-learn 1.9.1, numpy 2.4.6, Python 3.11. Standardised features, targets 1 and -1/C, 13 penalties 1e-6..1e6 times
tr(S)/d. Two choices of the penalty: generalised cross-validation written out from the hat matrix of the
regression with intercept (Golub, Heath & Wahba 1979, eq. 1.4), and RidgeCV's leave-one-out error. Weights and
predictions by Ridge at the first.
"""
import json

import numpy as np
from sklearn.linear_model import Ridge, RidgeCV

M = np.uint64(0xFFFFFFFFFFFFFFFF)


def uniform(seed, n, d):
    """Numbers from -0.5 to 0.5 that Go makes too (SplitMix64 of a counter)."""
    z = (np.arange(n * d, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15) & M
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) & M
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB) & M
    z = z ^ z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5).reshape(n, d)


def case(name, n, d, classes, noise):
    labels = np.arange(n) % classes
    centres = uniform(1, classes, d)
    x = (centres[labels] + noise * uniform(2, n, d)).astype(np.float32).astype(np.float64)
    held = (centres[labels] + noise * uniform(3, n, d)).astype(np.float32).astype(np.float64)
    x[:, 0], held[:, 0] = 3, 3  # a unit that does not vary
    x[:, 1], held[:, 1] = x[:, 1] * 100 + 50, held[:, 1] * 100 + 50
    mean, sd = x.mean(0), x.std(0)
    sd[0] = np.inf
    z, v = (x - mean) / sd, (held - mean) / sd
    y = np.where(np.eye(classes)[labels] > 0, 1, -1 / classes)
    unit = (z**2).sum() / d
    alphas = [unit * 10.0**k for k in range(-6, 7)]
    scores = []
    for a in alphas:
        if d <= n:
            h = z @ np.linalg.solve(z.T @ z + a * np.eye(d), z.T)
        else:
            h = z @ z.T @ np.linalg.inv(z @ z.T + a * np.eye(n))
        h = h + np.ones((n, n)) / n
        scores.append(((y - h @ y) ** 2).sum() / n / (1 - np.trace(h) / n) ** 2)
    power = int(np.argmin(scores)) - 6
    cv = RidgeCV(alphas=alphas).fit(z, y)
    r = Ridge(alpha=alphas[power + 6]).fit(z, y)
    p = r.predict(v)
    top = np.sort(p, 1)
    return {
        "name": name, "n": n, "d": d, "classes": classes, "noise": noise,
        "power": power, "power_loo": int(round(np.log10(cv.alpha_ / unit))), "penalty": alphas[power + 6],
        "weight": r.coef_[:, :8].tolist(), "predicted": p.argmax(1).tolist(), "right": int((p.argmax(1) == labels).sum()),
        "margin": float((top[:, -1] - top[:, -2]).min()),
    }


print(json.dumps([case("primal", 240, 30, 6, 2.0), case("dual", 120, 200, 5, 3.0), case("weak", 300, 40, 3, 9.0)], indent=1))
