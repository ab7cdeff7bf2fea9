"""Reference values of package attribution; prints reference.json.

captum 0.9.0, shap 0.51.0, torch 2.15.0, numpy 2.4.6, Python 3.11; in double precision. The network is LeNet of
internal/golden, with the weights of testdata/forward/lenet-old.onnx and the first image of lenet.input.npz; what is
explained is its first class. Parts of the image are 9 blocks. The formula is that of formula() in reference_test.go.
"""
import importlib.metadata as meta
import json
import pathlib
import sys

import numpy as np
import onnx
import shap
import torch
from captum.attr import InputXGradient, IntegratedGradients

GOLDEN = pathlib.Path(__file__).parents[2] / "internal" / "golden"
sys.path.insert(0, str(GOLDEN))
import networks  # noqa: E402

WEIGHTS = {w.name: onnx.numpy_helper.to_array(w) for w in onnx.load(GOLDEN / "testdata/forward/lenet-old.onnx").graph.initializer}

model = networks.LeNet().eval().double()
with torch.no_grad():
    for name, p in model.named_parameters():
        p.copy_(torch.from_numpy(WEIGHTS[name].astype(np.float64)))
x = torch.from_numpy(np.load(GOLDEN / "testdata/forward/lenet.input.npz")["input"][:1].astype(np.float64))
base = torch.full_like(x, 0.25)

out = {"versions": {k: meta.version(k) for k in ("captum", "shap", "torch", "numpy")}}
out["input_x_gradient"] = InputXGradient(model).attribute(x.clone().requires_grad_(), target=0).detach().ravel().tolist()
ig = IntegratedGradients(model)
for name, method, steps in (("midpoint", "riemann_middle", 64), ("legendre", "gausslegendre", 20)):
    values, delta = ig.attribute(x, base, target=0, method=method, n_steps=steps, return_convergence_delta=True)
    out[name] = dict(values=values.ravel().tolist(), error=abs(delta.item()) / abs((model(x) - model(base))[0, 0].item()))

side = x.shape[-1]
row = np.minimum(np.arange(side) * 3 // side, 2)
owner = (row[:, None] * 3 + row[None, :]).ravel()


def network(z):
    with torch.no_grad():
        keep = torch.from_numpy(np.asarray(z)[:, owner].reshape(-1, 1, side, side).astype(np.float64))
        return model(keep * x + (1 - keep) * base)[:, 0].numpy()


def formula(z):
    z = np.asarray(z, dtype=float)
    y = z[:, 0] * z[:, 1] + np.tanh(z[:, 2] - z[:, 3]) + np.maximum(z[:, 4], z[:, 5]) * z[:, 0]
    return y + 0.5 * z[:, 6:].sum(1)


def exact(f, point, background):
    e = shap.explainers.Exact(f, shap.maskers.Independent(background, max_samples=len(background)))
    return e(point[None, :]).values[0].tolist()


def kernel(f, point, background):
    e = shap.KernelExplainer(f, background)
    return e.shap_values(point[None, :], nsamples=2 ** len(point), l1_reg=False, silent=True)[0].tolist()


out["owner"] = owner.tolist()
out["parts"] = exact(network, np.ones(9), np.zeros((1, 9)))
point = np.array([1.5, -2.0, 0.3, 1.1, 0.7, -0.4, 2.0, 1.0, -3.0])
background = np.round(np.random.default_rng(34).normal(size=(4, 9)), 3)
out["point"], out["background"] = point.tolist(), background.ravel().tolist()
out["exact"] = exact(formula, point, background)
out["kernel"] = kernel(formula, point, background)
shorter = lambda v: {k: shorter(w) for k, w in v.items()} if isinstance(v, dict) else [shorter(w) for w in v] if isinstance(v, list) else float(f"{v:.12g}") if isinstance(v, float) else v
print(json.dumps(shorter(out)))
