"""The demo's network and data: Fashion-MNIST, with two mistakes that people really make.

1. features.block4.bn: momentum set to 0 after 75 steps (to "freeze" it), so its running
   statistics are those of the first steps while the weights went on training.
2. features.conv5: its learning rate was set fifty times too high and corrected after the first
   40 steps; about half of its units never became active again.

Everything else is as it should be; the images are Fashion-MNIST (MIT licence, (c) 2017 Zalando SE,
https://tech.zalando.com); the logits' temperature was fitted on held-out images, as
one does. Writes model.onnx, data.npz, classes.txt and reference.json beside this file, and a
twin without the two mistakes into the folder of the healthy networks.

    python make_demo.py [FOLDER]        the two folders' files go to FOLDER if it is given
"""

import json
import pathlib
import sys
from collections import OrderedDict

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / ".." / ".." / ".." / "internal" / "golden"
sys.path.insert(0, str(GOLDEN))

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

import examine
import measures
import record

SEED, TRAIN, HELD, EPOCHS, BATCH = 7, 16000, 4000, 6, 128
# FREEZE, HOT and the weights below were chosen by trying: with others a mistake takes one class almost whole.
RATE, HOT, HOT_STEPS, FREEZE = 0.05, 2.5, 40, 75
WEIGHTS = {4: 1.3, 6: 2.0}  # coats and shirts are hardest to tell: no class is left behind


class Residual(nn.Module):
    """Adds a convolution with BatchNorm to what comes in; its scale starts small, as in Goyal 2017."""

    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        nn.init.constant_(self.bn.weight, 0.3)

    def forward(self, x):
        return self.relu(x + self.bn(self.conv(x)))


def network():
    features = OrderedDict(
        conv1=nn.Conv2d(1, 24, 5, stride=2, padding=2, bias=False), bn1=nn.BatchNorm2d(24), relu1=nn.ReLU(),
        conv2=nn.Conv2d(24, 32, 3, padding=1, bias=False), bn2=nn.BatchNorm2d(32), relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        conv3=nn.Conv2d(32, 48, 3, padding=1, bias=False), bn3=nn.BatchNorm2d(48), relu3=nn.ReLU(),
        block4=Residual(48),
        conv5=nn.Conv2d(48, 64, 3, padding=1), relu5=nn.ReLU(),
    )  # fmt: skip
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(features), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), classifier=nn.Linear(64, 10)
        )
    )


def scaled(x):
    return torch.tensor(x).float() / 255


def train(x, y, mistakes):
    """Trains with momentum and a cosine schedule; the mistakes are the two lines marked so."""
    torch.manual_seed(SEED)
    model = network()
    hot = list(model.features.conv5.parameters())
    rest = [p for p in model.parameters() if not any(p is q for q in hot)]
    optimizer = torch.optim.SGD([{"params": rest}, {"params": hot}], lr=RATE, momentum=0.9, weight_decay=5e-4)
    weight = torch.ones(10)
    for label, factor in WEIGHTS.items():
        weight[label] = factor
    total, step = EPOCHS * (len(x) // BATCH), 0
    for epoch in range(EPOCHS):
        model.train()
        order = torch.randperm(len(x))
        for i in range(len(x) // BATCH):
            rate = RATE * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * step / total))
            optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = rate
            if mistakes and step < HOT_STEPS:
                optimizer.param_groups[1]["lr"] = HOT  # mistake
            if mistakes and step == FREEZE:
                model.features.block4.bn.momentum = 0.0  # mistake
            batch = order[i * BATCH : (i + 1) * BATCH]
            loss = F.cross_entropy(model(x[batch]), y[batch], weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
    return model.eval()


@torch.no_grad()
def logits(model, x):
    return torch.cat([model(x[i : i + 500]) for i in range(0, len(x), 500)])


def accuracy(model, x, y):
    return (logits(model, x).argmax(1) == y).float().mean().item()


def temper(model, x, y):
    """Fits one temperature on held-out images (Guo 2017) and folds it into the classifier."""
    z = logits(model, x)
    grid = np.exp(np.linspace(np.log(0.3), np.log(4), 400))
    best = min(grid, key=lambda t: F.cross_entropy(z / t, y).item())
    with torch.no_grad():
        model.classifier.weight /= best
        model.classifier.bias /= best
    return float(best)


def reestimated(model, x):
    """A copy whose BatchNorm statistics are the plain averages over x."""
    copy = network()
    copy.load_state_dict(model.state_dict())
    for m in copy.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.reset_running_stats()
            m.momentum = None
            m.train()
    with torch.no_grad():
        copy(x)
    return copy.eval()


def export(model, path):
    torch.onnx.export(
        model, (torch.zeros(2, 1, 28, 28),), str(path), dynamo=False, input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
    )  # fmt: skip


def measured(model, path, data, rest, temperature):
    report, _ = examine.model(str(path), data)
    x, y = scaled(data["x_val"]), torch.from_numpy(data["y_val"].astype(np.int64))
    xt, yt = scaled(data["x_train"]), torch.from_numpy(data["y_train"].astype(np.int64))
    fresh = reestimated(model, xt)
    print(path.name, f"temperature {temperature:.3f}")
    print(examine.summary(report))
    torch_values = {
        "temperature": temperature,
        "accuracy_train": accuracy(model, xt, yt),
        "accuracy_val": accuracy(model, x, y),
        "accuracy_test_file": accuracy(model, *rest),
        "accuracy_val_reestimated": accuracy(fresh, x, y),
        "accuracy_test_file_reestimated": accuracy(fresh, *rest),
    }
    print(json.dumps(examine.digits(torch_values), indent=1))
    versions = {m.__name__: m.__version__ for m in (np, torch, onnx, onnxruntime)}
    return {"versions": versions, "torch": examine.digits(torch_values), **report}


def write(path, report):
    path.write_text(json.dumps(report, separators=(",", ":")).replace('],"', '],\n"').replace('},"', '},\n"') + "\n")


def main(folder=None):
    torch.set_num_threads(1)
    demo, healthy = (folder, folder) if folder else (HERE, GOLDEN / "testdata" / "healthy")
    x, y = measures.fashion("train")
    xt, yt = measures.fashion("t10k")
    order = np.random.default_rng(SEED).permutation(len(x))
    seen, held = order[:TRAIN], order[TRAIN : TRAIN + HELD]
    a, b = measures.balanced(y, seen, 100, SEED), measures.balanced(yt, np.arange(len(yt)), 100, SEED)
    data = {"x_train": x[a], "y_train": y[a].astype(np.uint8), "x_val": xt[b], "y_val": yt[b].astype(np.uint8)}
    if {i.tobytes() for i in data["x_train"]} & {i.tobytes() for i in data["x_val"]}:
        raise SystemExit("an image is in both splits")
    demo.mkdir(parents=True, exist_ok=True)
    healthy.mkdir(parents=True, exist_ok=True)
    record.save(demo / "data.npz", data)
    (demo / "classes.txt").write_text("\n".join(measures.CLASSES) + "\n")
    rest = scaled(xt), torch.from_numpy(yt)
    for mistakes, path, report in ((True, demo / "model.onnx", demo / "reference.json"), (False, healthy / "demo-twin.onnx", healthy / "demo-twin.json")):
        model = train(scaled(x[seen]), torch.from_numpy(y[seen]), mistakes)
        temperature = temper(model, scaled(x[held]), torch.from_numpy(y[held]))
        export(model, path)
        write(report, measured(model, path, data, rest, temperature))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None)
