"""Slow, plain NumPy versions (float64) of what Stratascope measures, for reference values.

METHODS.md names the formulas; nothing here shares code with the program.
"""

import gzip
import pathlib

import numpy as np

FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def fashion(part):
    """Returns images (uint8, n x 1 x 28 x 28) and labels of part "train" or "t10k"."""
    x = gzip.decompress((FASHION / f"{part}-images-idx3-ubyte.gz").read_bytes())
    y = gzip.decompress((FASHION / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(x, np.uint8, offset=16).reshape(-1, 1, 28, 28), np.frombuffer(y, np.uint8, offset=8).astype(np.int64)


def balanced(labels, candidates, per_class, seed):
    """Chooses per_class of the candidate indices for each class, in random order."""
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(candidates[labels[candidates] == c], per_class, replace=False) for c in range(10)]
    return rng.permutation(np.concatenate(chosen))


def gap(h):
    """Mean over positions: maps are n x c x h x w, tokens n x t x d."""
    h = np.asarray(h, np.float64)
    return h.mean((2, 3)) if h.ndim == 4 else h.mean(1) if h.ndim == 3 else h


def positions(h):
    """Every position a row."""
    h = np.asarray(h)
    return np.moveaxis(h, 1, -1).reshape(-1, h.shape[1]) if h.ndim == 4 else h.reshape(-1, h.shape[-1])


def dead(h):
    """Units that no sample makes positive at any position."""
    return ~(positions(h) > 0).any(0)


def rankme(h):
    """Effective rank of the centred matrix from its singular values (Garrido 2023)."""
    s = np.linalg.svd(h - h.mean(0), compute_uv=False)
    p = s[s > s[0] * 1e-12] / s.sum()
    return float(np.exp(-(p * np.log(p)).sum()))


def participation(h):
    """(sum lambda)^2 / sum lambda^2 of the covariance's eigenvalues."""
    l = np.linalg.svd(h - h.mean(0), compute_uv=False) ** 2
    return float(l.sum() ** 2 / (l**2).sum())


def duplicates(h):
    """Share of the live units that have a twin, |r| > 0.98."""
    h = h - h.mean(0)
    norm = np.sqrt((h**2).sum(0))
    h = h[:, norm > 0] / norm[norm > 0]
    r = np.abs(h.T @ h) - np.eye(h.shape[1])
    return float((r.max(1) > 0.98).mean()) if h.shape[1] > 1 else 0.0


def gram(h):
    h = np.asarray(h, np.float64)
    h = h - h.mean(0)
    return h @ h.T


def cka_biased(k, l):
    """Linear CKA of two Gram matrices of centred features (Kornblith 2019, eq. 5)."""
    return float((k * l).sum() / np.sqrt((k * k).sum() * (l * l).sum()))


def hsic_unbiased(k, l):
    """Unbiased HSIC (Song 2012, eq. 5) of two Gram matrices."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    trace = (k * l).sum()
    sums = k.sum() * l.sum() / ((n - 1) * (n - 2))
    cross = 2 * (k.sum(0) @ l.sum(0)) / (n - 2)
    return (trace + sums - cross) / (n * (n - 3))


def cka_debiased(k, l):
    """Debiased linear CKA (Nguyen 2021, eq. 2-3)."""
    return float(hsic_unbiased(k, l) / np.sqrt(hsic_unbiased(k, k) * hsic_unbiased(l, l)))


def probe(train, train_labels, val, val_labels, classes=10):
    """Ridge probe: standardised by the training features, targets one-hot minus 1/C,
    lambda by generalised cross-validation (Golub 1979) over 1e-6..1e6 x tr(S)/d with S the
    scatter matrix. The fit at the chosen lambda is scikit-learn's Ridge and RidgeClassifier.
    """
    from sklearn.linear_model import Ridge, RidgeClassifier

    mean, sd = train.mean(0), train.std(0)
    live = sd > 0
    x = (train[:, live] - mean[live]) / sd[live]
    v = (val[:, live] - mean[live]) / sd[live]
    y = np.eye(classes)[train_labels] - 1 / classes
    n = len(x)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    uy, yc = u.T @ (y - y.mean(0)), y - y.mean(0)
    best = None
    for power in range(-6, 7):
        alpha = 10.0**power * (s**2).sum() / x.shape[1]
        shrink = s**2 / (s**2 + alpha)
        residual = ((yc - u @ (shrink[:, None] * uy)) ** 2).sum()
        score = residual / (n * (1 - (shrink.sum() + 1) / n) ** 2)
        if best is None or score < best[0]:
            best = (score, power, alpha)
    ridge = Ridge(alpha=best[2]).fit(x, y)
    same = RidgeClassifier(alpha=best[2]).fit(x, train_labels)
    return {
        "accuracy": float((ridge.predict(v).argmax(1) == val_labels).mean()),
        "accuracy_ridge_classifier": float(same.score(v, val_labels)),
        "train_accuracy": float((ridge.predict(x).argmax(1) == train_labels).mean()),
        "lambda_power": best[1],
        "units": int(live.sum()),
    }


def softmax(z):
    z = np.asarray(z, np.float64)
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def ece(p, labels, bins=15, mass=True):
    """Expected calibration error of the top label; bins of equal mass (by rank) or equal width."""
    confidence, correct = p.max(1), p.argmax(1) == labels
    if mass:
        parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    else:
        which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
        parts = [np.flatnonzero(which == b) for b in range(bins)]
    return float(sum(len(i) * abs(confidence[i].mean() - correct[i].mean()) for i in parts if len(i)) / len(p))


def ece_null(p, draws=1000, seed=1):
    """ECE (equal mass) of a perfectly calibrated model with these confidences: mean and 97.5 % quantile."""
    rng = np.random.default_rng(seed)
    confidence = np.sort(p.max(1))
    parts = np.array_split(np.arange(len(p)), 15)
    got = []
    for _ in range(draws):
        correct = rng.random(len(p)) < confidence
        got.append(sum(len(i) * abs(confidence[i].mean() - correct[i].mean()) for i in parts) / len(p))
    return float(np.mean(got)), float(np.quantile(got, 0.975))
