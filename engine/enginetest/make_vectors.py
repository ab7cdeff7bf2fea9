"""Writes the node test vectors of the installed onnx package.

    STRATASCOPE_ONNX_VECTORS=FOLDER python make_vectors.py

One folder per vector, as ONNX's own data is laid out (model.onnx, test_data_set_N/input_N.pb and
output_N.pb), and a file named tolerance with the relative and absolute tolerance of the vector.
Made with onnx 1.23.2 for testdata/passing.txt. Vectors whose inputs or outputs are not plain
tensors are left out and counted.
"""

import os
import pathlib
import sys
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def proto(value, info):
    if isinstance(value, onnx.TensorProto):
        return value
    if not isinstance(value, (np.ndarray, np.generic)) or not info.type.HasField("tensor_type"):
        return None
    return numpy_helper.from_array(np.asarray(value), info.name)


def write(out, case):
    graph = case.model.graph
    sets = []
    for inputs, outputs in case.data_sets:
        files = {}
        for kind, values, infos in (("input", inputs, graph.input), ("output", outputs, graph.output)):
            for i, value in enumerate(values):
                p = proto(value, infos[i])
                if p is None:
                    return False
                files[f"{kind}_{i}.pb"] = p.SerializeToString()
        sets.append(files)
    folder = out / case.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    (folder / "tolerance").write_text(f"{case.rtol} {case.atol}\n")
    for i, files in enumerate(sets):
        data = folder / f"test_data_set_{i}"
        data.mkdir(exist_ok=True)
        for name, content in files.items():
            (data / name).write_bytes(content)
    return True


def main():
    folder = os.environ.get("STRATASCOPE_ONNX_VECTORS")
    if not folder:
        sys.exit("STRATASCOPE_ONNX_VECTORS names no folder to write to")
    warnings.filterwarnings("ignore")
    out = pathlib.Path(folder)
    cases = collect_testcases(None)
    written = sum(write(out, case) for case in cases)
    (out / "version").write_text(f"onnx {onnx.__version__}\n")
    print(f"onnx {onnx.__version__}: {written} of {len(cases)} vectors written")


if __name__ == "__main__":
    main()
