"""A model with its inputs, as make_runtime.py runs it."""

import dataclasses

import numpy as np
from onnx import TensorProto, helper, numpy_helper


@dataclasses.dataclass
class Case:
    model: object
    feeds: dict
    name: str = ""
    rtol: float = 1e-5
    atol: float = 1e-6
    reference: "Case | None" = None  # what ONNX Runtime runs instead, where it has no kernel for the model


def named(name, case, **settings):
    return dataclasses.replace(case, name=name, **settings)


def value(name, array):
    """The declaration of an input that holds an array."""
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.asarray(array).dtype), np.asarray(array).shape)


def of(nodes, feeds, outputs, opset, weights=None, domains=None, open_sizes=False):
    """A model of nodes; outputs by name and element type."""
    inputs = [value(k, v) for k, v in feeds.items()]
    if open_sizes:
        for v in inputs:
            for i, d in enumerate(v.type.tensor_type.shape.dim):
                d.Clear()
                d.dim_param = f"{v.name}_{i}"
    graph = helper.make_graph(nodes, "g", inputs, [helper.make_tensor_value_info(k, t, None) for k, t in outputs.items()],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in (weights or {}).items()])
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains or []]
    ir = 10 if opset > 20 else 8 if opset > 12 else 7
    return Case(helper.make_model(graph, opset_imports=imports, ir_version=ir, producer_name=""), feeds)


def node(op, feeds, opset, attributes=None, inputs=None, outputs=1, weights=None, types=None, domain="", open_sizes=False):
    """A model of one node. Inputs are all feeds and weights unless listed ("" is one left out)."""
    weights = {k: v for k, v in (weights or {}).items() if inputs is None or k in inputs}
    first = np.asarray(next(iter((feeds | weights).values()))).dtype
    names = [f"y{i}" if i < outputs else "" for i in range(outputs)]
    types = types or [helper.np_dtype_to_tensor_dtype(first)] * outputs
    n = helper.make_node(op, list(feeds) + list(weights) if inputs is None else inputs, names, name="n", domain=domain, **(attributes or {}))
    return of([n], feeds, dict(zip(names, types)), opset, weights, [domain] if domain else None, open_sizes)


FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
