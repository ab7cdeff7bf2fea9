"""Operators of com.microsoft, as ONNX Runtime's optimiser and quantiser write them."""

import numpy as np
from onnx import TensorProto

from runtime_case import FLOAT, named, node

MS = "com.microsoft"
F16, I32, U8, I8 = TensorProto.FLOAT16, TensorProto.INT32, TensorProto.UINT8, TensorProto.INT8


def cases():
    yield from activations()
    yield from norms()
    yield from products()
    yield from attentions()
    yield from grouped()
    yield from quantised()


def floats(r, *shape):
    return r.standard_normal(shape).astype(np.float32)


def activations():
    r = np.random.default_rng(2)
    x, b = floats(r, 2, 5, 8), floats(r, 8)
    for op, feeds, a in (("Gelu", {"x": x}, {}), ("QuickGelu", {"x": x}, {}), ("QuickGelu", {"x": x}, {"alpha": 1.5}),
                         ("FastGelu", {"x": x}, {}), ("FastGelu", {"x": x, "b": b}, {}), ("BiasGelu", {"x": x, "b": b}, {})):
        yield named(f"{op}_{len(feeds)}_{len(a)}", node(op, feeds, 17, a, domain=MS), rtol=1e-4, atol=1e-5)


def norms():
    r = np.random.default_rng(3)
    x, skip, gamma, beta, bias = floats(r, 2, 5, 8), floats(r, 2, 5, 8), floats(r, 8), floats(r, 8), floats(r, 8)
    feeds = {"x": x, "s": skip, "g": gamma}
    for name, extra, inputs, outs in (("plain", {}, ["x", "s", "g"], 1), ("beta", {"b": beta}, ["x", "s", "g", "b"], 1),
                                      ("bias", {"b": beta, "c": bias}, ["x", "s", "g", "b", "c"], 1), ("nobeta", {"c": bias}, ["x", "s", "g", "", "c"], 1)):
        yield named(f"SkipLayerNormalization_{name}", node("SkipLayerNormalization", feeds | extra, 17, {"epsilon": 1e-3}, inputs, outs, domain=MS))
    case = node("SkipLayerNormalization", feeds, 17, {}, ["x", "s", "g"], 4, domain=MS)
    yield named("SkipLayerNormalization_sum", keep(case, 0, 3))
    yield named("SkipLayerNormalization_row", node("SkipLayerNormalization", {"x": x, "s": skip[:1], "g": gamma}, 17, {}, ["x", "s", "g"], domain=MS))
    yield named("SkipSimplifiedLayerNormalization", node("SkipSimplifiedLayerNormalization", feeds, 17, {"epsilon": 1e-5}, domain=MS))
    case = node("SkipSimplifiedLayerNormalization", feeds | {"c": bias}, 17, {}, None, 4, domain=MS)
    yield named("SkipSimplifiedLayerNormalization_sum", keep(case, 0, 3))
    yield named("SimplifiedLayerNormalization", node("SimplifiedLayerNormalization", {"x": x, "g": gamma}, 17, {"axis": -1, "epsilon": 1e-4}))
    ids, segments = r.integers(0, 11, (2, 5)).astype(np.int32), r.integers(0, 2, (2, 5)).astype(np.int32)
    words, places, kinds = floats(r, 11, 8), floats(r, 7, 8), floats(r, 2, 8)
    tables = {"w": words, "p": places, "k": kinds, "g": gamma, "b": beta}
    mask = (np.arange(5) < np.array([[5], [3]])).astype(np.int32)
    yield named("EmbedLayerNormalization", node("EmbedLayerNormalization", {"i": ids, "s": segments, "m": mask}, 17, {"epsilon": 1e-6},
                ["i", "s", "w", "p", "k", "g", "b", "m"], 3, tables, [FLOAT, I32, FLOAT], MS))
    yield named("EmbedLayerNormalization_positions", node("EmbedLayerNormalization", {"i": ids, "q": np.flip(ids % 7, 1).copy()}, 17, {},
                ["i", "", "w", "p", "", "g", "b", "", "q"], 2, tables, [FLOAT, I32], MS))


def keep(case, *outputs):
    """Leaves out the other outputs of the one node."""
    n, g = case.model.graph.node[0], case.model.graph
    kept = [g.output[i] for i in outputs]
    for i in range(len(n.output)):
        if i not in outputs:
            n.output[i] = ""
    del g.output[:]
    g.output.extend(kept)
    return case


def products():
    r = np.random.default_rng(4)
    for op in ("FusedMatMul", "TransposeMatMul"):
        yield named(f"{op}_plain", node(op, {"a": floats(r, 2, 3, 4), "b": floats(r, 2, 4, 5)}, 17, {"alpha": 0.5}, domain=MS))
    for name, sa, sb, a in (("A", (2, 4, 3), (2, 4, 5), {"transA": 1}), ("B", (2, 3, 4), (5, 4), {"transB": 1, "alpha": 2.0}),
                            ("AB", (4, 3), (5, 4), {"transA": 1, "transB": 1}), ("batchA", (3, 2, 4), (2, 4, 5), {"transBatchA": 1}),
                            ("batchAB", (3, 2, 6, 4), (4, 2, 6, 5), {"transBatchA": 1, "transBatchB": 1}),
                            ("all", (4, 2, 6, 3), (5, 2, 6, 4), {"transBatchA": 1, "transBatchB": 1, "transA": 1, "transB": 1})):
        yield named(f"FusedMatMul_{name}", node("FusedMatMul", {"a": floats(r, *sa), "b": floats(r, *sb)}, 17, a, domain=MS))
    x, w, b = floats(r, 1, 3, 6, 6), floats(r, 4, 3, 3, 3), floats(r, 4)
    for act, p in (("Relu", None), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 1.0]), ("HardSigmoid", [0.3, 0.4]), ("Tanh", None), ("Sigmoid", None)):
        a = {"activation": act, "pads": [1, 1, 1, 1]} | ({"activation_params": p} if p else {})
        yield named(f"FusedConv_{act}", node("FusedConv", {"x": x}, 17, a, ["x", "w", "b"], 1, {"w": w, "b": b}, domain=MS))
    yield named("FusedConv_sum", node("FusedConv", {"x": x, "z": floats(r, 1, 4, 6, 6)}, 17, {"activation": "Relu", "pads": [1, 1, 1, 1]},
                ["x", "w", "b", "z"], 1, {"w": w, "b": b}, domain=MS))
    yield named("FusedGemm", node("FusedGemm", {"a": floats(r, 3, 4)}, 17, {"activation": "LeakyRelu", "activation_alpha": 0.3, "alpha": 0.5, "transB": 1},
                ["a", "w", "c"], 1, {"w": floats(r, 5, 4), "c": floats(r, 5)}, domain=MS))
    x, k = floats(r, 3, 70), 70
    for bits in (4, 8):
        for zeros in (False, True):
            blocks = (k + 31) // 32
            weights = {"w": r.integers(0, 256, (6, blocks, 32 * bits // 8)).astype(np.uint8), "s": np.abs(floats(r, 6, blocks)) / 8}
            inputs = ["x", "w", "s"]
            if zeros:
                weights["z"] = r.integers(0, 256, (6, (blocks * bits + 7) // 8)).astype(np.uint8)
                inputs.append("z")
            yield named(f"MatMulNBits_{bits}_{int(zeros)}", node("MatMulNBits", {"x": x}, 17, {"K": k, "N": 6, "bits": bits, "block_size": 32},
                        inputs, 1, weights, domain=MS), rtol=1e-4, atol=1e-4)


def attentions():
    r = np.random.default_rng(5)
    q, k, v = floats(r, 2, 4, 8), floats(r, 2, 6, 8), floats(r, 2, 6, 12)
    heads = {"num_heads": 2}
    past = {"pk": floats(r, 2, 2, 3, 4), "pv": floats(r, 2, 2, 3, 4)}
    keys = (np.arange(6) < np.array([[6], [4]])).astype(np.int32)
    op = "MultiHeadAttention"
    yield named("MHA_plain", node(op, {"q": q, "k": k, "v": v}, 17, heads, domain=MS))
    yield named("MHA_scale", node(op, {"q": q, "k": k, "v": v}, 17, heads | {"scale": 0.3}, domain=MS))
    yield named("MHA_bias", node(op, {"q": q, "k": k, "v": v}, 17, heads, ["q", "k", "v", "b"], 1, {"b": floats(r, 28)}, domain=MS))
    yield named("MHA_mask", node(op, {"q": q, "k": k, "v": v, "m": keys}, 17, heads, ["q", "k", "v", "", "m"], domain=MS))
    yield named("MHA_lengths", node(op, {"q": q, "k": k, "v": v, "m": np.array([6, 4], np.int32)}, 17, heads, ["q", "k", "v", "", "m"], domain=MS))
    wide = (r.random((2, 4, 6)) < 0.7).astype(np.int32)
    yield named("MHA_mask3", node(op, {"q": q, "k": k, "v": v, "m": wide}, 17, heads, ["q", "k", "v", "", "m"], domain=MS))
    yield named("MHA_added", node(op, {"q": q, "k": k, "v": v, "m": keys, "a": floats(r, 1, 2, 4, 6)}, 17, heads, ["q", "k", "v", "", "m", "a"], domain=MS))
    yield named("MHA_past", node(op, {"q": q, "k": k[:, :4], "v": v[:, :4, :8]} | past, 17, heads, ["q", "k", "v", "", "", "", "pk", "pv"], 3, domain=MS))
    yield named("MHA_causal_past", node(op, {"q": q, "k": k[:, :4], "v": v[:, :4, :8]} | past, 17, heads | {"unidirectional": 1},
                ["q", "k", "v", "", "", "", "pk", "pv"], 3, domain=MS))
    yield named("MHA_causal", node(op, {"q": q, "k": k[:, :4], "v": v[:, :4]}, 17, heads | {"unidirectional": 1}, domain=MS))
    # Packed forms run on other processors alone; they mean what the parts mean.
    for name, n, feeds in (("packed", 3, {}), ("packed_kv", 2, {"q": q})):
        together = floats(r, 2, 4, 2, n, 4)
        parts = [together[:, :, :, i].reshape(2, 4, 8) for i in range(n)]
        apart = node(op, feeds | dict(zip("qkv"[3 - n:], parts)), 17, heads, domain=MS)
        yield named(f"MHA_{name}", node(op, feeds | {"p": together}, 17, heads, domain=MS), reference=apart)
    yield named("MHA_by_head", node(op, {"q": q, "k": floats(r, 2, 2, 6, 4), "v": floats(r, 2, 2, 6, 4)}, 17, heads, domain=MS))

    op, x, w, b = "Attention", floats(r, 2, 5, 8), floats(r, 8, 24), floats(r, 24)
    weights = {"w": w, "b": b}
    keys = (np.arange(5) < np.array([[5], [3]])).astype(np.int32)
    yield named("Attention_plain", node(op, {"x": x}, 17, heads, None, 1, weights, domain=MS))
    yield named("Attention_causal", node(op, {"x": x}, 17, heads | {"unidirectional": 1}, None, 1, weights, domain=MS))
    yield named("Attention_mask", node(op, {"x": x, "m": keys}, 17, heads, ["x", "w", "b", "m"], 1, weights, domain=MS))
    yield named("Attention_lengths", node(op, {"x": x, "m": np.array([5, 2], np.int32)}, 17, heads, ["x", "w", "b", "m"], 1, weights, domain=MS))
    yield named("Attention_mask3", node(op, {"x": x, "m": (r.random((2, 5, 5)) < 0.6).astype(np.int32)}, 17, heads, ["x", "w", "b", "m"], 1, weights, domain=MS))
    yield named("Attention_filter", node(op, {"x": x, "m": keys}, 17, heads | {"mask_filter_value": -3.0}, ["x", "w", "b", "m"], 1, weights, domain=MS))
    yield named("Attention_sizes", node(op, {"x": x}, 17, heads | {"qkv_hidden_sizes": [8, 8, 12]}, None, 1, {"w": floats(r, 8, 28), "b": floats(r, 28)}, domain=MS))
    past = {"p": floats(r, 2, 2, 2, 3, 4)}
    for causal in (0, 1):
        yield named(f"Attention_past_{causal}", node(op, {"x": x} | past, 17, heads | {"unidirectional": causal}, ["x", "w", "b", "", "p"], 2, weights, domain=MS))
    yield named("Attention_added", node(op, {"x": x, "a": floats(r, 2, 2, 5, 5)}, 17, heads, ["x", "w", "b", "", "", "a"], 1, weights, domain=MS))
    yield named("Attention_open", node(op, {"x": x, "m": keys}, 17, heads, ["x", "w", "b", "m"], 1, weights, domain=MS, open_sizes=True))
    scales = {"w": r.integers(-127, 128, (8, 24)).astype(np.int8), "b": b, "xs": np.float32(0.02), "ws": np.float32(0.01), "xz": np.uint8(120), "wz": np.int8(0)}
    yield named("QAttention", node("QAttention", {"x": r.integers(0, 256, (2, 5, 8)).astype(np.uint8), "m": keys}, 17, heads,
                ["x", "w", "b", "xs", "ws", "m", "xz", "wz"], 1, scales, [FLOAT], MS))

    angles = np.outer(np.arange(16), 1 / 10000 ** (np.arange(2) / 2))
    tables = {"c": np.cos(angles).astype(np.float32), "s": np.sin(angles).astype(np.float32)}
    for pairs in (0, 1):
        rows = {"x": floats(r, 2, 5, 8), "p": np.stack([np.arange(5), np.arange(5) + 3]).astype(np.int64)}
        yield named(f"RotaryEmbedding_rows_{pairs}", node("RotaryEmbedding", rows, 17, {"interleaved": pairs}, ["x", "p", "c", "s"], 1, tables, domain=MS))
        first = {"x": floats(r, 2, 2, 5, 4), "p": np.array([4], np.int64)}
        yield named(f"RotaryEmbedding_first_{pairs}", node("RotaryEmbedding", first, 17, {"interleaved": pairs}, ["x", "p", "c", "s"], 1, tables, domain=MS))
    part = {"x": floats(r, 2, 5, 16), "p": np.array([0], np.int64)}
    yield named("RotaryEmbedding_part", node("RotaryEmbedding", part, 17, {"num_heads": 2, "rotary_embedding_dim": 4}, ["x", "p", "c", "s"], 1, tables, domain=MS))


def grouped():
    r = np.random.default_rng(6)
    angles = np.outer(np.arange(16), 1 / 10000 ** (np.arange(8) / 8))
    tables = {"c": np.cos(angles).astype(np.float32), "s": np.sin(angles).astype(np.float32)}
    heads, op = {"num_heads": 4, "kv_num_heads": 2}, "GroupQueryAttention"
    names = ["q", "k", "v", "pk", "pv", "n", "t"]
    prompt = {"q": floats(r, 2, 5, 64), "k": floats(r, 2, 5, 32), "v": floats(r, 2, 5, 32), "pk": floats(r, 2, 2, 0, 16), "pv": floats(r, 2, 2, 0, 16),
              "n": np.array([4, 4], np.int32), "t": np.array([5], np.int32)}
    later = prompt | {"q": floats(r, 2, 1, 64), "k": floats(r, 2, 1, 32), "v": floats(r, 2, 1, 32), "pk": floats(r, 2, 2, 6, 16), "pv": floats(r, 2, 2, 6, 16),
                      "n": np.array([6, 6], np.int32), "t": np.array([7], np.int32)}
    for name, feeds in (("prompt", prompt), ("later", later)):
        yield named(f"GQA_{name}", node(op, feeds, 17, heads, names, 3, domain=MS))
        yield named(f"GQA_{name}_window", node(op, feeds, 17, heads | {"local_window_size": 3}, names, 3, domain=MS))
        yield named(f"GQA_{name}_softcap", node(op, feeds, 17, heads | {"softcap": 2.0, "scale": 0.5}, names, 3, domain=MS))
        for pairs in (0, 1):
            yield named(f"GQA_{name}_rotary_{pairs}", node(op, feeds, 17, heads | {"do_rotary": 1, "rotary_interleaved": pairs}, names + ["c", "s"], 3, tables, domain=MS))
    packed = {"q": np.concatenate([prompt["q"], prompt["k"], prompt["v"]], 2)} | {k: prompt[k] for k in ("pk", "pv", "n", "t")}
    yield named("GQA_packed", node(op, packed, 17, heads | {"do_rotary": 1}, ["q", "", "", "pk", "pv", "n", "t", "c", "s"], 3, tables, domain=MS))


def quantised():
    r = np.random.default_rng(7)

    def whole(dtype, *shape):
        i = np.iinfo(dtype)
        return r.integers(i.min, i.max + 1, shape).astype(dtype)

    for dtype, kind in ((np.uint8, U8), (np.int8, I8)):
        t = np.dtype(dtype).name
        pair = {"as": np.float32(0.03), "az": dtype(3), "bs": np.float32(0.02), "bz": dtype(100), "cs": np.float32(0.04), "cz": dtype(60)}
        names = ["a", "as", "az", "b", "bs", "bz", "cs", "cz"]
        for op in ("QLinearAdd", "QLinearMul"):
            yield named(f"{op}_{t}", node(op, {"a": whole(dtype, 2, 3, 4), "b": whole(dtype, 3, 1)}, 17, {}, names, 1, pair, [kind], MS), atol=1)
        single = {"as": np.float32(0.05), "az": dtype(20), "cs": np.float32(1 / 256), "cz": dtype(0 if t == "uint8" else -128)}
        for op, a in (("QLinearSigmoid", {}), ("QLinearSoftmax", {"axis": -1, "opset": 13})):
            yield named(f"{op}_{t}", node(op, {"a": whole(dtype, 2, 6)}, 17, a, ["a", "as", "az", "cs", "cz"], 1, single, [kind], MS), atol=1)
        single |= {"cs": np.float32(0.06)}
        for op, a in (("QLinearLeakyRelu", {"alpha": 0.1}), ("QLinearGlobalAveragePool", {"channels_last": 0}),
                      ("QLinearAveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]})):
            yield named(f"{op}_{t}", node(op, {"a": whole(dtype, 2, 3, 4, 4)}, 17, a, ["a", "as", "az", "cs", "cz"], 1, single, [kind], MS), atol=1)
        parts = {"cs": np.float32(0.05), "cz": dtype(10)} | {k: pair[k] for k in ("as", "az", "bs", "bz")}
        yield named(f"QLinearConcat_{t}", node("QLinearConcat", {"a": whole(dtype, 2, 3), "b": whole(dtype, 2, 4)}, 17, {"axis": 1},
                    ["cs", "cz", "a", "as", "az", "b", "bs", "bz"], 1, parts, [kind], MS), atol=1)
        gemm = {"w": whole(dtype, 4, 5), "as": np.float32(0.02), "az": dtype(9), "ws": np.abs(floats(r, 5)) / 50, "wz": whole(dtype, 5), "c": r.integers(-900, 900, 5).astype(np.int32),
                "ys": np.float32(0.1), "yz": dtype(7)}
        names = ["a", "as", "az", "w", "ws", "wz", "c"]
        for alpha in (1.0, 0.5):
            yield named(f"QGemm_{t}_{alpha}", node("QGemm", {"a": whole(dtype, 3, 4)}, 17, {"alpha": alpha}, names, 1, gemm, [FLOAT], MS), rtol=1e-4, atol=1e-4)
        yield named(f"QGemm_{t}_whole", node("QGemm", {"a": whole(dtype, 3, 4)}, 17, {}, names + ["ys", "yz"], 1, gemm, [kind], MS), atol=1)
        yield named(f"DequantizeLinear_{t}", node("DequantizeLinear", {"a": whole(dtype, 3, 4)}, 17, {"axis": 1}, ["a", "s", "z"], 1,
                    {"s": np.abs(floats(r, 4)), "z": whole(dtype, 4)}, [FLOAT], MS))
        yield named(f"QuantizeLinear_{t}", node("QuantizeLinear", {"a": floats(r, 3, 4) * 9}, 17, {"axis": 0}, ["a", "s", "z"], 1,
                    {"s": np.abs(floats(r, 3)) + 0.1, "z": whole(dtype, 3)}, [kind], MS))
    w = {"w": whole(np.uint8, 4, 5), "ws": np.abs(floats(r, 5)) / 50, "wz": whole(np.uint8, 5), "bias": floats(r, 5), "as": np.float32(0.02), "az": np.uint8(11)}
    yield named("DynamicQuantizeMatMul", node("DynamicQuantizeMatMul", {"a": floats(r, 3, 4)}, 17, {}, ["a", "w", "ws", "wz", "bias"], 1, w, [FLOAT], MS), rtol=1e-4, atol=1e-4)
    yield named("MatMulIntegerToFloat", node("MatMulIntegerToFloat", {"a": whole(np.uint8, 3, 4)}, 17, {}, ["a", "w", "as", "ws", "az", "wz", "bias"], 1, w, [FLOAT], MS), rtol=1e-4, atol=1e-4)
    yield named("ExpandDims", node("ExpandDims", {"a": floats(r, 3, 4)}, 17, {}, ["a", "x"], 1, {"x": np.int32(1)}, domain=MS))
    yield named("Trilu", node("Trilu", {"a": floats(r, 3, 4)}, 17, {"upper": 0}, domain=MS))
    yield from layouts(r, whole)


def layouts(r, whole):
    """What the layout optimiser and the quantiser of embeddings leave."""
    single = {"as": np.float32(0.05), "az": np.uint8(20), "cs": np.float32(0.06), "cz": np.uint8(9)}
    names, last = ["a", "as", "az", "cs", "cz"], {"channels_last": 1}
    a = whole(np.uint8, 2, 5, 4, 3)
    for op, more in (("QLinearGlobalAveragePool", {}), ("QLinearAveragePool", {"kernel_shape": [2, 3], "strides": [2, 1], "pads": [1, 0, 0, 1]})):
        yield named(f"{op}_last", node(op, {"a": a}, 17, last | more, names, 1, single, [U8], MS), atol=1)
    for dtype, kind in ((np.uint8, U8), (np.int8, I8)):
        yield named(f"NhwcMaxPool_{np.dtype(dtype).name}", node("NhwcMaxPool", {"a": whole(dtype, 2, 5, 4, 3)}, 17, {"kernel_shape": [2, 2], "strides": [2, 1], "pads": [0, 1, 1, 0]},
                    ["a"], 1, {}, [kind], MS))
        conv = {"as": np.float32(0.02), "az": dtype(5), "w": whole(np.int8, 4, 3, 2, 3), "ws": np.abs(floats(r, 4)) / 50, "wz": np.zeros(4, np.int8), "cs": np.float32(0.5), "cz": dtype(30),
                "c": r.integers(-900, 900, 4).astype(np.int32)}
        yield named(f"QLinearConv_last_{np.dtype(dtype).name}", node("QLinearConv", {"a": whole(dtype, 2, 5, 4, 3)}, 17, last | {"strides": [2, 1], "pads": [1, 1, 0, 1]},
                    ["a", "as", "az", "w", "ws", "wz", "cs", "cz", "c"], 1, conv, [kind], MS), atol=1)
        pair = {"as": np.float32(0.03), "az": dtype(3), "b": whole(dtype, 3, 1), "bs": np.float32(0.02), "bz": dtype(100), "cs": np.float32(0.04), "cz": dtype(60)}
        where = {"i": r.integers(0, 2, (2, 3, 4)).astype(bool), "a": whole(dtype, 2, 3, 4)}
        yield named(f"QLinearWhere_{np.dtype(dtype).name}", node("QLinearWhere", where, 17, {}, ["i", "a", "as", "az", "b", "bs", "bz", "cs", "cz"], 1, pair, [kind], MS), atol=1)
    ids, segments = r.integers(0, 11, (2, 5)).astype(np.int32), r.integers(0, 2, (2, 5)).astype(np.int32)
    mask = (np.arange(5) < np.array([[5], [3]])).astype(np.int32)
    tables = {"w": whole(np.uint8, 11, 8), "p": whole(np.uint8, 7, 8), "k": whole(np.uint8, 2, 8), "g": whole(np.uint8, 8), "b": whole(np.uint8, 8)}
    parts = list(tables)
    tables |= {f"{k}s": np.float32(0.01 + i / 100) for i, k in enumerate(parts)} | {f"{k}z": np.uint8(100 + 7 * i) for i, k in enumerate(parts)}
    rest = [f"{k}s" for k in parts] + [f"{k}z" for k in parts]
    yield named("QEmbedLayerNormalization", node("QEmbedLayerNormalization", {"i": ids, "s": segments, "m": mask}, 17, {"epsilon": 1e-6},
                ["i", "s", *parts, "m", *rest], 2, tables, [FLOAT, I32], MS), rtol=1e-4, atol=1e-5)
    for bits in (4, 8):
        rows, size = 6, 16
        table = {"t": whole(np.uint8, rows, 40 * bits // 8), "s": np.abs(floats(r, rows, 3)) / 9, "z": whole(np.uint8, rows, 3 if bits == 8 else 2)}
        at = {"i": np.array([[5, 0, 1], [2, 2, -1]], np.int64)}
        for names in (["t", "i", "s"], ["t", "i", "s", "z"]):
            yield named(f"GatherBlockQuantized_{bits}_{len(names)}", node("GatherBlockQuantized", at, 21, {"bits": bits, "block_size": size, "quantize_axis": 1, "gather_axis": 0}, names, 1,
                        table, [FLOAT], MS), atol=1e-5)
