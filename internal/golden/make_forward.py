"""Forward-agreement fixtures: PyTorch's two exporters, ONNX Runtime's values.

For every network: NAME-old.onnx and NAME-new.onnx (BatchNorm folded by both exporters),
NAME-old-bn.onnx where there is BatchNorm to keep (training=PRESERVE, no constant folding),
NAME.input.npz, and beside every model NAME-KIND.values.npz with all its float values
(the logits alone for the fixed batch and the older opsets).

    python make_forward.py [NAME...]
"""

import pathlib
import re
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch

import networks
import record

OUT = pathlib.Path(__file__).parent / "testdata" / "forward"
warnings.filterwarnings("ignore")


def images(channels, size, batch=2):
    return torch.randn(batch, channels, size, size)


CASES = {
    "perceptron": (networks.Perceptron, lambda: torch.randn(3, 20)),
    "lenet": (networks.LeNet, lambda: images(1, 28)),
    "resnet18": (networks.ResNet, lambda: images(3, 8)),
    "mobilenet": (networks.MobileNet, lambda: images(3, 12)),
    "vit": (lambda: networks.ViT(size=12, dim=18), lambda: images(3, 12)),
    "gpt": (lambda: networks.GPT(tied=True, length=6, dim=16), lambda: torch.randint(0, 50, (2, 6))),
    "gptmask": (lambda: networks.GPT(tied=False, length=6, dim=16), lambda: torch.randint(0, 50, (2, 6))),
    "encoder": (networks.Encoder, lambda: torch.randn(2, 5, 6)),
}
FIXED = {"lenet", "vit"}  # also exported with the batch fixed to 1
OLDER = {"lenet": 9, "resnet18": 11, "vit": 14, "mobilenet": 13}  # also exported for an older opset


def unsettle(model, sample):
    """Moves every affine and every running statistic off its initial value, as training does."""
    for m in model.modules():
        if isinstance(m, (torch.nn.BatchNorm2d, torch.nn.LayerNorm)):
            torch.nn.init.uniform_(m.weight, 0.5, 1.5)
            torch.nn.init.normal_(m.bias, 0, 0.2)
    if sample.is_floating_point():
        model.train()
        with torch.no_grad():
            for _ in range(12):
                model(torch.randn((16,) + tuple(sample.shape[1:])) * 1.2 + 0.1)
    return model.eval()


def export(model, sample, path, dynamic, kind, opset=None):
    """Writes one ONNX file in one of the ways people do."""
    keywords = dict(input_names=["input"], output_names=["logits"], verbose=False)
    if opset:
        keywords["opset_version"] = opset
    if kind == "new":
        shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
        torch.onnx.export(model, (sample,), path, dynamo=True, dynamic_shapes=shapes, **keywords)
        return
    axes = {"input": {0: "batch"}, "logits": {0: "batch"}} if dynamic else None
    if kind == "old-bn":
        keywords.update(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    torch.onnx.export(model, (sample,), path, dynamo=False, dynamic_axes=axes, **keywords)


def forget_folders(path):
    """Cuts folders from the stack traces that the new exporter leaves in its nodes."""
    model = onnx.load(path, load_external_data=False)
    for node in model.graph.node:
        for p in node.metadata_props:
            if p.key == "pkg.torch.onnx.stack_trace":
                p.value = re.sub(r'File "[^"]*/', 'File "', p.value)
    pathlib.Path(path).write_bytes(model.SerializeToString())


def fixture(model, name, kind, sample, dynamic=True, opset=None, suffix=""):
    path = OUT / f"{name}-{kind}{suffix}.onnx"
    pathlib.Path(str(path) + ".data").unlink(missing_ok=True)
    export(model, sample, str(path), dynamic, kind, opset)
    if kind == "new":
        forget_folders(path)
    onnx.checker.check_model(str(path), full_check=True)
    values = record.values(path, {"input": sample.numpy()})
    with torch.no_grad():
        want = model(sample).numpy()
    error = np.abs(values["logits"] - want).max() / np.abs(want).max()
    if error > 1e-5:
        raise SystemExit(f"{path.name}: logits differ from PyTorch's by {error}")
    if suffix:  # the main kinds carry the intermediate values; these the logits
        values = {"logits": values["logits"]}
    record.save(path.with_suffix(".values.npz"), values)
    nodes = len(onnx.load(str(path), load_external_data=False).graph.node)
    print(f"{path.name}: {nodes} nodes, {len(values)} values, {error:.1e} from PyTorch")


def main(names):
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    for name in names or CASES:
        torch.manual_seed(1)
        build, sample = CASES[name][0](), CASES[name][1]()
        model = unsettle(build, sample)
        record.save(OUT / f"{name}.input.npz", {"input": sample.numpy()})
        fixture(model, name, "old", sample)
        fixture(model, name, "new", sample)
        if any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules()):
            fixture(model, name, "old-bn", sample)
        if name in FIXED:
            fixture(model, name, "old", sample[:1], dynamic=False, suffix="-batch1")
        if name in OLDER:
            fixture(model, name, "old", sample, opset=OLDER[name], suffix=f"-opset{OLDER[name]}")


if __name__ == "__main__":
    main(sys.argv[1:])
