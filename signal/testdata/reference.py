"""Reference values of MeanField and Slope; prints reference.json.

scipy 1.17.1, numpy 2.4.6, Python 3.11: adaptive quadrature of the maps' definitions, in one and two dimensions.
"""
import importlib.metadata as meta
import json
import warnings

import numpy as np
from scipy import integrate, optimize, stats

warnings.filterwarnings("ignore")
PHI = {"relu": lambda u: max(u, 0.0), "tanh": np.tanh}
SLOPE = {"relu": lambda u: float(u > 0), "tanh": lambda u: 1 - np.tanh(u) ** 2}


def mean(f):
    return integrate.quad(lambda z: stats.norm.pdf(z) * f(z), -10, 10, points=[0], epsabs=1e-13, limit=500)[0]


def correlation(phi, q, c):
    """The mean over both angles of a normal pair in polar form, so that kinks lie along lines."""
    s, d = np.sqrt(q), np.sqrt(1 - c * c)
    inner = lambda a: integrate.quad(lambda r: r * np.exp(-r * r / 2) * phi(s * r * np.cos(a)) * phi(s * r * (c * np.cos(a) + d * np.sin(a))), 0, 10, epsabs=1e-13)[0]
    edges = np.unique(np.mod([np.pi / 2, 3 * np.pi / 2, np.arctan2(-c, d), np.arctan2(-c, d) + np.pi, 0], 2 * np.pi)).tolist() + [2 * np.pi]
    return sum(integrate.quad(inner, lo, hi, epsabs=1e-12)[0] for lo, hi in zip(edges, edges[1:])) / (2 * np.pi)


out = {"versions": {k: meta.version(k) for k in ("scipy", "numpy")}, "cases": []}
for name, weight, bias, q, c in [
    ("relu", 2.0, 0.0, 1.0, 0.3), ("relu", 1.3, 0.1, 2.5, -0.7), ("tanh", 1.0, 0.0, 0.5, 0.5), ("tanh", 1.7, 0.05, 0.6, 0.2),
    ("tanh", 4.0, 0.3, 9.0, -0.4), ("tanh", 2.5, 0.0, 60.0, 0.9),
]:
    phi, slope = PHI[name], SLOPE[name]
    forward = lambda v: weight * mean(lambda z: phi(np.sqrt(v) * z) ** 2) + bias
    fixed = None
    if name == "tanh" and not (bias == 0 and weight <= 1):
        fixed = optimize.brentq(lambda v: forward(v) - v, 1e-6, weight + bias, xtol=1e-13)
    nxt = forward(q)
    out["cases"].append(dict(
        activation=name, weight=weight, bias=bias, q=q, c=c, next=nxt, fixed=fixed,
        chi=weight * mean(lambda z: slope(np.sqrt(q) * z) ** 2), correlation=(weight * correlation(phi, q, c) + bias) / nxt))
values = np.round(10 ** np.random.default_rng(18).normal(size=12), 5)
out["values"], out["slope"] = values.tolist(), float(stats.theilslopes(np.log10(values), np.arange(12))[0])
print(json.dumps(out))
