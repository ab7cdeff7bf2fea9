"""Coefficients of vector.go: weighted least squares on Chebyshev nodes, repeated with weights
raised where the error is large (Lawson 1961), leading terms fixed. NumPy 2.4, SciPy 1.17."""
import numpy as np
from scipy import special


def fit(f, lo, hi, degree, weight):
    """Polynomial of degree that minimises max |weight (p - f)| on [lo, hi]."""
    x = (lo + hi) / 2 + (hi - lo) / 2 * np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
    w = np.ones_like(x)
    basis = np.vander(x, degree + 1, increasing=True)
    y, scale = f(x), weight(x)
    for _ in range(60):
        q = np.sqrt(w) * scale
        c = np.linalg.lstsq(basis * q[:, None], y * q, rcond=None)[0]
        e = np.abs(scale * (basis @ c - y))
        w = w * e
        w /= w.sum()
    return c, e.max()


def show(name, result):
    c, e = result
    print(name, "error %.2g" % e, ", ".join("%.9g" % v for v in c))


def series(f, small):
    return lambda x: np.where(np.abs(x) > 1e-2, f(np.where(x == 0, 1, x)), small(x))


half = np.log(2) / 2
show("exp: (e^r - 1 - r) / r^2", fit(series(lambda r: (np.expm1(r) - r) / r**2, lambda r: 0.5 + r / 6 + r**2 / 24 + r**3 / 120), -half, half, 4, lambda r: r**2))
tanh = series(lambda s: (np.tanh(np.sqrt(s)) / np.sqrt(s) - 1) / s, lambda s: -1 / 3 + 2 * s / 15 - 17 * s**2 / 315 + 62 * s**3 / 2835)
show("tanh: (tanh x / x - 1) / s, s = x^2 < 0.625^2", fit(tanh, 1e-9, 0.625**2, 5, lambda s: s))
erf = lambda s: special.erf(np.sqrt(s)) / np.sqrt(s) - 1
show("erf: erf x / x - 1, s = x^2 < 1", fit(erf, 1e-9, 1, 6, lambda s: 1 / (1 + erf(s))))
show("erfc: log erfc t + t^2, 1 < t < 4", fit(lambda t: np.log(special.erfcx(t)), 1, 4, 7, lambda t: special.erfc(t)))
