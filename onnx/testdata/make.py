"""Makes the fixtures of this folder: python make.py, with onnx 1.23.2, numpy 2.4.6 and ml_dtypes 0.6.0.

types.onnx     an initializer of every element type, once in raw_data ("T raw") and once typed ("T typed"):
               all codes of types of up to eight bits, a walk through all others
types.json     their values as float64, int64, bool or text, from numpy and ml_dtypes
external.onnx  two tensors in external.bin, the second at an offset, length given and not given
nested.onnx    an If with two branches, a function with a referred attribute, a sequence and an optional value,
               quantization annotation, metadata everywhere, training information: what a round trip must keep
"""

import json
import pathlib

import ml_dtypes
import numpy as np
from onnx import AttributeProto, TensorProto, TypeProto, checker, helper, numpy_helper

here = pathlib.Path(__file__).parent


def save(model, name):
    (here / name).write_bytes(model.SerializeToString(deterministic=True))


def codes(bits, dtype):
    """All codes of a type, one element each, as numpy holds it."""
    c = np.arange(2**bits, dtype=np.uint8)
    if np.issubdtype(np.dtype(dtype), np.integer) or dtype in (ml_dtypes.int4, ml_dtypes.uint4, ml_dtypes.int2, ml_dtypes.uint2):
        signed = dtype in (np.int8, ml_dtypes.int4, ml_dtypes.int2)
        v = c.astype(np.int64)
        return np.where(v >= 2 ** (bits - 1), v - 2**bits, v).astype(dtype) if signed else v.astype(dtype)
    return c.view(dtype)


def walk(bits, dtype):
    """Bit patterns across the whole range, without those that are NaN."""
    u = np.dtype(f"u{bits // 8}")
    steps = (np.arange(257, dtype=np.uint64) * np.uint64((2**bits - 1) // 256)).astype(u)
    v = steps.view(dtype)
    if np.issubdtype(np.dtype(dtype), np.integer):
        return v
    return v[np.isfinite(v.astype(np.float64))]


DATA = {
    "FLOAT": walk(32, np.float32), "DOUBLE": walk(64, np.float64), "FLOAT16": np.arange(2**16, dtype=np.uint16)[::67].view(np.float16),
    "BFLOAT16": np.arange(2**16, dtype=np.uint16)[::61].view(ml_dtypes.bfloat16),
    "INT8": codes(8, np.int8), "UINT8": codes(8, np.uint8), "INT16": walk(16, np.int16), "UINT16": walk(16, np.uint16),
    "INT32": walk(32, np.int32), "UINT32": walk(32, np.uint32), "INT64": walk(64, np.int64), "UINT64": walk(64, np.uint64),
    "BOOL": np.array([True, False, True, True, False]),
    "FLOAT8E4M3FN": codes(8, ml_dtypes.float8_e4m3fn), "FLOAT8E4M3FNUZ": codes(8, ml_dtypes.float8_e4m3fnuz),
    "FLOAT8E5M2": codes(8, ml_dtypes.float8_e5m2), "FLOAT8E5M2FNUZ": codes(8, ml_dtypes.float8_e5m2fnuz),
    "FLOAT8E8M0": codes(8, ml_dtypes.float8_e8m0fnu), "FLOAT4E2M1": codes(4, ml_dtypes.float4_e2m1fn)[:15],
    "FLOAT6E2M3": codes(6, ml_dtypes.float6_e2m3fn)[:63], "FLOAT6E3M2": codes(6, ml_dtypes.float6_e3m2fn)[:63],
    "INT4": codes(4, ml_dtypes.int4)[:15], "UINT4": codes(4, ml_dtypes.uint4)[:15],
    "INT2": codes(2, ml_dtypes.int2)[:3], "UINT2": codes(2, ml_dtypes.uint2)[:3],
}


def text(v):
    return str(v) if isinstance(v, (int, np.integer, bool, np.bool_)) else float(v).hex() if np.isfinite(v) else str(float(v))


def types():
    tensors, values = [], {}
    for name, a in DATA.items():
        dt = getattr(TensorProto, name)
        raw = numpy_helper.from_array(a, name + " raw")
        assert raw.data_type == dt and raw.HasField("raw_data"), name
        tensors.append(raw)
        bits = {"FLOAT4E2M1": 4, "INT4": 4, "UINT4": 4, "INT2": 2, "UINT2": 2, "FLOAT6E2M3": 6, "FLOAT6E3M2": 6}.get(name, 0)
        typed = TensorProto(name=name + " typed", data_type=dt, dims=a.shape)
        if name in ("FLOAT", "DOUBLE", "INT64"):
            getattr(typed, {"FLOAT": "float_data", "DOUBLE": "double_data", "INT64": "int64_data"}[name]).extend(a.tolist())
        elif name in ("UINT32", "UINT64"):
            typed.uint64_data.extend(a.tolist())
        elif bits == 6:
            typed.int32_data.extend(a.view(np.uint8).tolist())
        elif bits:
            typed.int32_data.extend(raw.raw_data)
        elif name.startswith(("FLOAT", "BFLOAT")):
            typed.int32_data.extend(a.view(np.dtype(f"u{a.dtype.itemsize}")).tolist())
        else:
            typed.int32_data.extend(a.astype(np.int64).tolist())
        tensors.append(typed)
        if a.dtype.kind in "iub":
            values[name] = [str(int(v)) for v in a]
        elif bits in (2, 4) and "INT" in name:
            values[name] = [str(int(v)) for v in a.astype(np.int64)]
        else:
            values[name] = [text(v) for v in a.astype(np.float32 if a.dtype.itemsize < 8 else np.float64)]
        back = numpy_helper.to_array(typed)
        assert back.tobytes() == a.tobytes(), name
    tensors.append(helper.make_tensor("STRING typed", TensorProto.STRING, [2, 1], [b"a\xff", "Ω".encode()]))
    tensors.append(helper.make_tensor("COMPLEX64 typed", TensorProto.COMPLEX64, [2], [1 + 2j, 3 - 4j]))
    g = helper.make_graph([helper.make_node("Identity", ["FLOAT raw"], ["y"])], "types", [],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, [len(DATA["FLOAT"])])], tensors)
    save(helper.make_model(g, opset_imports=[helper.make_opsetid("", 28)], ir_version=14), "types.onnx")
    (here / "types.json").write_text(json.dumps(values, separators=(",", ":")) + "\n")


def external():
    a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(4, dtype=np.float16)
    (here / "external.bin").write_bytes(a.tobytes() + b"\0" * 8 + b.tobytes())
    ts = []
    for name, v, entries in [("a", a, {"location": "external.bin"}), ("b", b, {"location": "external.bin", "offset": "32", "length": "8"})]:
        t = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(v.dtype), dims=v.shape, data_location=TensorProto.EXTERNAL)
        for k, e in entries.items():
            t.external_data.add(key=k, value=e)
        ts.append(t)
    g = helper.make_graph([helper.make_node("Cast", ["b"], ["y"], to=TensorProto.FLOAT)], "external", [],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])], ts)
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    save(m, "external.onnx")
    checker.check_model(str(here / "external.onnx"))


def nested():
    value = helper.make_tensor_value_info
    x, y = value("x", TensorProto.FLOAT, ["N", 3]), value("y", TensorProto.FLOAT, [None, 3])

    def branch(name, op):
        return helper.make_graph([helper.make_node(op, ["x"], [name])], name, [], [value(name, TensorProto.FLOAT, None)])

    leaky = helper.make_node("LeakyRelu", ["a"], ["b"])
    leaky.attribute.append(AttributeProto(name="alpha", ref_attr_name="slope", type=AttributeProto.FLOAT))
    f = helper.make_function("own", "Soft", ["a"], ["b"], [leaky], [helper.make_opsetid("", 20)],
                             attribute_protos=[helper.make_attribute("slope", 0.25)])
    n = helper.make_node("If", ["c"], ["z"], name="choose", doc_string="", then_branch=branch("p", "Relu"), else_branch=branch("q", "Neg"))
    n.metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'act']")
    g = helper.make_graph([n, helper.make_node("Soft", ["z"], ["y"], domain="own")], "nested",
                          [x, value("c", TensorProto.BOOL, [])], [y])
    g.value_info.append(helper.make_tensor_sequence_value_info("s", TensorProto.INT64, [2]))
    g.value_info.append(helper.make_value_info("o", helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, []))))
    g.value_info.append(helper.make_value_info("m", helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [0]))))
    g.value_info.append(helper.make_sparse_tensor_value_info("w", TensorProto.FLOAT, [4, 4]))
    g.value_info.append(helper.make_value_info("n", TypeProto(denotation="IMAGE")))
    g.quantization_annotation.add(tensor_name="x").quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="s")
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("own", 1)], functions=[f],
                          ir_version=9, producer_name="make.py", model_version=7, doc_string="")
    m.metadata_props.add(key="author", value="")
    m.training_info.add().initialization.name = "start"
    checker.check_model(m)
    save(m, "nested.onnx")


types()
external()
nested()
