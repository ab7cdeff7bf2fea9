"""What scikit-learn's converters put around networks and linear models (ai.onnx.ml)."""

import numpy as np
from onnx import TensorProto, helper

from runtime_case import FLOAT, INT64, Case, named, node, of

ML = "ai.onnx.ml"


def cases():
    r = np.random.default_rng(10)
    x = r.standard_normal((5, 4)).astype(np.float32)
    whole = r.integers(-9, 9, (5, 4))
    for name, feed in (("float", x), ("int64", whole), ("double", x.astype(np.float64))):
        yield named(f"Scaler_{name}", node("Scaler", {"x": feed}, 17, {"offset": [0.5, -1.0, 2.0, 0.0], "scale": [1.0, 2.0, 0.5, 3.0]}, types=[FLOAT], domain=ML))
    yield named("Scaler_one", node("Scaler", {"x": x}, 17, {"offset": [0.5], "scale": [2.0]}, domain=ML))
    for norm in ("L1", "L2", "MAX"):
        yield named(f"Normalizer_{norm}", node("Normalizer", {"x": np.abs(x) + 0.1 if norm == "MAX" else x}, 17, {"norm": norm}, domain=ML))
    yield named("Binarizer", node("Binarizer", {"x": x}, 17, {"threshold": 0.3}, domain=ML))
    yield named("ArrayFeatureExtractor", node("ArrayFeatureExtractor", {"x": x, "i": np.array([[2, 0, 2]])}, 17, domain=ML))
    yield named("ArrayFeatureExtractor_row", node("ArrayFeatureExtractor", {"x": np.array([7, 8, 9]), "i": np.array([2, 0, 1, 1])}, 17, domain=ML))
    w, b = r.standard_normal((3, 4)).astype(np.float32), r.standard_normal(3).astype(np.float32)
    linear = {"coefficients": w.ravel().tolist(), "intercepts": b.tolist()}
    yield named("LinearRegressor", node("LinearRegressor", {"x": x}, 17, linear | {"targets": 3}, domain=ML))
    yield named("LinearRegressor_one", node("LinearRegressor", {"x": x}, 17, {"coefficients": w[0].tolist()}, domain=ML))
    for how in ("NONE", "SOFTMAX", "LOGISTIC"):
        yield named(f"LinearClassifier_{how}", node("LinearClassifier", {"x": x}, 17, linear | {"post_transform": how, "classlabels_ints": [5, 7, 9], "multi_class": 1},
                    None, 2, None, [INT64, FLOAT], ML))
    yield named("LinearClassifier_names", node("LinearClassifier", {"x": x}, 17, linear | {"post_transform": "SOFTMAX", "classlabels_strings": ["a", "b", "c"]},
                None, 2, None, [TensorProto.STRING, FLOAT], ML))
    # ONNX Runtime gives a list of dictionaries; here the scores stay a matrix.
    soft = helper.make_node("Softmax", ["x"], ["p"])
    zipped = helper.make_node("ZipMap", ["p"], ["y"], domain=ML, classlabels_int64s=[0, 1, 2, 3])
    plain = of([soft, helper.make_node("Identity", ["p"], ["y"])], {"x": x}, {"y": FLOAT}, 17)
    yield named("ZipMap", Case(of([soft, zipped], {"x": x}, {"y": FLOAT}, 17, domains=[ML]).model, {"x": x}), reference=plain)
