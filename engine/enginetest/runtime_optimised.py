"""Networks of PyTorch as ONNX Runtime's optimisers write them, the session's own and that for transformers."""

import logging
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.transformers import optimizer

from runtime_case import Case, named

NETWORKS = pathlib.Path(__file__).parents[2] / "internal" / "golden" / "testdata" / "forward"


def feeds(name, model):
    """Two samples of the network's golden input."""
    own = NETWORKS / f"{name}.input.npz"
    arrays = np.load(own if own.exists() else NETWORKS / f"{name.split('-')[0]}.input.npz")
    return {i.name: arrays[i.name][:2] for i in model.graph.input if i.name in arrays}


def cases():
    logging.disable(logging.WARNING)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 4
    for name in ("lenet-old", "mobilenet-old", "vit-old", "gptmask-old", "encoder-old"):
        with tempfile.TemporaryDirectory() as folder:
            options.optimized_model_filepath = f"{folder}/model.onnx"
            onnxruntime.InferenceSession(NETWORKS / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
            model = onnx.load(options.optimized_model_filepath)
        yield named(f"session_{name}", Case(model, feeds(name, model)), rtol=1e-4, atol=1e-5)
    for name, kind in (("vit-old", "vit"), ("gpt-old", "gpt2")):
        model = optimizer.optimize_model(str(NETWORKS / f"{name}.onnx"), model_type=kind, num_heads=2, opt_level=0).model
        yield named(f"transformers_{name}", Case(model, feeds(name, model)), rtol=1e-4, atol=1e-5)
