"""Runs the gradients that the tests of this package wrote in ONNX Runtime and compares.

    STRATASCOPE_GRADIENTS=FOLDER go test ./graph/grad
    python graph/grad/check_onnxruntime.py FOLDER

Made for onnxruntime 1.32.0, which does not run Mod by the divisor's sign on floats; it
takes the size after rounding for align_corners where the native engine takes that before, as ONNX's
reference does, it does not scatter nothing (empty slices), and the dots of an Einsum stand for as many axes in
each operand there. Operators that it does not have are counted.
"""

import collections
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort


def compare(path):
    model = onnx.load(path)
    onnx.checker.check_model(model)
    want = {t.name[5:]: onnx.numpy_helper.to_array(t) for t in model.graph.initializer if t.name.startswith("want ")}
    keep = [t for t in model.graph.initializer if not t.name.startswith("want ")]
    del model.graph.initializer[:]
    model.graph.initializer.extend(keep)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    worst = 0.0
    for name, got in zip(want, session.run(list(want), {})):
        if got.shape != want[name].shape:
            return f"{name} has shape {got.shape}, want {want[name].shape}"
        if got.size:
            worst = max(worst, float(np.abs(got - want[name]).max() / max(1.0, np.abs(want[name]).max())))
    return "" if worst < 2e-4 else f"{worst:.1e} apart"


def main(folder):
    good, missing, bad = 0, collections.Counter(), 0
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        try:
            wrong = compare(path)
        except Exception as e:  # noqa: BLE001
            text = str(e).replace("\n", " ")
            if "NOT_IMPLEMENTED" in text or "is not a registered function" in text:
                missing[text[-90:]] += 1
                continue
            wrong = text[:300]
        if wrong:
            bad += 1
            print(f"{path.name}: {wrong}")
        else:
            good += 1
    for text, n in missing.items():
        print(f"{n} not run: {text}")
    print(f"onnxruntime {ort.__version__}: {good} agree, {bad} do not, {sum(missing.values())} cannot run")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main(sys.argv[1])
