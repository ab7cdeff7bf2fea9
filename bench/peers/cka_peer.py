"""pytorch-cka and torch-cka: CKA of all pairs of layers of stored values."""

import contextlib
import importlib.metadata
import io
import itertools
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
    for name in ["matplotlib", "matplotlib.pyplot", "matplotlib.axes", "matplotlib.colors", "matplotlib.figure", "mpl_toolkits", "mpl_toolkits.axes_grid1", "tqdm", "tqdm.auto"]:
        try:  # what only plots and progress bars import
            __import__(name)
        except ImportError:
            sys.modules[name] = mock.MagicMock()
    global pytorch_cka
    import cka.cka as pytorch_cka

    version = f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"
    for package in ("pytorch-cka", "torch-cka"):
        try:
            version += f"; {package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            version += f"; no {package}"
    return {"version": version}


def layers_of(path, n, widths):
    x = torch.from_numpy(np.memmap(path, np.float32, "c"))
    ends = list(itertools.accumulate(n * d for d in widths))
    return [x[end - n * d : end].view(n, d) for end, d in zip(ends, widths)]


def stored(xs):
    """A network whose layers hand out stored values."""

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

    return Stored(), [f"layer.{l}" for l in range(len(xs))]


def similarity(n, widths, path, batch):
    """pytorch-cka's own minibatch loop."""
    net, names = stored(layers_of(path, n, widths))
    batches = [torch.arange(n).split(batch)]  # a list of loaders; a bare tuple would be taken for one
    out = None

    def work():
        nonlocal out
        (out,) = pytorch_cka.compute_cka(net, net, batches, layers=names, progress=False)

    return work, lambda: out.double().ravel().tolist()


def torch_cka(n, widths, path, batch):
    """torch-cka on the first batch alone: it takes the same time for every one."""
    from torch_cka import CKA

    xs = layers_of(path, n, widths)
    net, names = stored(xs)
    other, _ = stored(xs)

    class Loader(list):
        dataset = "stored values"

    compare = CKA(net, other, "a", "b", names, names)
    loader = Loader([(torch.arange(batch),)])

    def work():
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            compare.compare(loader, loader)

    return work, lambda: compare.export()["CKA"].double().ravel().tolist()


def exact(n, widths, path):
    """pytorch-cka of all samples at once."""
    xs = layers_of(path, n, widths)
    out = None

    def work():
        nonlocal out
        out = pytorch_cka.cka_from_features(xs, xs)

    return work, lambda: out.double().ravel().tolist()


def prepare(r):
    match r["what"]:
        case "similarity":
            return similarity(r["n"], r["widths"], r["x"], r["batch"])
        case "torch-cka":
            return torch_cka(r["n"], r["widths"], r["x"], r["batch"])
        case "exact":
            return exact(r["n"], r["widths"], r["x"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
