"""Lets onnx.checker (onnx 1.23.2) judge written.onnx, which the package wrote, and writes down its verdict
and what onnx reads from the file: python verify.py > verified.txt"""

import hashlib
import pathlib

import onnx
from onnx import numpy_helper

path = pathlib.Path(__file__).parent / "written.onnx"
onnx.checker.check_model(str(path), full_check=True)
model = onnx.load(path)
print(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), "accepted by onnx", onnx.__version__)
for t in model.graph.initializer:
    a = numpy_helper.to_array(t)
    print(t.name, a.dtype, list(a.shape), a.tolist())
