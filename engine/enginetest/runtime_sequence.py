"""Lists of tensors, as PyTorch's exporters write unbind, chunk, split and lists that are stacked."""

import numpy as np
from onnx import helper
from onnx.helper import make_node

from runtime_case import BOOL, FLOAT, INT64, named, of


def cases():
    r = np.random.default_rng(9)
    x = r.standard_normal((2, 6, 4)).astype(np.float32)
    numbers = {"zero": np.int64(0), "one": np.int64(1), "two": np.int64(2), "last": np.int64(-1), "before": np.int64(-2),
               "four": np.int64(4), "sizes": np.array([1, 2, 3], np.int64)}

    def model(name, nodes, outputs, opset=17, feeds=None):
        used = {i for n in nodes for i in n.input}
        return named(f"{name}_{opset}", of(nodes, feeds or {"x": x}, outputs, opset, {k: v for k, v in numbers.items() if k in used}))

    for opset in (11, 13, 18):
        for name, inputs, a in (("rows", ["x"], {"axis": 1, "keepdims": 0}), ("kept", ["x"], {"axis": 1}), ("sizes", ["x", "sizes"], {"axis": 1}),
                                ("chunks", ["x", "four"], {"axis": -2}), ("even", ["x", "two"], {"axis": 1}), ("negative", ["x"], {"axis": -1, "keepdims": 0})):
            nodes = [make_node("SplitToSequence", inputs, ["l"], **a), make_node("SequenceAt", ["l", "one"], ["a"]), make_node("SequenceAt", ["l", "last"], ["b"]),
                     make_node("SequenceLength", ["l"], ["n"])]
            yield model(f"split_{name}", nodes, {"a": FLOAT, "b": FLOAT, "n": INT64}, opset)
        nodes = [make_node("Relu", ["x"], ["p"]), make_node("Neg", ["x"], ["q"]), make_node("SequenceConstruct", ["x", "p", "q"], ["l"]),
                 make_node("SequenceInsert", ["l", "p", "one"], ["l1"]), make_node("SequenceInsert", ["l1", "q", "before"], ["l2"]), make_node("SequenceErase", ["l2", "zero"], ["l3"]),
                 make_node("SequenceErase", ["l3"], ["l4"]), make_node("SequenceInsert", ["l4", "x"], ["l5"])]
        for name, a in (("stack", {"axis": 1, "new_axis": 1}), ("stack_last", {"axis": -1, "new_axis": 1}), ("cat", {"axis": 0}), ("cat_last", {"axis": -1})):
            yield model(f"edit_{name}", nodes + [make_node("ConcatFromSequence", ["l5"], ["y"], **a)], {"y": FLOAT}, opset)
    nodes = [make_node("SequenceEmpty", [], ["e"]), make_node("SequenceInsert", ["e", "x"], ["l"]), make_node("SplitToSequence", ["x"], ["s"], axis=0, keepdims=0),
             make_node("SequenceAt", ["s", "one"], ["r"]), make_node("SequenceAt", ["l", "zero"], ["a"]), make_node("Add", ["a", "r"], ["y"])]
    yield model("empty", nodes, {"y": FLOAT})

    # A list that a loop fills from another, with a state and rows beside it.
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [make_node("SequenceAt", ["s", "i"], ["t"]), make_node("Add", ["h", "t"], ["h2"]), make_node("SequenceInsert", ["l", "h2"], ["l2"]),
         make_node("Neg", ["t"], ["row"]), make_node("Identity", ["goes"], ["on"])], "body",
        [info("i", INT64, []), info("goes", BOOL, []), info("h", FLOAT, None), helper.make_tensor_sequence_value_info("l", FLOAT, None)],
        [info("on", BOOL, []), info("h2", FLOAT, None), helper.make_tensor_sequence_value_info("l2", FLOAT, None), info("row", FLOAT, None)])
    for condition in ("yes", ""):
        for count in ("n", "two"):
            nodes = [make_node("SplitToSequence", ["x"], ["s"], axis=1, keepdims=0), make_node("SequenceLength", ["s"], ["n"]), make_node("SequenceEmpty", [], ["e"]),
                     make_node("SequenceAt", ["s", "zero"], ["first"]), make_node("Constant", [], ["yes"], value=helper.make_tensor("v", BOOL, [], [1])),
                     make_node("Loop", [count, condition, "first", "e"], ["last", "filled", "rows"], body=body),
                     make_node("ConcatFromSequence", ["filled"], ["y"], axis=1, new_axis=1)]
            yield model(f"loop_{condition}_{count}", nodes, {"y": FLOAT, "last": FLOAT, "rows": FLOAT}, 17)
