"""Every intermediate value of an ONNX file, as ONNX Runtime computes it with its optimiser off."""

import numpy as np
import onnx
import onnxruntime as ort

ORT_FLOATS = {"tensor(float)", "tensor(double)", "tensor(float16)", "tensor(bfloat16)"}


def session(path, outputs=True):
    """Opens a model with every node's output made an output of the graph."""
    model = onnx.load(path)
    if outputs:
        have = {o.name for o in model.graph.output}
        for node in model.graph.node:
            for name in node.output:
                if name and name not in have:
                    have.add(name)
                    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def values(path, feeds, least=1):
    """Returns the float values by name, those with at least so many elements, widened to float32."""
    s = session(path)
    wanted = [o.name for o in s.get_outputs() if o.type in ORT_FLOATS]
    got = dict(zip(wanted, s.run(wanted, feeds)))
    out = {}
    for name, value in got.items():
        if value.size < least:
            continue
        out[name] = value if value.dtype == np.float64 else value.astype(np.float32)
    return out


def save(path, arrays, level=9):
    """Writes an npz whose bytes depend on the arrays alone (np.savez stores the time)."""
    import io
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as z:
        for name, value in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asanyarray(value), allow_pickle=False)
            z.writestr(zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED)
