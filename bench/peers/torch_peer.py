"""PyTorch: matrix product, networks in eager mode; pytorch-cka: CKA of all pairs."""

import importlib.metadata
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


def network(name, model, x, shape):
    import networks

    net = networks.NETWORKS[name]().eval()
    net.load_state_dict(torch.load(pathlib.Path(model).with_suffix(".pt"), weights_only=True))
    x, y = floats(x, *shape).clone(), None

    def work():
        nonlocal y
        with torch.inference_mode():
            y = net(x)

    return work, lambda: y.ravel().tolist()


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
            return network(r["name"], r["model"], r["x"], r["shape"])
        case "similarity":
            return similarity(r["layers"], r["n"], r["d"], r["x"], r["batch"])
        case "exact":
            return exact(r["layers"], r["n"], r["d"], r["x"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
