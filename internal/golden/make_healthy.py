"""Healthy networks: four families, three seeds, trained on Fashion-MNIST, with reference values.

Writes testdata/healthy/NAME-SEED.onnx (BatchNorm kept) and NAME-SEED.json, data.npz with 600
training images (seen by the networks) and 600 test images, and for seed 1
NAME-1.labels.npz with the out-of-fold probabilities that the label errors were found in.

    python make_healthy.py [NAME[-SEED]...]
"""

import json
import pathlib
import sys
import warnings

import cleanlab
import netcal
import numpy as np
import onnx
import onnxruntime
import sklearn
import torch
import torch.nn.functional as F

import examine
import measures
import networks
import peers
import record

OUT = pathlib.Path(__file__).parent / "testdata" / "healthy"
TRAIN, HELD, BATCH = 10000, 3000, 100
EPOCHS = {"perceptron": 10, "cnn": 12, "resnet": 4, "vit": 8}
RATE = {"perceptron": 1e-3, "cnn": 2e-3, "resnet": 4e-3, "vit": 2e-3}
WEIGHTS = {4: 1.2, 6: 1.5}  # coats and shirts are hardest to tell: no class is left behind
warnings.filterwarnings("ignore")


def scaled(x):
    return torch.tensor(x).float() / 255


def images():
    """Returns the training and held-out images, and the part that is kept beside the networks."""
    x, y = measures.fashion("train")
    xt, yt = measures.fashion("t10k")
    order = np.random.default_rng(11).permutation(len(x))
    seen, held = order[:TRAIN], order[TRAIN : TRAIN + HELD]
    a, b = measures.balanced(y, seen, 60, 11), measures.balanced(yt, np.arange(len(yt)), 60, 11)
    data = {"x_train": x[a], "y_train": y[a].astype(np.uint8), "x_val": xt[b], "y_val": yt[b].astype(np.uint8)}
    if {i.tobytes() for i in data["x_train"]} & {i.tobytes() for i in data["x_val"]}:
        raise SystemExit("an image is in both splits")
    return (scaled(x[seen]), torch.tensor(y[seen])), (scaled(x[held]), torch.tensor(y[held])), (scaled(xt), torch.tensor(yt)), data


@torch.no_grad()
def logits(model, x):
    return torch.cat([model(x[i : i + 500]) for i in range(0, len(x), 500)])


def train(name, seed, x, y):
    torch.manual_seed(seed)
    model = networks.FASHION[name]()
    steps = EPOCHS[name] * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE[name], weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE[name], total_steps=steps, pct_start=0.1)
    weight = torch.ones(10)
    for label, factor in WEIGHTS.items():
        weight[label] = factor
    for _ in range(EPOCHS[name]):
        model.train()
        order = torch.randperm(len(x))
        for i in range(len(x) // BATCH):
            batch = order[i * BATCH : (i + 1) * BATCH]
            loss = F.cross_entropy(model(x[batch]), y[batch], weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def temper(model, x, y):
    """Fits one temperature on held-out images (Guo 2017) and folds it into the last layer."""
    z = logits(model, x)
    best = min(np.exp(np.linspace(np.log(0.3), np.log(4), 400)), key=lambda t: F.cross_entropy(z / t, y).item())
    last = [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1]
    with torch.no_grad():
        last.weight /= best
        last.bias /= best
    return float(best)


def export(model, path):
    torch.onnx.export(
        model, (torch.zeros(2, 1, 28, 28),), str(path), dynamo=False, input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
    )  # fmt: skip


def versions():
    found = {m.__name__: m.__version__ for m in (np, torch, onnx, onnxruntime, sklearn, cleanlab, netcal)}
    from importlib.metadata import version

    return {**found, "pytorch-cka": version("pytorch-cka")}


def reference(name, seed, model, path, data, test, temperature):
    report, got = examine.model(str(path), data)
    y_train, y_val = data["y_train"].astype(np.int64), data["y_val"].astype(np.int64)
    p = measures.softmax(got["val"][got["logits"]])
    by_peers = {
        "torch_accuracy_train": float((logits(model, scaled(data["x_train"])).argmax(1).numpy() == y_train).mean()),
        "torch_accuracy_val": float((logits(model, scaled(data["x_val"])).argmax(1).numpy() == y_val).mean()),
        "torch_accuracy_test_file": float((logits(model, test[0]).argmax(1) == test[1]).float().mean()),
        "temperature": temperature,
        "cka_debiased": peers.cka([measures.gap(got["val"][n]) for n in got["names"]]),
        "ece": peers.ece(p, y_val),
    }
    probed = [n for n in got["names"] if n != got["logits"]][-1]
    folds = peers.out_of_fold(measures.gap(got["train"][probed]), y_train).astype(np.float32)
    by_peers["labels"] = {"value": probed, **peers.label_errors(y_train, folds.astype(np.float64))}
    if seed == 1:
        record.save(OUT / f"{name}-1.labels.npz", {"p": folds, "y": data["y_train"]})
    off = np.abs(np.clip(report["cka_debiased"], 0, 1) - by_peers["cka_debiased"]).max()
    print(f"{name}-{seed}: pytorch-cka differs by {off:.1e}, netcal {by_peers['ece']}, noise {by_peers['labels']['noise_rate']:.3f}")
    print(examine.summary(report), flush=True)
    out = {"versions": versions(), "peers": examine.digits(by_peers), **report}
    text = json.dumps(out, separators=(",", ":")).replace('},"', '},\n"').replace('],"', '],\n"')
    (OUT / f"{name}-{seed}.json").write_text(text + "\n")


def main(wanted):
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    seen, held, test, data = images()
    record.save(OUT / "data.npz", data)
    for name in networks.FASHION:
        for seed in (1, 2, 3):
            if wanted and name not in wanted and f"{name}-{seed}" not in wanted:
                continue
            model = train(name, seed, *seen)
            temperature = temper(model, *held)
            path = OUT / f"{name}-{seed}.onnx"
            export(model, path)
            reference(name, seed, model, path, data, test, temperature)


if __name__ == "__main__":
    main(sys.argv[1:])
