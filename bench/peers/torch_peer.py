"""PyTorch: matrix product, networks and trainings in eager mode."""

import math
import pathlib
import warnings

import protocol


def start(threads):
    global np, torch
    import numpy as np
    import torch

    torch.set_num_threads(threads)
    warnings.filterwarnings("ignore")
    return {"version": f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"}


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


def prepare(r):
    match r["what"]:
        case "product":
            return product(r["n"], r["a"], r["b"])
        case "network":
            return network(r["name"], r["model"], r["x"], r["shape"], r["words"])
        case "training":
            return training(r["name"], r["model"], r["x"], r["shape"], r["classes"], r["adam"], r["steps"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
