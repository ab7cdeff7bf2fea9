"""Operators whose meaning or form changed, at every opset from 7 on: defaults, inputs left out, negative axes, the ends
of int64."""

import numpy as np
from onnx import TensorProto

from runtime_case import BOOL, FLOAT, INT64, named, node

MAX, MIN = np.iinfo(np.int64).max, np.iinfo(np.int64).min
I32 = TensorProto.INT32


NEWEST = 25  # that ONNX Runtime has
OLD_FORM = 13  # what was last told below this opset has another form since; ONNX Runtime refuses the few others


def cases():
    r = np.random.default_rng(8)
    last = {}
    for make in (softmax, clip, reductions, axes, slices, pads, splits, casts, norms, selections, pools, products):
        for name, case in make(r):
            yield named(f"{name}_{opset_of(case)}", case, rtol=1e-4, atol=1e-5)
            if opset_of(case) >= opset_of(last.get(name, case)):
                last[name] = case
    for name, case in last.items():
        if OLD_FORM <= opset_of(case) < NEWEST:
            case.model.opset_import[0].version = NEWEST
            case.model.ir_version = 11
            yield named(f"{name}_{NEWEST}", case, rtol=1e-4, atol=1e-5)


def opset_of(case):
    return case.model.opset_import[0].version


def floats(r, *shape):
    return r.standard_normal(shape).astype(np.float32)


def ints(*v):
    return np.array(v, np.int64)


def softmax(r):
    x = floats(r, 2, 3, 4, 2)
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        for opset in (7, 11, 12, 13, 21):
            yield op, node(op, {"x": x}, opset)
            for axis in (0, 1, 2, 3, -1, -3):
                if axis >= 0 or opset >= 11:
                    yield f"{op}_{axis}", node(op, {"x": x}, opset, {"axis": axis})
        for opset in (9, 12, 13):
            yield f"{op}_open", node(op, {"x": x}, opset, {"axis": 2}, open_sizes=True)
            yield f"{op}_row", node(op, {"x": floats(r, 3, 4)}, opset)


def clip(r):
    x = floats(r, 3, 4)
    for opset in (7, 9, 10):
        for name, a in (("none", {}), ("min", {"min": -0.5}), ("max", {"max": 0.5}), ("both", {"min": -0.5, "max": 0.5})):
            yield f"Clip_{name}", node("Clip", {"x": x}, opset, a)
    lo, hi = np.float32(-0.5), np.float32(0.5)
    for opset in (11, 12, 13):
        yield "Clip_none", node("Clip", {"x": x}, opset)
        yield "Clip_min", node("Clip", {"x": x, "lo": lo}, opset)
        yield "Clip_max", node("Clip", {"x": x, "hi": hi}, opset, None, ["x", "", "hi"])
        yield "Clip_both", node("Clip", {"x": x, "lo": lo, "hi": hi}, opset)
        yield "Clip_crossed", node("Clip", {"x": x, "lo": hi, "hi": lo}, opset)
        yield "Clip_empty", node("Clip", {"x": x}, opset, None, ["x", "", ""])
    for kind in (np.int64, np.int8, np.uint8, np.int32):
        whole = np.array([np.iinfo(kind).min, 0, 3, np.iinfo(kind).max], kind)
        yield f"Clip_{np.dtype(kind).name}", node("Clip", {"x": whole, "lo": kind(1), "hi": kind(9)}, 12)
        yield f"Clip_{np.dtype(kind).name}_open", node("Clip", {"x": whole, "hi": kind(9)}, 13, None, ["x", "", "hi"])


REDUCE = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare")


def reductions(r):
    x = np.abs(floats(r, 2, 3, 4)) + np.float32(0.1)
    for op in REDUCE:
        by_input = 13 if op == "ReduceSum" else 18
        for opset in (7, 11, 12, 13, 17, 18, 20):
            for name, axes, keep in (("all", None, 1), ("none", None, 0), ("mid", [1], 1), ("ends", [0, -1], 0), ("last", [-1], 1)):
                if axes and min(axes) < 0 and opset < 11:
                    continue
                if opset < by_input:
                    yield f"{op}_{name}", node(op, {"x": x}, opset, {"keepdims": keep} | ({"axes": axes} if axes else {}))
                else:
                    yield f"{op}_{name}", node(op, {"x": x}, opset, {"keepdims": keep}, None, 1, {"a": ints(*axes)} if axes else None)
        for noop in (0, 1):
            a = {"noop_with_empty_axes": noop}
            yield f"{op}_noop{noop}", node(op, {"x": x}, by_input, a)
            yield f"{op}_noop{noop}_empty", node(op, {"x": x}, by_input, a, None, 1, {"a": ints()})
            yield f"{op}_noop{noop}_fed", node(op, {"x": x, "a": ints(0, -1)}, by_input, a)
    for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"):
        for kind in (np.int32, np.int64):
            yield f"{op}_{np.dtype(kind).name}", node(op, {"x": np.array([[-7, 3], [4, 9]], kind)}, 13, {} if op == "ReduceSum" else {"axes": [1]}, None, 1, {"a": ints(1)} if op == "ReduceSum" else None)
    for op in ("ReduceMax", "ReduceMin"):
        for kind in (np.int8, np.uint8):
            yield f"{op}_{np.dtype(kind).name}", node(op, {"x": np.array([[7, 3], [4, 9]], kind)}, 12, {"axes": [1]})
        yield f"{op}_bool", node(op, {"x": np.array([[True, False], [True, True]])}, 20, {}, None, 1, {"a": ints(1)})
    for op in ("ArgMax", "ArgMin"):
        tied = np.array([[1, 3, 3], [2, 2, 0]], np.float32)
        for opset in (7, 11, 12, 13):
            for axis in (0, 1, -1):
                if axis >= 0 or opset >= 11:
                    yield f"{op}_{axis}", node(op, {"x": tied}, opset, {"axis": axis}, types=[INT64])
            if opset >= 12:
                yield f"{op}_last", node(op, {"x": tied}, opset, {"axis": 1, "select_last_index": 1, "keepdims": 0}, types=[INT64])


def axes(r):
    x = floats(r, 1, 3, 1, 2)
    for opset in (7, 11, 12):
        yield "Squeeze_all", node("Squeeze", {"x": x}, opset)
        yield "Squeeze_one", node("Squeeze", {"x": x}, opset, {"axes": [2]})
        yield "Unsqueeze", node("Unsqueeze", {"x": x}, opset, {"axes": [0, 3]})
        if opset >= 11:
            yield "Squeeze_negative", node("Squeeze", {"x": x}, opset, {"axes": [-2, 0]})
            yield "Unsqueeze_negative", node("Unsqueeze", {"x": x}, opset, {"axes": [-1, 0]})
    for opset in (13, 21, 23):
        yield "Squeeze_all", node("Squeeze", {"x": x}, opset)
        yield "Squeeze_negative", node("Squeeze", {"x": x}, opset, None, None, 1, {"a": ints(-2, 0)})
        yield "Unsqueeze_negative", node("Unsqueeze", {"x": x}, opset, None, None, 1, {"a": ints(-1, 0)})
        yield "Unsqueeze_fed", node("Unsqueeze", {"x": x, "a": ints(1, -1)}, opset)
    y = floats(r, 2, 3, 4)
    for opset in (7, 9, 11, 13):
        for axis in (0, 1, 3, -1):
            if axis >= 0 or opset >= 11:
                yield f"Flatten_{axis}", node("Flatten", {"x": y}, opset, {"axis": axis})
        for axis in (0, 2) + ((-1,) if opset >= 11 else ()):
            yield f"Concat_{axis}", node("Concat", {"x": y, "y": y + 1}, opset, {"axis": axis})
            yield f"Gather_{axis}", node("Gather", {"x": y, "i": ints(1, 0) if opset < 11 else ints(-1, 0)}, opset, {"axis": axis})
    for name, shape, a in (("zero", (0, -1), {}), ("rest", (-1,), {}), ("allow", (2, 0, 0), {"allowzero": 1}), ("copy", (4, 0, -1), {})):
        for opset in (7, 13, 14, 21):
            if opset >= 14 or not a:
                feed = np.zeros((0, 2, 5), np.float32) if a else y
                yield f"Reshape_{name}", node("Reshape", {"x": feed}, opset, a, None, 1, {"s": ints(*shape)})
    for opset, a in ((7, {}), (13, {}), (15, {"start": 1}), (19, {"start": -2, "end": -1}), (15, {"start": -9, "end": 9}), (15, {"start": 2, "end": 1})):
        yield "Shape_" + "_".join(f"{k}{v}" for k, v in a.items()), node("Shape", {"x": y}, opset, a, types=[INT64])


def slices(r):
    x = floats(r, 4, 5, 3)
    for opset in (7, 9):
        for name, a in (("plain", {"starts": [1, 0], "ends": [3, 2]}), ("axes", {"starts": [1], "ends": [MAX], "axes": [1]}),
                        ("negative", {"starts": [-2], "ends": [-1], "axes": [2]}), ("ends", {"starts": [MIN + 1], "ends": [MAX], "axes": [0]}),
                        ("beyond", {"starts": [-100], "ends": [100], "axes": [1]}), ("none", {"starts": [3], "ends": [1], "axes": [0]})):
            yield f"Slice_{name}", node("Slice", {"x": x}, opset, a)
    for opset in (10, 11, 13):
        for name, starts, ends, axes, steps in (
                ("plain", [1, 0], [3, 2], None, None), ("axes", [1], [MAX], [1], None), ("steps", [0, 4], [MAX, 0], [0, 1], [2, -2]),
                ("back", [MAX], [MIN], [1], [-1]), ("back_all", [-1], [MIN], [0], [-1]), ("wide", [0], [MAX], [1], [MAX]), ("wide_back", [-1], [MIN], [1], [MIN]),
                ("negative_axes", [1, -2], [-1, MAX], [-3, -1], None), ("none", [3], [1], [0], [1]), ("low", [MIN], [MAX], [2], [1]), ("zero_size", [5], [9], [1], None)):
            weights = {"s": ints(*starts), "e": ints(*ends)} | ({"a": ints(*axes)} if axes else {}) | ({"t": ints(*steps)} if steps else {})
            inputs = ["x", "s", "e"] + (["a"] if axes else [""] if steps else []) + (["t"] if steps else [])
            yield f"Slice_{name}", node("Slice", {"x": x}, opset, None, inputs, 1, weights)
            yield f"Slice_{name}_fed", node("Slice", {"x": x} | weights, opset, None, inputs)
        yield "Slice_int32", node("Slice", {"x": x}, opset, None, None, 1, {"s": np.array([1], np.int32), "e": np.array([2**31 - 1], np.int32), "a": np.array([1], np.int32)})


def pads(r):
    x = floats(r, 2, 3, 4)
    shape = [0, 1, 2, 0, 1, 1]
    for mode in ("constant", "reflect", "edge"):
        for opset in (7, 10):
            yield f"Pad_{mode}", node("Pad", {"x": x}, opset, {"mode": mode, "pads": shape, "value": 1.5})
            yield f"Pad_{mode}_default", node("Pad", {"x": x}, opset, {"mode": mode, "pads": shape})
        for opset in (11, 13, 18, 19, 21):
            yield f"Pad_{mode}", node("Pad", {"x": x}, opset, {"mode": mode}, None, 1, {"p": ints(*shape), "v": np.float32(1.5)})
            yield f"Pad_{mode}_default", node("Pad", {"x": x}, opset, {"mode": mode}, None, 1, {"p": ints(*shape)})
    yield "Pad_cut", node("Pad", {"x": x}, 13, {}, None, 1, {"p": ints(0, -1, 1, 0, 0, -2)})
    for opset in (18, 21):
        yield "Pad_axes", node("Pad", {"x": x}, opset, {"mode": "edge"}, ["x", "p", "", "a"], 1, {"p": ints(1, 2, 0, 1), "a": ints(-1, 1)})
    for opset in (19, 21):
        yield "Pad_wrap", node("Pad", {"x": x}, opset, {"mode": "wrap"}, None, 1, {"p": ints(*shape)})
    yield "Pad_int64", node("Pad", {"x": ints(1, 2, 3)}, 13, {}, None, 1, {"p": ints(1, 2), "v": np.int64(MIN)})
    yield "Pad_bool", node("Pad", {"x": np.array([True, False])}, 13, {}, None, 1, {"p": ints(1, 1), "v": np.array(True)})


def splits(r):
    x = floats(r, 6, 4)
    for opset in (7, 11):
        yield "Split_even", node("Split", {"x": x}, opset, {}, None, 3)
        yield "Split_sizes", node("Split", {"x": x}, opset, {"split": [1, 2, 3]}, None, 3)
        yield "Split_axis", node("Split", {"x": x}, opset, {"axis": 1, "split": [3, 1]}, None, 2)
    yield "Split_negative", node("Split", {"x": x}, 11, {"axis": -1}, None, 2)
    for opset in (13, 18):
        yield "Split_sizes", node("Split", {"x": x}, opset, {"axis": -2}, None, 3, {"s": ints(1, 0, 5)})
        yield "Split_fed", node("Split", {"x": x, "s": ints(4, 2)}, opset, {}, None, 2)
    yield "Split_even", node("Split", {"x": x}, 13, {"axis": 1}, None, 2)
    yield "Split_count", node("Split", {"x": x}, 18, {"num_outputs": 3}, None, 3)
    yield "Split_uneven", node("Split", {"x": x}, 18, {"num_outputs": 4}, None, 4)


def casts(r):
    x = np.array([-3.7, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 120.9, 3e4], np.float32)
    special = np.array([np.nan, np.inf, -np.inf, 1e-45, -0.0], np.float32)
    for opset in (7, 9, 13, 19, 21):
        for to in (FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, I32, INT64, BOOL, TensorProto.INT16):
            yield f"Cast_{to}", node("Cast", {"x": x}, opset, {"to": to}, types=[to])
        for to in (TensorProto.UINT8, TensorProto.INT8):
            yield f"Cast_{to}", node("Cast", {"x": x[3:8]}, opset, {"to": to}, types=[to])
        yield "Cast_special", node("Cast", {"x": special}, opset, {"to": TensorProto.DOUBLE}, types=[TensorProto.DOUBLE])
        yield "Cast_special_bool", node("Cast", {"x": special}, opset, {"to": BOOL}, types=[BOOL])
    beyond = [np.nan, np.inf, -np.inf, 1e20, -1e20, 300.7, -300.7, 3e9, -3e9, 70000.5]
    for kind in (np.float32, np.float64):
        for to in (TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.UINT16, I32, INT64):
            yield f"Cast_beyond_{np.dtype(kind).name}_{to}", node("Cast", {"x": np.array(beyond, kind)}, 13, {"to": to}, types=[to])
        for to in (TensorProto.UINT32, TensorProto.UINT64):
            yield f"Cast_beyond_{np.dtype(kind).name}_{to}", node("Cast", {"x": np.array([3e9, 300.7, -300.7, 2**31, 2**32 - 2**10], kind)}, 13, {"to": to}, types=[to])
    whole = ints(MIN, -1, 0, 255, 256, 2**31, MAX)
    for to in (FLOAT, TensorProto.DOUBLE, I32, TensorProto.UINT8, TensorProto.INT8, TensorProto.UINT32, TensorProto.UINT64, BOOL):
        yield f"Cast_int64_{to}", node("Cast", {"x": whole}, 13, {"to": to}, types=[to])
    for to in (FLOAT, INT64, I32, TensorProto.STRING):
        yield f"Cast_bool_{to}", node("Cast", {"x": np.array([True, False])}, 13, {"to": to}, types=[to])
    for to in (FLOAT, INT64):
        yield f"Cast_string_{to}", node("Cast", {"x": np.array(["-3", "12", "0"], object)}, 13, {"to": to}, types=[to])
    yield "CastLike", node("CastLike", {"x": x, "like": ints(1)}, 15, types=[INT64])


def norms(r):
    x = floats(r, 2, 4, 3, 3)
    weights = {"s": floats(r, 4), "b": floats(r, 4), "m": floats(r, 4), "v": np.abs(floats(r, 4)) + 0.1}
    for opset in (7, 8, 9, 13, 14, 15):
        yield "BatchNormalization", node("BatchNormalization", {"x": x}, opset, {"epsilon": 1e-3}, None, 1, weights)
        yield "BatchNormalization_default", node("BatchNormalization", {"x": x[:, :, 0, 0]}, opset, {}, None, 1, weights)
    own = np.random.default_rng(11)
    each = {k: np.abs(floats(own, 4, 3, 3)) + 0.1 for k in "sbmv"}
    for opset in (7, 8):
        yield "BatchNormalization_each", node("BatchNormalization", {"x": x}, opset, {"spatial": 0}, None, 1, each)
        whole = node("BatchNormalization", {"x": x}, opset, {}, None, 1, weights)
        yield "BatchNormalization_mxnet", named("", node("BatchNormalization", {"x": x}, opset, {"spatial": 0}, None, 1, weights), reference=whole)
    for opset in (7, 10, 12, 13, 22):
        yield "Dropout", node("Dropout", {"x": x}, opset, {"ratio": 0.9} if opset < 12 else {})
        if opset >= 12:  # what the mask holds at inference was not said before
            yield "Dropout_mask", node("Dropout", {"x": x}, opset, {}, None, 2, None, [FLOAT, BOOL])
            yield "Dropout_ratio", node("Dropout", {"x": x}, opset, {}, None, 1, {"r": np.float32(0.9), "t": np.array(False)})
            yield "Dropout_training_zero", node("Dropout", {"x": x}, opset, {}, None, 1, {"r": np.float32(0), "t": np.array(True)})
    for opset, n in ((18, 2), (21, 4)):
        yield "GroupNormalization", node("GroupNormalization", {"x": x}, opset, {"num_groups": 2}, None, 1, {"s": floats(r, n), "b": floats(r, n)})
    for opset in (17, 21):
        for axis in (-1, 1, -3):
            shape = x.shape[axis:]
            yield f"LayerNormalization_{axis}", node("LayerNormalization", {"x": x}, opset, {"axis": axis}, None, 3, {"s": floats(r, *shape), "b": floats(r, *shape)})
    for opset in (7, 13, 22):
        yield "InstanceNormalization", node("InstanceNormalization", {"x": x}, opset, {}, None, 1, {"s": weights["s"], "b": weights["b"]})
        yield "LRN", node("LRN", {"x": x}, opset, {"size": 3})
    for p in (1, 2):
        for axis in (-1, 1):
            yield f"LpNormalization_{p}_{axis}", node("LpNormalization", {"x": x}, 7, {"p": p, "axis": axis})
    for axes in (None, [1], [0, 2, 3]):
        yield f"MeanVarianceNormalization_{len(axes or [])}", node("MeanVarianceNormalization", {"x": x}, 9, {"axes": axes} if axes else {})
    yield "PRelu", node("PRelu", {"x": x}, 7, {}, None, 1, {"s": floats(r, 4, 1, 1)})
    yield "PRelu", node("PRelu", {"x": x}, 16, {}, None, 1, {"s": floats(r, 1)})


def selections(r):
    x = floats(r, 3, 5)
    for opset in (7, 9):
        yield "TopK", node("TopK", {"x": x}, opset, {"k": 2}, None, 2, None, [FLOAT, INT64])
        yield "TopK_axis", node("TopK", {"x": x}, opset, {"k": 2, "axis": 0}, None, 2, None, [FLOAT, INT64])
    for opset in (10, 11, 24):
        yield "TopK", node("TopK", {"x": x}, opset, {}, None, 2, {"k": ints(3)}, [FLOAT, INT64])
        yield "TopK_fed", node("TopK", {"x": x, "k": ints(2)}, opset, {"axis": 0}, None, 2, None, [FLOAT, INT64])
        if opset >= 11:
            yield "TopK_small", node("TopK", {"x": x}, opset, {"largest": 0, "axis": -2}, None, 2, {"k": ints(2)}, [FLOAT, INT64])
            yield "TopK_ties", node("TopK", {"x": np.array([[2, 1, 2, 1, 2]], np.float32)}, opset, {}, None, 2, {"k": ints(4)}, [FLOAT, INT64])
    for opset in (9, 11):
        a = {"axis": 1} if opset < 11 else {"axis": -1}
        i = ints(1, 0, 2, 1, 1, 0).reshape(3, 2) if opset < 11 else ints(1, -1, 2, -5, 1, 0).reshape(3, 2)
        yield "Scatter", node("Scatter" if opset < 11 else "ScatterElements", {"x": x, "i": i, "u": floats(r, 3, 2)}, opset, a)
    for opset, how in ((16, "add"), (16, "mul"), (18, "max"), (18, "min")):
        yield f"ScatterElements_{how}", node("ScatterElements", {"x": x, "i": ints(0, 0, 1).reshape(3, 1), "u": floats(r, 3, 1)}, opset, {"axis": 1, "reduction": how})
        yield f"ScatterND_{how}", node("ScatterND", {"x": x, "i": ints(0, 2, 0).reshape(3, 1), "u": floats(r, 3, 5)}, opset, {"reduction": how})
    for batch in (0, 1):
        yield f"GatherND_{batch}", node("GatherND", {"x": floats(r, 2, 3, 4), "i": ints(1, -1, 0, 2).reshape(2, 2)}, 12 + batch, {"batch_dims": batch})
    yield "GatherElements", node("GatherElements", {"x": x, "i": ints(0, -1, 2, 1, 1, -3).reshape(2, 3)}, 11, {"axis": 0})
    for opset in (9, 11):
        for axis in (-1, 0):
            yield f"OneHot_{axis}", node("OneHot", {"i": ints(0, 2, -1 if opset == 11 else 3)}, opset, {"axis": axis}, None, 1, {"d": ints(3), "v": np.array([-1, 5], np.float32)}, [FLOAT])
    for opset in (11, 14):
        for a in ({}, {"exclusive": 1}, {"reverse": 1}, {"exclusive": 1, "reverse": 1}):
            yield "CumSum_" + "_".join(a), node("CumSum", {"x": x}, opset, a, None, 1, {"a": np.int32(-1)})
    yield "NonZero", node("NonZero", {"x": np.array([[1, 0], [0, 3]], np.float32)}, 9, types=[INT64])
    for opset in (9, 13):
        yield "Compress", node("Compress", {"x": x, "c": np.array([True, False, True])}, opset, {"axis": 0})
        yield "Compress_flat", node("Compress", {"x": x, "c": np.array([False, True, True])}, opset)
    yield "Compress_negative", node("Compress", {"x": x, "c": np.array([False, True])}, 11, {"axis": -1})
    for kind in (np.float32, np.int64, np.int32):
        for fmod in (0, 1):
            if fmod or kind is not np.float32:
                yield f"Mod_{np.dtype(kind).name}_{fmod}", node("Mod", {"x": np.array([-7, 7, -7, 7], kind), "y": np.array([3, -3, -3, 3], kind)}, 13, {"fmod": fmod})
    yield "Div_int", node("Div", {"x": ints(-7, 7, -7, MIN + 1), "y": ints(2, -2, -2, 3)}, 14)
    for base, power in ((np.float32, np.int64), (np.int32, np.float32), (np.int64, np.int64), (np.float32, np.float32)):
        yield f"Pow_{np.dtype(base).name}_{np.dtype(power).name}", node("Pow", {"x": np.array([1, 2, 3], base), "y": np.array([2, 3, 1], power)}, 15)
    yield "Where", node("Where", {"c": np.array([[True], [False]]), "x": floats(r, 2, 3), "y": np.float32(1)}, 16, types=[FLOAT])
    for kind in (np.int64, np.int32, np.float32):
        yield f"Range_{np.dtype(kind).name}", node("Range", {"a": kind(7), "b": kind(-3), "c": kind(-3)}, 11)
    yield "Expand", node("Expand", {"x": floats(r, 3, 1)}, 8, {}, None, 1, {"s": ints(2, 1, 4)})
    yield "Tile", node("Tile", {"x": x}, 7, {}, None, 1, {"s": ints(2, 0)})


def pools(r):
    x = floats(r, 1, 2, 7, 7)
    for opset in (7, 8, 10, 11, 12, 19, 22):
        for name, a in (("plain", {}), ("strides", {"strides": [2, 2]}), ("pads", {"pads": [1, 0, 1, 1], "strides": [2, 3]}), ("same", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
                        ("lower", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), ("valid", {"auto_pad": "VALID", "strides": [2, 2]}),
                        ("ceil", {"ceil_mode": 1, "strides": [2, 2], "pads": [1, 1, 0, 0]}), ("dilated", {"dilations": [2, 2]}), ("dilated_ceil", {"dilations": [2, 1], "ceil_mode": 1, "strides": [2, 2]})):
            if opset < 10 and ("ceil_mode" in a or "dilations" in a):
                continue
            k = {"kernel_shape": [3, 2]} | a
            yield f"MaxPool_{name}", node("MaxPool", {"x": x}, opset, k)
            if opset >= 8 and name in ("pads", "ceil"):
                for order in (0, 1):
                    yield f"MaxPool_{name}_indices{order}", node("MaxPool", {"x": x}, opset, k | {"storage_order": order}, None, 2, None, [FLOAT, INT64])
            if "dilations" in a and opset < 19:
                continue
            for count in (0, 1):
                yield f"AveragePool_{name}_{count}", node("AveragePool", {"x": x}, opset, k | {"count_include_pad": count})
            if "ceil_mode" not in a and "dilations" not in a or opset >= 18:
                yield f"LpPool_{name}", node("LpPool", {"x": x}, opset, k)
    for opset in (7, 9):
        for mode in ("nearest", "linear"):
            if opset == 7:
                yield f"Upsample_{mode}", node("Upsample", {"x": x}, opset, {"mode": mode, "scales": [1, 1, 2, 1.5]})
            else:
                yield f"Upsample_{mode}", node("Upsample", {"x": x}, opset, {"mode": mode}, None, 1, {"s": np.array([1, 1, 2, 1.5], np.float32)})
                yield f"Upsample_{mode}_fed", node("Upsample", {"x": x, "s": np.array([1, 1, 2, 1.5], np.float32)}, opset, {"mode": mode})
    for mode in ("nearest", "linear"):
        for scale in ([1, 1, 2, 1.5], [1, 1, 0.6, 0.5]):
            yield f"Resize_{mode}_{scale[2]}", node("Resize", {"x": x}, 10, {"mode": mode}, None, 1, {"s": np.array(scale, np.float32)})
    transforms = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn", "half_pixel_symmetric")
    for opset in (11, 13, 18, 19):
        for mode in ("nearest", "linear", "cubic"):
            for t in transforms:
                if t == "tf_half_pixel_for_nn" and (opset > 12 or mode != "nearest") or t == "half_pixel_symmetric" and opset < 19:
                    continue
                a = {"mode": mode, "coordinate_transformation_mode": t}
                # ONNX divides by a fraction of a size where ONNX Runtime divides by the size, so the sizes are whole; and
                # no position may lie in the middle, where rounding of the arithmetic decides
                for scale in ([1, 1, 3, 2], [1, 1, 3 / 7, 1]) if t == "align_corners" else ([1, 1, 1.7, 2], [1, 1, 0.63, 0.45]):
                    weights = {"roi": np.array([], np.float32), "s": np.array(scale, np.float32)}
                    yield f"Resize_{mode}_{t}_{scale[2]:.2f}", node("Resize", {"x": x}, opset, a, None, 1, weights)
                weights = {"roi": np.array([], np.float32), "s": np.array([], np.float32), "n": ints(1, 2, 5, 9)}
                inputs = ["x", "roi", "s", "n"] if opset < 13 else ["x", "", "", "n"]
                yield f"Resize_{mode}_{t}_sizes", node("Resize", {"x": x}, opset, a, inputs, 1, weights)
        for how in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            yield f"Resize_{how}", node("Resize", {"x": x}, opset, {"mode": "nearest", "nearest_mode": how}, None, 1, {"roi": np.array([], np.float32), "s": np.array([1, 1, 1.5, 0.5], np.float32)})
        roi = {"roi": np.array([0, 0, 0.25, 0.5, 1, 1, 0.75, 1.5], np.float32), "s": np.array([1, 1, 2, 3], np.float32)}
        for mode in ("nearest", "linear", "cubic"):
            yield f"Resize_crop_{mode}", node("Resize", {"x": x}, opset, {"mode": mode, "coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 7.0}, None, 1, roi)
        yield "Resize_cubic_coefficient", node("Resize", {"x": x}, opset, {"mode": "cubic", "cubic_coeff_a": -0.5, "exclude_outside": 1}, None, 1, {"roi": np.array([], np.float32), "s": np.array([1, 1, 0.8, 1.3], np.float32)})
    for opset in (18, 19):
        for mode in ("linear", "cubic"):
            yield f"Resize_antialias_{mode}", node("Resize", {"x": x}, opset, {"mode": mode, "antialias": 1}, None, 1, {"roi": np.array([], np.float32), "s": np.array([1, 1, 0.6, 0.4], np.float32)})
        for policy in ("stretch", "not_larger", "not_smaller"):
            yield f"Resize_{policy}", node("Resize", {"x": x}, opset, {"mode": "linear", "keep_aspect_ratio_policy": policy, "axes": [2, 3]}, ["x", "", "", "n"], 1, {"n": ints(5, 9)})
    for opset in (7, 11, 13):
        yield "DepthToSpace", node("DepthToSpace", {"x": floats(r, 1, 8, 2, 3)}, opset, {"blocksize": 2})
        if opset >= 11:
            yield "DepthToSpace_CRD", node("DepthToSpace", {"x": floats(r, 1, 8, 2, 3)}, opset, {"blocksize": 2, "mode": "CRD"})
    grid = (r.random((1, 3, 4, 2)) * 2.6 - 1.3).astype(np.float32)
    for opset, modes in ((16, ("bilinear", "nearest", "bicubic")), (20, ("linear", "nearest", "cubic"))):
        for mode in modes:
            for padding in ("zeros", "border", "reflection"):
                for corners in (0, 1):
                    yield f"GridSample_{mode}_{padding}_{corners}", node("GridSample", {"x": x, "g": grid}, opset, {"mode": mode, "padding_mode": padding, "align_corners": corners})


def products(r):
    x, w = floats(r, 3, 4), floats(r, 4, 5)
    for opset in (7, 9, 11, 13):
        for name, c in (("row", floats(r, 5)), ("column", floats(r, 3, 1)), ("scalar", np.array(floats(r, 1)[0]))):
            yield f"Gemm_{name}", node("Gemm", {"x": x, "w": w, "c": c}, opset, {"alpha": 0.5, "beta": 2.0})
        if opset >= 11:
            yield "Gemm_none", node("Gemm", {"x": x, "w": w.T.copy()}, opset, {"transB": 1})
    image, filters = floats(r, 1, 4, 5, 6), floats(r, 4, 2, 3, 2)
    for opset in (7, 11, 22):
        for auto in ("SAME_UPPER", "SAME_LOWER", "VALID"):
            yield f"Conv_{auto}", node("Conv", {"x": image}, opset, {"auto_pad": auto, "strides": [2, 2], "group": 2}, None, 1, {"w": filters})
            yield f"ConvTranspose_{auto}", node("ConvTranspose", {"x": image}, opset, {"auto_pad": auto, "strides": [2, 3], "group": 2}, None, 1, {"w": filters})
        for name, a in (("padding", {"output_padding": [1, 0], "strides": [2, 2]}), ("shape", {"output_shape": [11, 13], "strides": [2, 2]}),
                        ("shape_upper", {"output_shape": [11, 12], "strides": [2, 2], "auto_pad": "SAME_UPPER"}), ("dilated", {"dilations": [2, 2], "pads": [1, 0, 2, 1]})):
            yield f"ConvTranspose_{name}", node("ConvTranspose", {"x": image}, opset, a | {"group": 2}, None, 1, {"w": filters, "b": floats(r, 4)})
        yield "ConvTranspose_line", node("ConvTranspose", {"x": floats(r, 2, 3, 7)}, opset, {"strides": [3]}, None, 1, {"w": floats(r, 3, 2, 4)})
        yield "ConvTranspose_volume", node("ConvTranspose", {"x": floats(r, 1, 2, 3, 3, 2)}, opset, {"strides": [2, 1, 2]}, None, 1, {"w": floats(r, 2, 2, 2, 3, 2)})
    for opset in (19, 22):
        for name, a, channels, groups in (("plain", {}, 4, 1), ("groups", {"group": 2, "offset_group": 2, "strides": [2, 1], "pads": [1, 0, 2, 1]}, 2, 2), ("dilated", {"dilations": [1, 2], "offset_group": 4}, 4, 4)):
            size = {"plain": (3, 5), "groups": (3, 6), "dilated": (3, 4)}[name]
            moved = {"o": floats(r, 1, groups * 6 * 2, *size) * 2, "m": r.random((1, groups * 6, *size)).astype(np.float32)}
            weights = {"w": floats(r, 4, channels, 3, 2), "b": floats(r, 4)}
            yield f"DeformConv_{name}", node("DeformConv", {"x": image} | moved, opset, a, ["x", "w", "o", "b", "m"], 1, weights)
            yield f"DeformConv_{name}_without", node("DeformConv", {"x": image} | moved, opset, a, ["x", "w", "o"], 1, weights)
    regions = np.array([[0, 0, 0, 3, 3], [1, 2, 1, 9, 7], [0, 5, 5, 4, 4], [1, -3, -2, 20, 1.6]], np.float32)
    for opset in (7, 21):
        yield "MaxRoiPool", node("MaxRoiPool", {"x": floats(r, 2, 3, 8, 9), "r": regions}, opset, {"pooled_shape": [3, 2]})
        yield "MaxRoiPool_scale", node("MaxRoiPool", {"x": floats(r, 2, 3, 8, 9), "r": regions}, opset, {"pooled_shape": [2, 2], "spatial_scale": 0.5})
    yield from recurrent(r)
    for equation, shapes in (("ij,jk->ik", ((3, 4), (4, 5))), ("bij,bjk", ((2, 3, 4), (2, 4, 5))), ("...ij,...jk->...ik", ((2, 3, 4), (2, 4, 5))), ("ii->i", ((4, 4),)),
                             ("bhid,bhjd->bhij", ((2, 2, 3, 4), (2, 2, 5, 4))), ("i,j->ij", ((3,), (4,))), ("ijk->", ((2, 3, 4),)), ("ij,kj,k->i", ((3, 4), (5, 4), (5,))), ("b...->...", ((2, 3, 4),))):
        yield f"Einsum_{equation.replace(',', '_').replace('->', '_to_').replace('...', 'any')}", node("Einsum", {f"x{i}": floats(r, *s) for i, s in enumerate(shapes)}, 12, {"equation": equation})
    a, b = r.integers(0, 256, (3, 4)).astype(np.uint8), r.integers(-128, 128, (4, 5)).astype(np.int8)
    yield "MatMulInteger", node("MatMulInteger", {"a": a, "b": b, "az": np.uint8(7), "bz": r.integers(-9, 9, 5).astype(np.int8)}, 10, types=[I32])
    for opset in (10, 13, 19, 21):
        yield "QuantizeLinear", node("QuantizeLinear", {"x": x * 9, "s": np.float32(0.2), "z": np.uint8(99)}, opset, types=[TensorProto.UINT8])
        yield "QuantizeLinear_default", node("QuantizeLinear", {"x": x * 9, "s": np.float32(0.2)}, opset, types=[TensorProto.UINT8])
        yield "QuantizeLinear_ties", node("QuantizeLinear", {"x": np.array([0.5, 1.5, 2.5, -0.5, -1.5, 1e9, -1e9], np.float32), "s": np.float32(1), "z": np.int8(0)}, opset, types=[TensorProto.INT8])
        special = np.array([np.nan, np.inf, -np.inf] * 8, np.float32)
        yield "QuantizeLinear_special", node("QuantizeLinear", {"x": special, "s": np.float32(0.2), "z": np.uint8(99)}, opset, types=[TensorProto.UINT8])
        yield "DequantizeLinear", node("DequantizeLinear", {"x": b, "s": np.float32(0.2), "z": np.int8(-3)}, opset, types=[FLOAT])
        if opset >= 13:
            s = np.abs(floats(r, 3)) + 0.1
            for axis in (0, -2):
                yield f"QuantizeLinear_{axis}", node("QuantizeLinear", {"x": x * 9, "s": s, "z": np.array([1, 2, 3], np.uint8)}, opset, {"axis": axis}, types=[TensorProto.UINT8])
                yield f"DequantizeLinear_{axis}", node("DequantizeLinear", {"x": a, "s": s, "z": np.array([1, 2, 3], np.uint8)}, opset, {"axis": axis}, types=[FLOAT])
    s = np.abs(floats(r, 3, 2)) + 0.1
    yield "DequantizeLinear_blocks", node("DequantizeLinear", {"x": a, "s": s, "z": r.integers(0, 9, (3, 2)).astype(np.uint8)}, 21, {"axis": 1, "block_size": 2}, types=[FLOAT])
    yield "QuantizeLinear_blocks", node("QuantizeLinear", {"x": x * 9, "s": s, "z": r.integers(0, 9, (3, 2)).astype(np.uint8)}, 21, {"axis": 1, "block_size": 2}, types=[TensorProto.UINT8])
    yield "QuantizeLinear_int16", node("QuantizeLinear", {"x": x * 9, "s": np.float32(0.001)}, 21, {"output_dtype": TensorProto.INT16}, types=[TensorProto.INT16])


def recurrent(r):
    n, i, h, t = 3, 4, 5, 6
    x, lengths = floats(r, t, n, i), np.array([6, 2, 4], np.int32)
    for op, gates, acts in (("RNN", 1, ["Relu"]), ("GRU", 3, ["HardSigmoid", "Softsign"]), ("LSTM", 4, ["Sigmoid", "Tanh", "LeakyRelu"])):
        outputs = 3 if op == "LSTM" else 2
        for direction, d in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
            weights = {"w": floats(r, d, gates * h, i), "r": floats(r, d, gates * h, h), "b": floats(r, d, 2 * gates * h), "h": floats(r, d, n, h)}
            if op == "LSTM":
                weights |= {"c": floats(r, d, n, h), "p": floats(r, d, 3 * h)}
            base = {"hidden_size": h, "direction": direction}
            full = ["x", "w", "r", "b", "l", "h"] + (["c", "p"] if op == "LSTM" else [])
            for opset in (7, 14, 22):
                yield f"{op}_{direction}", node(op, {"x": x}, opset, base, ["x", "w", "r"], outputs, weights)
                yield f"{op}_{direction}_full", node(op, {"x": x, "l": lengths}, opset, base, full, outputs, weights)
            yield f"{op}_{direction}_clip", node(op, {"x": x}, 14, base | {"clip": 0.4}, ["x", "w", "r", "b"], outputs, weights)
            numbers = {"activations": ["Affine", "ScaledTanh", "Elu", "ThresholdedRelu"][:len(acts)] * d, "activation_alpha": [0.2, 1.2, 0.5][:len(acts)] * d, "activation_beta": [0.1, 0.8][:min(2, len(acts))] * d}
            yield f"{op}_{direction}_numbers", node(op, {"x": x}, 14, base | numbers, ["x", "w", "r", "b"], outputs, weights)
            if op == "LSTM":
                yield f"{op}_{direction}_coupled", node(op, {"x": x}, 14, base | {"input_forget": 1}, ["x", "w", "r", "b"], outputs, weights)
            yield f"{op}_{direction}_activations", node(op, {"x": x}, 14, base | {"activations": acts * d}, ["x", "w", "r", "b"], outputs, weights)
            if op == "GRU":
                yield f"{op}_{direction}_before", node(op, {"x": x, "l": lengths}, 14, base | {"linear_before_reset": 1}, full, outputs, weights)
