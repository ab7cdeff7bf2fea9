"""Makes capture/recording/testdata/torch-small: a recording of a small residual network, and beside it the
layers that the same network has as ONNX (network.onnx, batch normalisation kept), which a Go test compares.

    python make_fixture.py        # PyTorch 2.15, NumPy 2.4
"""

import os
import shutil
import sys
import warnings

import torch

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..")]

import networks  # noqa: E402
import stratascope_recorder as ss  # noqa: E402

out = os.path.join(here, "..", "..", "capture", "recording", "testdata", "torch-small")


def main():
    shutil.rmtree(out, ignore_errors=True)
    model = networks.small()
    torch.manual_seed(11)
    x = torch.randn(14, 1, 8, 8)
    y = torch.arange(14) % 3
    with ss.record(model, os.path.join(out, "recording"), classes=["one", "two", "three"], name="small") as rec:
        for split, lo, hi in (("train", 0, 4), ("train", 4, 8), ("val", 8, 14)):
            logits = model(x[lo:hi])
            loss = torch.nn.functional.cross_entropy(logits, y[lo:hi], reduction="sum")
            rec.step(loss, y[lo:hi], [f"s{i}" for i in range(lo, hi)], split=split, groups={"site": ["a", "b"] * ((hi - lo) // 2)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (x[:2],), os.path.join(out, "network.onnx"), dynamo=False, do_constant_folding=False,
                          training=torch.onnx.TrainingMode.PRESERVE, opset_version=17, input_names=["x"], output_names=["y"],
                          dynamic_axes={"x": {0: "n"}})


if __name__ == "__main__":
    main()
