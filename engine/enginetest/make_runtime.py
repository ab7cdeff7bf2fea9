"""Writes testdata/runtime/*.tar.gz: small models with what ONNX Runtime calculates.

    python make_runtime.py [FAMILY ...]

For what the vectors of the onnx package leave out: control flow, operators of com.microsoft, each meaning an
operator has had since opset 7. Made with onnx 1.23.2 and onnxruntime 1.32.0, without optimisation, so that each
operator runs as it stands. An archive holds a folder per model, laid out as ONNX's own data is; sizes and seeds
are fixed, so that the same versions write the same values.
"""

import gzip
import io
import pathlib
import sys
import tarfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import runtime_classic
import runtime_control
import runtime_microsoft
import runtime_optimised
import runtime_sequence
import runtime_versions

FAMILIES = {m.__name__.removeprefix("runtime_"): m.cases for m in (
    runtime_classic, runtime_control, runtime_microsoft, runtime_optimised, runtime_sequence, runtime_versions)}


def save(archive, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def run(case, options):
    """What ONNX Runtime calculates for a case."""
    session = onnxruntime.InferenceSession(case.model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {k: np.asarray(v) for k, v in case.feeds.items()})


def fill(archive, cases):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    names, refused = set(), []
    for case in cases:
        if case.name in names:
            sys.exit(f"two cases are named {case.name}")
        names.add(case.name)
        try:
            outputs = run(case.reference or case, options)
        except Exception as e:  # which of its many kinds does not matter
            refused.append(f"{case.name}: {str(e).splitlines()[0]}")
            continue
        save(archive, f"{case.name}/model.onnx", case.model.SerializeToString())
        save(archive, f"{case.name}/tolerance", f"{case.rtol} {case.atol}\n".encode())
        tensors = [(f"input_{i}", case.feeds[v.name], v.name) for i, v in enumerate(case.model.graph.input) if v.name in case.feeds]
        tensors += [(f"output_{i}", v, case.model.graph.output[i].name) for i, v in enumerate(outputs)]
        for file, v, name in tensors:
            save(archive, f"{case.name}/test_data_set_0/{file}.pb", numpy_helper.from_array(np.asarray(v), name).SerializeToString())
    return len(names) - len(refused), refused


def main():
    out = pathlib.Path(__file__).parent / "testdata" / "runtime"
    out.mkdir(parents=True, exist_ok=True)
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    for family in sys.argv[1:] or FAMILIES:
        path = out / f"{family}.tar.gz"
        with gzip.GzipFile(path, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            count, refused = fill(archive, FAMILIES[family]())
        print(f"{path.name}: {count} models, {path.stat().st_size} bytes")
        for line in refused:
            print("  refused by ONNX Runtime:", line)


if __name__ == "__main__":
    main()
