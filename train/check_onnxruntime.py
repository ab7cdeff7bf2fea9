"""Runs the networks that this package's tests trained in ONNX Runtime and compares their outputs.

    STRATASCOPE_TRAINED=FOLDER go test ./train -run Patch
    python train/check_onnxruntime.py FOLDER

Made for onnx 1.23.2 and onnxruntime 1.32.0.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort


def compare(path):
    onnx.checker.check_model(str(path), full_check=True)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    got = session.run(None, {name: np.load(path.with_suffix(".input.npy"))})[0].ravel()
    want = np.load(path.with_suffix(".logits.npy"))
    return np.abs(got - want).max() / max(1.0, np.abs(want).max())


paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
worst = 0.0
for p in paths:
    far = compare(p)
    worst = max(worst, far)
    print(f"{p.name}: {far:.1e} apart")
if not paths or worst > 1e-5:
    raise SystemExit("no networks" if not paths else "ONNX Runtime's outputs differ")
