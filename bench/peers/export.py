"""Writes what is timed into a folder: NETWORK.onnx and NETWORK.pt, images-COUNT.npz, sequences-COUNT.npz.

    python export.py FOLDER COUNT...

The weights are random; running statistics of ResNet-18 are those of its images, and the labels of its images and of
the encoder's sequences are their own answers, so that a diagnosis has a network that works to look at. BatchNorm is kept in the file.
"""

import pathlib
import sys
import warnings

import numpy as np
import torch

import networks


def images(count):
    """Smooth random pictures, uint8 [count, 32, 32, 3]."""
    r = np.random.default_rng(1)
    out = np.empty((count, 32, 32, 3), np.uint8)
    for at in range(0, count, 1000):
        n = min(1000, count - at)
        coarse = torch.from_numpy(r.standard_normal((n, 3, 8, 8), np.float32))
        fine = torch.from_numpy(r.standard_normal((n, 3, 32, 32), np.float32))
        x = torch.nn.functional.interpolate(coarse, scale_factor=4, mode="bilinear") + 0.2 * fine
        out[at : at + n] = (x * 50 + 128).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return out


def floats(pictures):
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


def settle(net, x):
    """Gives ResNet-18 the running statistics of its images and answers of about equal shares."""
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.momentum = None
        net.train()
        for part in x.split(128):
            net(part)
        net.eval()
    even(net, x)


def even(net, x):
    """Makes the answers of about equal shares."""
    with torch.no_grad():
        y = torch.cat([net(part) for part in x.split(128)])
        net.fc.weight *= 3 / y.std(0)[:, None]
        net.fc.bias[:] = (net.fc.bias - y.mean(0)) * 3 / y.std(0)


def answers(net, x, ready=lambda part: part):
    with torch.inference_mode():
        return torch.cat([net(ready(x[i : i + 256])).argmax(1) for i in range(0, len(x), 256)]).numpy()


def save(path, x, labels):
    split = (np.arange(len(x)) % 5 == 4).astype(np.int64)  # 0 train, 1 val
    np.savez(path, x=x, y=labels.astype(np.int64), split=split)


def export(name, net, folder):
    torch.save(net.state_dict(), folder / f"{name}.pt")
    torch.onnx.export(
        net.eval(), (networks.example(name, 2),), folder / f"{name}.onnx", dynamo=False, verbose=False,
        input_names=["input"], output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
    )  # fmt: skip


def main():
    warnings.filterwarnings("ignore")
    folder, counts = pathlib.Path(sys.argv[1]), [int(a) for a in sys.argv[2:]]
    pictures = images(max(counts, default=512))
    for name, make in networks.NETWORKS.items():
        torch.manual_seed(1)
        net = make()
        words = networks.example(name, min(counts, default=512)) if name == "encoder" else None
        if name == "resnet18":
            settle(net, floats(pictures[:512]))
        if name == "encoder":
            even(net.eval(), words)
        export(name, net, folder)
        if name == "resnet18" and counts:
            labels = answers(net, pictures, floats)
            for n in counts:
                save(folder / f"images-{n}.npz", pictures[:n], labels[:n])
        if name == "encoder" and counts:
            save(folder / f"sequences-{len(words)}.npz", words.numpy(), answers(net, words))


main()
