"""Trains the networks whose layers go run ./internal/sanity compares, on Fashion-MNIST (Xiao 2017; MIT licence).

    python internal/sanity/train.py DATA FOLDER [FIRST [LAST]]

DATA holds the four gzipped IDX files. FOLDER/narrow and FOLDER/wide receive SEED.onnx of seeds FIRST to LAST (0 to 9):
eight convolutions with batch normalisation and a linear head, with 16 to 32 and with 48 to 96 channels. 30 epochs of the
60,000 images, batches of 128, SGD with momentum 0.9, weight decay 5e-4, a rate that falls from 0.1 to 0 along a
cosine. On a GPU two minutes a pair of networks, on a processor hours. Made for torch 2.11.0.
"""

import gzip
import math
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

LAYERS = [(16, 1), (16, 1), (16, 2), (24, 1), (24, 2), (32, 1), (32, 1), (32, 1)]  # channels, stride
WIDTHS = {"narrow": 1, "wide": 3}
EPOCHS, BATCH, RATE, MOMENTUM, DECAY = 30, 128, 0.1, 0.9, 5e-4
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Plain(nn.Module):
    def __init__(self, width):
        super().__init__()
        layers, c = [], 1
        for channels, stride in LAYERS:
            layers += [nn.Conv2d(c, channels * width, 3, stride, 1), nn.BatchNorm2d(channels * width), nn.ReLU()]
            c = channels * width
        self.body, self.head = nn.Sequential(*layers), nn.Linear(c, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


def read(folder, name, shape, skip):
    data = gzip.decompress((folder / name).read_bytes())
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=skip).reshape(shape).copy()).to(DEVICE)


def stepper(net, x, y, rate):
    """One step of SGD on the batch in x and y, at the rate in rate; on a GPU a recorded one."""
    weights = list(net.parameters())
    moving = [torch.zeros_like(w) for w in weights]

    def step():
        gradients = torch.autograd.grad(functional.cross_entropy(net(x), y), weights)
        with torch.no_grad():
            torch._foreach_mul_(moving, MOMENTUM)
            torch._foreach_add_(moving, torch._foreach_add(list(gradients), weights, alpha=DECAY))
            torch._foreach_sub_(weights, torch._foreach_mul(moving, rate))

    if DEVICE == "cpu":
        return step
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # at rate 0: warms up, changes no weight
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    for m in moving:
        m.zero_()
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.reset_running_stats()
    return graph.replay


def train(width, seed, images, labels):
    torch.manual_seed(seed)
    net = Plain(width).to(DEVICE)
    x, y, rate = images[:BATCH].clone(), labels[:BATCH].clone(), torch.zeros((), device=DEVICE)
    step = stepper(net, x, y, rate)
    random = torch.Generator(DEVICE).manual_seed(seed)
    steps, done = len(images) // BATCH, 0
    for _ in range(EPOCHS):
        order = torch.randperm(len(images), device=DEVICE, generator=random)
        for batch in order[: steps * BATCH].view(steps, BATCH):
            rate.fill_(RATE / 2 * (1 + math.cos(math.pi * done / (EPOCHS * steps))))
            x.copy_(images[batch])
            y.copy_(labels[batch])
            step()
            done += 1
    return net.cpu().eval()


def write(net, file):
    torch.onnx.export(net, (torch.zeros(2, 1, 28, 28),), file, dynamo=False, input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})  # fmt: skip


def main(data, folder, first=0, last=9):
    images = read(data, "train-images-idx3-ubyte.gz", (-1, 1, 28, 28), 16).float() / 255
    labels = read(data, "train-labels-idx1-ubyte.gz", -1, 8).long()
    for name, width in WIDTHS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for seed in range(int(first), int(last) + 1):
            write(train(width, seed, images, labels), folder / name / f"{seed}.onnx")
            print(name, seed, flush=True)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:])
