"""Lets onnx.checker (onnx 1.23.2) judge the files that the package wrote, and writes down its verdict and
what onnx reads from them: python verify.py > verified.txt"""

import hashlib
import pathlib

import onnx
from onnx import numpy_helper

here = pathlib.Path(__file__).parent


def accepted(name):
    print(name, hashlib.sha256((here / name).read_bytes()).hexdigest(), "accepted by onnx", onnx.__version__)


for name in ["written.onnx", "beside.onnx"]:
    onnx.checker.check_model(str(here / name), full_check=True)
    accepted(name)
    for t in onnx.load(here / name).graph.initializer:
        a = numpy_helper.to_array(t)
        print(" ", t.name, a.dtype, list(a.shape), a.tolist())
accepted("beside.onnx.data")
