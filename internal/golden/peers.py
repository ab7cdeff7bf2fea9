"""The same measures by other people's packages: pytorch-cka, netcal, cleanlab, scikit-learn."""

import sys
import types

import numpy as np


def cka(features):
    """Debiased CKA of all pairs by pytorch-cka (clamped to 0..1, float64)."""
    import torch

    if "matplotlib" not in sys.modules:  # its plots want matplotlib, its numbers do not
        plots = types.ModuleType("cka.viz")
        plots.__getattr__ = lambda name: None
        sys.modules["cka.viz"] = plots
    from cka import cka_from_features

    rows = [torch.tensor(np.asarray(f, np.float64) - np.asarray(f, np.float64).mean(0)) for f in features]
    return cka_from_features(rows, rows).numpy()


def ece(p, labels):
    """Expected calibration error by netcal, 15 bins."""
    from netcal.metrics import ECE

    p, labels = np.asarray(p, np.float64), np.asarray(labels)
    return {
        "equal_mass": float(ECE(15, equal_intervals=False).measure(p, labels)),
        "equal_width": float(ECE(15).measure(p, labels)),
    }


def out_of_fold(features, labels):
    """Probabilities of a logistic probe, five folds in order, C = 1, standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipe = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=200))
    return cross_val_predict(pipe, features, labels, cv=StratifiedKFold(5), method="predict_proba")


def label_errors(labels, p):
    """Confident learning by cleanlab: the joint's off-diagonal mass, thresholds, flagged samples."""
    from cleanlab.count import compute_confident_joint, estimate_joint, get_confident_thresholds, num_label_issues
    from cleanlab.filter import find_label_issues

    joint = estimate_joint(labels, p)
    return {
        "noise_rate": float(1 - np.trace(joint)),
        "thresholds": get_confident_thresholds(labels, p),
        "confident_joint": compute_confident_joint(labels, p, calibrate=False),
        "issues": int(num_label_issues(labels, p)),
        "flagged": find_label_issues(labels, p, filter_by="prune_by_noise_rate", n_jobs=1).nonzero()[0],
    }
