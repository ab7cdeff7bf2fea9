"""Writes testdata/runtime/*.zip: small models with what ONNX Runtime calculates.

    python make_runtime.py [FAMILY ...]

For what the vectors of the onnx package leave out: control flow, operators of com.microsoft, each meaning an
operator has had since opset 7. Made with onnx 1.23.2 and onnxruntime 1.32.0, without optimisation, so that each
operator runs as it stands. An archive holds a folder per model, laid out as ONNX's own data is; sizes and seeds
are fixed, so that the same versions write the same values.
"""

import pathlib
import sys
import zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import runtime_control
import runtime_microsoft

FAMILIES = {"control": runtime_control.cases, "microsoft": runtime_microsoft.cases}




def save(archive, name, content):
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def write(path, cases):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    refused = []
    with zipfile.ZipFile(path, "w") as archive:
        count = 0
        for case in cases:
            model, ran = case.model.SerializeToString(), case.reference or case
            try:
                session = onnxruntime.InferenceSession(ran.model.SerializeToString(), options, providers=["CPUExecutionProvider"])
                outputs = session.run(None, {k: np.asarray(v) for k, v in ran.feeds.items()})
            except Exception as e:  # which of its many kinds does not matter
                refused.append(f"{case.name}: {str(e).splitlines()[0]}")
                continue
            save(archive, f"{case.name}/model.onnx", model)
            save(archive, f"{case.name}/tolerance", f"{case.rtol} {case.atol}\n")
            for i, v in enumerate(case.model.graph.input):
                if v.name in case.feeds:
                    t = numpy_helper.from_array(np.asarray(case.feeds[v.name]), v.name)
                    save(archive, f"{case.name}/test_data_set_0/input_{i}.pb", t.SerializeToString())
            for i, v in enumerate(outputs):
                t = numpy_helper.from_array(np.asarray(v), case.model.graph.output[i].name)
                save(archive, f"{case.name}/test_data_set_0/output_{i}.pb", t.SerializeToString())
            count += 1
    print(f"{path.name}: {count} models, {path.stat().st_size} bytes")
    for line in refused:
        print("  refused by ONNX Runtime:", line)


def main():
    out = pathlib.Path(__file__).parent / "testdata" / "runtime"
    out.mkdir(parents=True, exist_ok=True)
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    for family in sys.argv[1:] or FAMILIES:
        write(out / f"{family}.zip", FAMILIES[family]())


if __name__ == "__main__":
    main()
