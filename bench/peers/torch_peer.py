"""PyTorch: matrix product, networks and trainings in eager mode; pytorch-cka: CKA of all pairs."""

import importlib.metadata
import math
import pathlib
import sys
import warnings
from unittest import mock

import protocol


def start(threads):
    global np, torch
    import numpy as np
    import torch

    torch.set_num_threads(threads)
    warnings.filterwarnings("ignore")
    version = f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"
    try:
        version += f"; pytorch-cka {importlib.metadata.version('pytorch-cka')}"
    except importlib.metadata.PackageNotFoundError:
        version += "; no pytorch-cka"
    return {"version": version}


def floats(path, *shape):
    return torch.from_numpy(np.memmap(path, np.float32, "c", shape=tuple(shape)))


def product(n, a, b):
    a, b = (floats(f, n, n).clone() for f in (a, b))
    c = torch.empty(n, n)
    return lambda: torch.mm(a, b, out=c), lambda: c[0].tolist()


def network(name, model, x, shape, words):
    import networks

    net = networks.NETWORKS[name]().eval()
    net.load_state_dict(torch.load(pathlib.Path(model).with_suffix(".pt"), weights_only=True))
    x, y = floats(x, *shape).clone() if x else numbers(math.prod(shape), words).reshape(shape), None

    def work():
        nonlocal y
        with torch.inference_mode():
            y = net(x)

    return work, lambda: y.ravel().tolist()


def numbers(n, below):
    """As bench/training.go makes labels and words."""
    return torch.arange(n) * 7919 % below


def training(name, model, x, shape, classes, adam, steps):
    """A step of a training on one batch; its values are the losses of the first steps."""
    import networks

    net = networks.NETWORKS[name]().train()
    net.load_state_dict(torch.load(pathlib.Path(model).with_suffix(".pt"), weights_only=True))
    x = floats(x, *shape).clone() if x else numbers(math.prod(shape), classes).reshape(shape)
    target = numbers(x.numel() if x.dtype == torch.int64 else len(x), classes)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-4) if adam else torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
    losses = []

    def work():
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x).flatten(0, -2), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    for _ in range(steps - 1):
        work()
    return work, lambda: losses


def cka_package():
    """pytorch-cka without what only its plots and progress bars import."""
    for name in ["matplotlib", "matplotlib.pyplot", "matplotlib.axes", "matplotlib.colors", "matplotlib.figure", "tqdm", "tqdm.auto"]:
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = mock.MagicMock()
    import cka.cka

    return cka.cka


def similarity(layers, n, d, path, batch):
    """The package's own minibatch loop over a network whose layers hand out stored values."""
    cka = cka_package()
    xs = floats(path, layers, n, d)

    class Layer(torch.nn.Module):
        def __init__(self, x):
            super().__init__()
            self.x = x

        def forward(self, i):
            return self.x[i[0] : i[-1] + 1]

    class Stored(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.ModuleList(Layer(x) for x in xs)

        def forward(self, i):
            return [l(i) for l in self.layer]

    net = Stored()
    names = [f"layer.{l}" for l in range(layers)]
    batches = [torch.arange(n).split(batch)]  # a list of loaders; a bare tuple would be taken for one
    out = None

    def work():
        nonlocal out
        (out,) = cka.compute_cka(net, net, batches, layers=names, progress=False)

    return work, lambda: out.double().ravel().tolist()


def exact(layers, n, d, path):
    """The package's CKA of all samples at once."""
    cka = cka_package()
    xs = list(floats(path, layers, n, d))
    out = None

    def work():
        nonlocal out
        out = cka.cka_from_features(xs, xs)

    return work, lambda: out.double().ravel().tolist()


def prepare(r):
    match r["what"]:
        case "product":
            return product(r["n"], r["a"], r["b"])
        case "network":
            return network(r["name"], r["model"], r["x"], r["shape"], r["words"])
        case "training":
            return training(r["name"], r["model"], r["x"], r["shape"], r["classes"], r["adam"], r["steps"])
        case "similarity":
            return similarity(r["layers"], r["n"], r["d"], r["x"], r["batch"])
        case "exact":
            return exact(r["layers"], r["n"], r["d"], r["x"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
