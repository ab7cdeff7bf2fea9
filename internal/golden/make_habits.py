"""One small ONNX file for each habit of exporters, with ONNX Runtime's output.

Files of one group (the name before the dot: gemm, norm, ...) hold the same network written in
different ways: the same input must give the same layers and, up to rounding, the same output.

    python make_habits.py
"""

import pathlib

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import convert_model_to_external_data

import record

OUT = pathlib.Path(__file__).parent / "testdata" / "habits"
RNG = np.random.default_rng(1)


def weights(*shape):
    return (RNG.standard_normal(shape) * 0.5).astype(np.float32)


W1, B1, W2, B2 = weights(6, 4), weights(6), weights(3, 6), weights(3)
K1, C1, K2, C2 = weights(4, 2, 3, 3), weights(4), weights(3, 4, 3, 3), weights(3)
SCALE, SHIFT, MEAN, VARIANCE = 1 + weights(4) / 4, weights(4), weights(4), np.exp(weights(4)).astype(np.float32)
HEAD, HEADB = weights(5, 48), weights(5)
LOGITS = {"gemm": 3, "reshape": 5, "norm": 4, "float16": 3, "bfloat16": 3}
ROWS = RNG.standard_normal((3, 4)).astype(np.float32)
MAPS = RNG.standard_normal((2, 2, 4, 4)).astype(np.float32)


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), [output], name=output + "_node", **attributes)


def init(**arrays):
    """Initialisers; a double underscore in a keyword stands for the dot of a framework's name."""
    return [numpy_helper.from_array(np.asarray(v), k.replace("__", ".")) for k, v in arrays.items()]


def constant(output, value):
    return helper.make_node("Constant", [], [output], name=output + "_node", value=numpy_helper.from_array(np.asarray(value), output))


def save(name, nodes, initializers, x, opset=20, batch="batch", functions=(), domains=(), external=False, kind=TensorProto.FLOAT):
    shape = [batch if isinstance(batch, int) else "batch", *x.shape[1:]]
    graph = helper.make_graph(
        nodes, name.split(".")[0],
        [helper.make_tensor_value_info("input", kind, shape)],
        [helper.make_tensor_value_info("logits", kind, [shape[0], LOGITS[name.split(".")[0]]])],
        initializers,
    )  # fmt: skip
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    model = helper.make_model(graph, opset_imports=imports, functions=functions, producer_name="stratascope fixtures", ir_version=8)
    path = OUT / f"{name}.onnx"
    if external:
        data = path.name + ".data"
        (OUT / data).unlink(missing_ok=True)
        convert_model_to_external_data(model, location=data, size_threshold=0)
        onnx.save(model, str(path))
    else:
        path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(str(path), full_check=True)
    if isinstance(batch, int):
        x = x[:batch]
    feeds = {"input": x}
    try:
        session = record.session(str(path), outputs=False)
    except Exception as e:  # types ONNX Runtime has no kernel for
        print(f"{name}: no ONNX Runtime values: {str(e)[:110]}")
        return None
    out = session.run(["logits"], feeds)[0]
    record.save(OUT / f"{name}.npz", {"input": x.astype(np.float32), "logits": out.astype(np.float32)})
    print(f"{name}: {len(nodes)} nodes, output {out.shape}")
    return out.astype(np.float32)


def mlp(first, second):
    """Two linear layers; first and second are (nodes, initialisers) that make a from input and logits from r."""
    return first[0] + [node("Relu", "a", "r")] + second[0], first[1] + second[1]


def gemms(a="fc1.weight fc1.bias", b="fc2.weight fc2.bias"):
    return (
        [node("Gemm", "input " + a, "a", transB=1), node("Relu", "a", "r"), node("Gemm", "r " + b, "logits", transB=1)],
        init(fc1__weight=W1, fc1__bias=B1, fc2__weight=W2, fc2__bias=B2),
    )


def linear():
    """One perceptron, four ways to write a linear layer, five places for its weights."""
    nodes, values = gemms()
    outs = {"gemm.plain": save("gemm.plain", nodes, values, ROWS)}
    split = init(fc1__weightT=W1.T.copy(), fc1__bias=B1, fc2__weightT=W2.T.copy(), fc2__bias=B2)
    outs["gemm.matmul-add"] = save(
        "gemm.matmul-add",
        [
            node("MatMul", "input fc1.weightT", "p"), node("Add", "p fc1.bias", "a"), node("Relu", "a", "r"),
            node("MatMul", "r fc2.weightT", "q"), node("Add", "fc2.bias q", "logits"),
        ],
        split, ROWS,
    )  # fmt: skip
    outs["gemm.transpose"] = save(
        "gemm.transpose",
        [
            node("Transpose", "fc1.weight", "w1t", perm=[1, 0]), node("MatMul", "input w1t", "p"), node("Add", "p fc1.bias", "a"),
            node("Relu", "a", "r"), node("Transpose", "fc2.weight", "w2t", perm=[1, 0]), node("MatMul", "r w2t", "q"),
            node("Add", "q fc2.bias", "logits"),
        ],
        values, ROWS,
    )  # fmt: skip
    ones = init(fc1__weight=W1[:, :, None, None], fc1__bias=B1, fc2__weight=W2[:, :, None, None], fc2__bias=B2)
    outs["gemm.conv1x1"] = save(
        "gemm.conv1x1",
        [
            constant("to4d", np.array([0, 4, 1, 1])), node("Reshape", "input to4d", "x4"),
            node("Conv", "x4 fc1.weight fc1.bias", "a", kernel_shape=[1, 1]), node("Relu", "a", "r"),
            node("Conv", "r fc2.weight fc2.bias", "z", kernel_shape=[1, 1]), node("Flatten", "z", "logits", axis=1),
        ],
        ones, ROWS,
    )  # fmt: skip
    behind = [node("Identity", "stored.w", "fc1.weight"), node("Identity", "stored.b", "fc1.bias")]
    rest = init(fc2__weight=W2, fc2__bias=B2)
    outs["gemm.identity"] = save("gemm.identity", behind + nodes, init(stored__w=W1, stored__b=B1) + rest, ROWS)
    twice = [node("Identity", "stored.w", "half"), node("Identity", "half", "fc1.weight"), node("Identity", "stored.b", "fc1.bias")]
    outs["gemm.identity-chain"] = save("gemm.identity-chain", twice + nodes, init(stored__w=W1, stored__b=B1) + rest, ROWS)
    stored = [constant("fc1.weight", W1), constant("fc1.bias", B1), constant("fc2.weight", W2), constant("fc2.bias", B2)]
    outs["gemm.constant"] = save("gemm.constant", stored + nodes, [], ROWS)
    outs["gemm.external"] = save("gemm.external", nodes, values, ROWS, external=True)
    outs["gemm.opset7"] = save("gemm.opset7", nodes, values, ROWS, opset=7)
    outs["gemm.function"] = functions(nodes, values)
    outs["gemm.if"] = constant_if(nodes, values)
    return outs


def functions(nodes, values):
    """Linear and a block of it as model-local functions, one calling the other."""
    opset = [helper.make_opsetid("", 20)]
    line = helper.make_function(
        "fixtures", "Linear", ["x", "w", "b"], ["y"],
        [
            helper.make_node("Transpose", ["w"], ["wt"], perm=[1, 0]),
            helper.make_node("MatMul", ["x", "wt"], ["xw"]),
            helper.make_node("Add", ["xw", "b"], ["y"]),
        ],
        opset,
    )  # fmt: skip
    block = helper.make_function(
        "fixtures", "Block", ["x", "w", "b"], ["y"],
        [helper.make_node("Linear", ["x", "w", "b"], ["z"], domain="fixtures"), helper.make_node("Relu", ["z"], ["y"])],
        opset + [helper.make_opsetid("fixtures", 1)],
    )  # fmt: skip
    calls = [
        helper.make_node("Block", ["input", "fc1.weight", "fc1.bias"], ["r"], "block1", domain="fixtures"),
        helper.make_node("Linear", ["r", "fc2.weight", "fc2.bias"], ["logits"], "head", domain="fixtures"),
    ]
    return save("gemm.function", calls, values, ROWS, functions=[line, block], domains=["fixtures"])


def constant_if(nodes, values):
    """An If whose condition is a constant; the other branch would need another number of units."""
    out = helper.make_tensor_value_info
    then = helper.make_graph([node("Gemm", "r fc2.weight fc2.bias", "t", transB=1)], "then", [], [out("t", TensorProto.FLOAT, None)])
    other = helper.make_graph([node("Neg", "r", "e")], "else", [], [out("e", TensorProto.FLOAT, None)])
    choice = helper.make_node("If", ["yes"], ["logits"], "choice", then_branch=then, else_branch=other)
    return save("gemm.if", nodes[:2] + [constant("yes", np.array(True)), choice], values, ROWS)


def images():
    """A small convolutional network; four ways to write the reshape, BatchNorm kept and folded."""
    conv = [node("Conv", "input conv1.weight conv1.bias", "c1", kernel_shape=[3, 3], pads=[1] * 4), node("Relu", "c1", "r1")]
    last = [node("Conv", "r1 conv2.weight conv2.bias", "c2", kernel_shape=[3, 3], pads=[1] * 4), node("Relu", "c2", "r2")]
    head = node("Gemm", "flat fc.weight fc.bias", "logits", transB=1)
    values = init(conv1__weight=K1, conv1__bias=C1, conv2__weight=K2, conv2__bias=C2, fc__weight=HEAD, fc__bias=HEADB)
    computed = [
        node("Shape", "r2", "s"), constant("first", np.array(0)), node("Gather", "s first", "n", axis=0), constant("axes", np.array([0])),
        node("Unsqueeze", "n axes", "n1"), constant("rest", np.array([-1])), helper.make_node("Concat", ["n1", "rest"], ["to"], "to_node", axis=0),
        node("Reshape", "r2 to", "flat"),
    ]  # fmt: skip
    outs = {}
    outs["reshape.flatten"] = save("reshape.flatten", conv + last + [node("Flatten", "r2", "flat", axis=1), head], values, MAPS)
    outs["reshape.computed"] = save("reshape.computed", conv + last + computed + [head], values, MAPS)
    baked = [constant("to", np.array([1, 48])), node("Reshape", "r2 to", "flat")]
    save("reshape.batch1", conv + last + baked + [head], values, MAPS, batch=1)
    save("reshape.batch1-open", conv + last + [constant("to", np.array([1, -1])), node("Reshape", "r2 to", "flat"), head], values, MAPS, batch=1)
    unbiased = [v for v in values if v.name != "conv1.bias"] + init(conv1__bias=C1[:, None, None])
    outs["reshape.conv-add"] = save(
        "reshape.conv-add",
        [
            node("Conv", "input conv1.weight", "c0", kernel_shape=[3, 3], pads=[1] * 4), node("Add", "c0 conv1.bias", "c1"), node("Relu", "c1", "r1"),
            *last, node("Flatten", "r2", "flat", axis=1), head,
        ],
        unbiased, MAPS,
    )  # fmt: skip
    return outs


def norms():
    """BatchNorm kept, folded, and written as Mul and Add; pooling and a head after it."""
    factor = SCALE / np.sqrt(VARIANCE + np.float32(1e-5))
    tail = [node("Relu", "n", "r"), node("GlobalAveragePool", "r", "g"), node("Flatten", "g", "logits", axis=1)]
    conv = dict(kernel_shape=[3, 3], pads=[1] * 4)
    outs = {}
    outs["norm.kept"] = save(
        "norm.kept",
        [node("Conv", "input conv1.weight", "c", **conv), node("BatchNormalization", "c bn1.weight bn1.bias bn1.running_mean bn1.running_var", "n"), *tail],
        init(conv1__weight=K1, bn1__weight=SCALE, bn1__bias=SHIFT, bn1__running_mean=MEAN, bn1__running_var=VARIANCE), MAPS,
    )  # fmt: skip
    outs["norm.folded"] = save(
        "norm.folded", [node("Conv", "input conv1.weight conv1.bias", "n", **conv), *tail],
        init(conv1__weight=K1 * factor[:, None, None, None], conv1__bias=SHIFT - MEAN * factor), MAPS,
    )  # fmt: skip
    outs["norm.mul-add"] = save(
        "norm.mul-add",
        [node("Conv", "input conv1.weight", "c", **conv), node("Mul", "c bn1.factor", "m"), node("Add", "m bn1.offset", "n"), *tail],
        init(conv1__weight=K1, bn1__factor=factor[:, None, None], bn1__offset=(SHIFT - MEAN * factor)[:, None, None]), MAPS,
    )  # fmt: skip
    return outs


def narrow():
    """Half-precision weights: cast to float32 in the graph, and the whole network in float16."""
    nodes, _ = gemms()
    cast = [node("Cast", n + ".stored", n, to=TensorProto.FLOAT) for n in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")]
    for name, kind in (("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16)):
        stored = init(
            fc1__weight__stored=W1.astype(kind), fc1__bias__stored=B1.astype(kind),
            fc2__weight__stored=W2.astype(kind), fc2__bias__stored=B2.astype(kind),
        )  # fmt: skip
        save(f"{name}.cast", cast + nodes, stored, ROWS)
    half = init(fc1__weight=W1.astype(np.float16), fc1__bias=B1.astype(np.float16), fc2__weight=W2.astype(np.float16), fc2__bias=B2.astype(np.float16))
    save("float16.whole", nodes, half, ROWS.astype(np.float16), kind=TensorProto.FLOAT16)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for outs in (linear(), images(), norms()):
        first = next(iter(outs))
        for name, out in outs.items():
            error = np.abs(out - outs[first]).max()
            if error > 2e-6:
                raise SystemExit(f"{name} differs from {first} by {error}")
    narrow()


if __name__ == "__main__":
    main()
