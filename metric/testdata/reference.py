"""Reference values of package metric; prints reference.json.

scikit-learn 1.9.1, netcal 1.3.5, cleanlab 2.9.0, scipy 1.17.1, numpy 2.4.6, Python 3.11. netcal imports
torch for its scaling methods only; empty modules stand in for what the ECE does not use.
"""
import importlib.metadata as meta
import json
import sys
import types
import warnings
from unittest import mock

import numpy as np
from scipy import optimize
from sklearn import metrics

warnings.filterwarnings("ignore")
for name in ["torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.distributions", "torch.utils", "torch.utils.data", "torch.utils.tensorboard",
             "torchvision", "torchvision.ops", "pyro", "pyro.distributions", "pyro.infer", "pyro.infer.autoguide", "pyro.infer.mcmc",
             "pyro.optim", "pyro.nn", "pyro.ops", "pyro.ops.stats", "pyro.distributions.constraints", "gpytorch", "gpytorch.distributions", "tikzplotlib", "matplotlib", "matplotlib.pyplot", "tensorboard"]:
    sys.modules[name] = mock.MagicMock(__path__=[], __name__=name, __spec__=None)
from netcal.metrics.confidence import ECE  # noqa: E402
from cleanlab.count import compute_confident_joint, get_confident_thresholds  # noqa: E402
from cleanlab.filter import find_label_issues  # noqa: E402

rng = np.random.default_rng(5)
n, C = 613, 5
y = rng.integers(0, C, n)
z = np.round(rng.normal(size=(n, C)) + 1.6 * np.eye(C)[y], 3).astype(np.float32)
given = np.where(rng.uniform(size=n) < 0.1, (y + 1 + rng.integers(0, C - 1, n)) % C, y)
z64 = z.astype(np.float64)
p = np.exp(z64 - z64.max(1, keepdims=True))
p /= p.sum(1, keepdims=True)
pred = p.argmax(1)
conf = p.max(1)
ok = (pred == y).astype(int)

out = {"versions": {k: meta.version(k) for k in ("scikit-learn", "netcal", "cleanlab", "scipy", "numpy")}}
out["classes"], out["labels"], out["given"], out["logits"] = C, y.tolist(), given.tolist(), [round(float(v), 3) for v in z.ravel()]
pr, rc, f1, _ = metrics.precision_recall_fscore_support(y, pred)
out["precision"], out["recall"], out["f1"] = pr.tolist(), rc.tolist(), f1.tolist()
out["confusion"] = metrics.confusion_matrix(y, pred).ravel().tolist()
out["macro_f1"] = float(metrics.f1_score(y, pred, average="macro"))
out["nll"] = float(metrics.log_loss(y, p))
out["brier"] = float(((p - np.eye(C)[y]) ** 2).sum(1).mean())
out["ece_mass"] = float(ECE(15, equal_intervals=False).measure(conf, ok))
out["ece_width"] = float(ECE(15).measure(conf, ok))
out["ece_mass_7"] = float(ECE(7, equal_intervals=False).measure(conf, ok))
out["ece_class"] = [float(ECE(15, equal_intervals=False).measure(p[:, c], (y == c).astype(int))) for c in range(C)]

score = np.round(p[:, 0], 2)  # with ties
out["auroc"] = float(metrics.roc_auc_score(y == 0, score))
out["ap"] = float(metrics.average_precision_score(y == 0, score))


def delong(pos, neg):
    """DeLong's variance from its definition, every pair compared."""
    psi = (pos[:, None] > neg).astype(float) + 0.5 * (pos[:, None] == neg)
    return float(np.var(psi.mean(1), ddof=1) / len(pos) + np.var(psi.mean(0), ddof=1) / len(neg))


out["delong"] = delong(score[y == 0], score[y != 0])

out["thresholds"] = get_confident_thresholds(given, p).tolist()
raw = compute_confident_joint(given, p, calibrate=False)
out["joint_counts"] = raw.ravel().tolist()
out["joint_calibrated"] = compute_confident_joint(given, p, calibrate=True).ravel().tolist()
scaled = raw / raw.sum(1, keepdims=True) * np.bincount(given, minlength=C)[:, None]
# Halves would be rounded by the noise of floating point: there must be none.
assert np.abs(scaled % 1 - 0.5).min() > 1e-6
out["issues"] = np.flatnonzero(find_label_issues(given, p, filter_by="prune_by_noise_rate", n_jobs=1)).tolist()

w = rng.integers(0, 100, (12, 12))
r, c = optimize.linear_sum_assignment(w, maximize=True)
out["assign"] = dict(weight=w.ravel().tolist(), total=int(w[r, c].sum()))
print(json.dumps(out))
