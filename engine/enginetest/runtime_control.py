"""Loop, Scan and If: what they carry, collect and take from around them."""

import numpy as np
from onnx import helper
from onnx.helper import make_node

from runtime_case import BOOL, FLOAT, INT64, named, of


def info(name, kind, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def cases():
    r = np.random.default_rng(1)
    x = r.standard_normal((3, 4)).astype(np.float32)
    w = (r.standard_normal((4, 4)) / 2).astype(np.float32)
    yes, count = np.array(True), np.array(5, np.int64)

    # A cell: h = tanh(h w + x); each h is collected; the weight is taken from around the loop.
    cell = helper.make_graph(
        [make_node("MatMul", ["h", "w"], ["p"]), make_node("Add", ["p", "x"], ["a"]), make_node("Tanh", ["a"], ["h2"]),
         make_node("Identity", ["goes"], ["goes2"]), make_node("Cast", ["i"], ["f"], to=FLOAT), make_node("Mul", ["h2", "f"], ["row"])],
        "cell", [info("i", INT64, []), info("goes", BOOL, []), info("h", FLOAT, [3, 4])],
        [info("goes2", BOOL, []), info("h2", FLOAT, [3, 4]), info("row", FLOAT, [3, 4])])
    loop = make_node("Loop", ["n", "c", "x"], ["last", "all"], body=cell)
    both = {"last": FLOAT, "all": FLOAT}
    for opset in (8, 11, 13, 16, 19, 21):
        yield named(f"loop_cell_{opset}", of([loop], {"x": x, "n": count, "c": yes}, both, opset, {"w": w}))
    for name, turns in (("none", 0), ("negative", -3), ("one", 1)):
        yield named(f"loop_cell_{name}", of([loop], {"x": x, "n": np.array(turns, np.int64), "c": yes}, both, 16, {"w": w}))
    yield named("loop_not_begun", of([loop], {"x": x, "n": count, "c": np.array(False)}, both, 16, {"w": w}))
    counted = make_node("Loop", ["n", "", "x"], ["last", "all"], body=cell)
    yield named("loop_without_condition", of([counted], {"x": x, "n": count}, both, 16, {"w": w}))

    # Doubles until the sum is above a bound: the condition alone ends it; shapes of what is carried grow.
    grow = helper.make_graph(
        [make_node("Concat", ["v", "v"], ["v2"], axis=0), make_node("ReduceSum", ["v2"], ["s"], keepdims=0), make_node("Less", ["s", "bound"], ["on"])],
        "grow", [info("i", INT64, []), info("goes", BOOL, []), info("v", FLOAT)], [info("on", BOOL, []), info("v2", FLOAT), info("s", FLOAT, [])])
    until = make_node("Loop", ["", "c", "v"], ["last", "sums"], body=grow)
    yield named("loop_until", of([until], {"v": np.array([1, 2, 4], np.float32), "bound": np.float32(100), "c": yes}, {"last": FLOAT, "sums": FLOAT}, 16))

    # Two values that change places, one that nothing changes and one that nothing reads.
    swap = helper.make_graph(
        [make_node("Identity", ["a"], ["a2"]), make_node("Add", ["b", "one"], ["b2"]), make_node("Identity", ["goes"], ["on"])],
        "swap", [info("i", INT64, []), info("goes", BOOL, []), info("a", FLOAT, [2]), info("b", FLOAT, [2]), info("k", FLOAT, [2]), info("u", FLOAT, [2])],
        [info("on", BOOL, []), info("b2", FLOAT, [2]), info("a2", FLOAT, [2]), info("k", FLOAT, [2]), info("a2", FLOAT, [2])])
    node = make_node("Loop", ["n", "", "a", "b", "k", "u"], ["p", "q", "r", "s"], body=swap)
    pairs = {k: np.array(v, np.float32) for k, v in {"a": [1, 2], "b": [3, 4], "k": [5, 6], "u": [7, 8]}.items()}
    yield named("loop_swap", of([node], pairs | {"n": np.array(4, np.int64)}, dict.fromkeys("pqrs", FLOAT), 16, {"one": np.float32(1)}))

    # A loop within a loop, and a condition within that: the inner one reads the outer one's counter.
    then = helper.make_graph([make_node("Add", ["t", "i_f"], ["t_then"])], "then", [], [info("t_then", FLOAT, [3, 4])])
    other = helper.make_graph([make_node("Sub", ["t", "x"], ["t_else"])], "else", [], [info("t_else", FLOAT, [3, 4])])
    inner = helper.make_graph(
        [make_node("Mod", ["j", "two"], ["odd"]), make_node("Cast", ["odd"], ["is"], to=BOOL),
         make_node("If", ["is"], ["t2"], then_branch=then, else_branch=other), make_node("Identity", ["goes_j"], ["on_j"])],
        "inner", [info("j", INT64, []), info("goes_j", BOOL, []), info("t", FLOAT, [3, 4])], [info("on_j", BOOL, []), info("t2", FLOAT, [3, 4])])
    outer = helper.make_graph(
        [make_node("Cast", ["i"], ["i_f"], to=FLOAT), make_node("Loop", ["i", "", "s"], ["s2"], body=inner), make_node("Identity", ["goes_i"], ["on_i"])],
        "outer", [info("i", INT64, []), info("goes_i", BOOL, []), info("s", FLOAT, [3, 4])], [info("on_i", BOOL, []), info("s2", FLOAT, [3, 4])])
    nested = [make_node("Loop", ["n", "", "x"], ["y"], body=outer)]
    yield named("loop_in_loop", of(nested, {"x": x, "n": count}, {"y": FLOAT}, 16, {"two": np.int64(2)}))

    # Scan: a state and two inputs along different axes, backwards, collected on different axes.
    step = helper.make_graph(
        [make_node("Add", ["s", "p"], ["t"]), make_node("Mul", ["t", "q"], ["s2"]), make_node("Identity", ["t"], ["row"])],
        "step", [info("s", FLOAT, [3]), info("p", FLOAT, [3]), info("q", FLOAT, [3])], [info("s2", FLOAT, [3]), info("row", FLOAT, [3]), info("t", FLOAT, [3])])
    s, p, q = (r.standard_normal(n).astype(np.float32) for n in (3, (5, 3), (3, 5)))
    for name, a in (("plain", {"scan_input_axes": [0, 1]}),
                    ("backwards", {"scan_input_axes": [0, -1], "scan_input_directions": [1, 0]}),
                    ("outputs", {"scan_input_axes": [0, 1], "scan_output_axes": [1, -1], "scan_output_directions": [0, 1]})):
        node = make_node("Scan", ["s", "p", "q"], ["last", "rows", "more"], body=step, num_scan_inputs=2, **a)
        for opset in (9, 11, 16):
            yield named(f"scan_{name}_{opset}", of([node], {"s": s, "p": p, "q": q}, dict.fromkeys(("last", "rows", "more"), FLOAT), opset))
    node = make_node("Scan", ["", "s", "p"], ["last", "rows"], body=helper.make_graph(
        [make_node("Add", ["s", "p"], ["s2"]), make_node("Identity", ["s2"], ["row"])], "sum",
        [info("s", FLOAT, [3]), info("p", FLOAT, [3])], [info("s2", FLOAT, [3]), info("row", FLOAT, [3])]), num_scan_inputs=1)
    batch = {"s": r.standard_normal((2, 3)).astype(np.float32), "p": r.standard_normal((2, 4, 3)).astype(np.float32)}
    yield named("scan_batch_8", of([node], batch, {"last": FLOAT, "rows": FLOAT}, 8))
    node.input[0] = "n"
    lengths = {"n": np.array([3, 4], np.int64)}
    yield named("scan_batch_lengths_8", of([node], lengths | batch, {"last": FLOAT, "rows": FLOAT}, 8))
    node.attribute.append(helper.make_attribute("directions", [1]))
    yield named("scan_batch_lengths_backwards_8", of([node], {"n": np.array([4, 1], np.int64)} | batch, {"last": FLOAT, "rows": FLOAT}, 8))

    # Both branches of an If, which give what lies around them.
    then = helper.make_graph([make_node("Relu", ["x"], ["pos"])], "then", [], [info("pos", FLOAT, [3, 4])])
    other = helper.make_graph([make_node("Identity", ["x"], ["same"])], "else", [], [info("same", FLOAT, [3, 4])])
    for c in (True, False):
        yield named(f"if_{c}", of([make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)], {"x": x, "c": np.array(c)}, {"y": FLOAT}, 13))
