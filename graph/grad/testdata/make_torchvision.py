"""Writes torchvision.npz: gradients of deformable convolution and region pooling, in double precision.

    python graph/grad/testdata/make_torchvision.py

Made with torchvision 0.29.2 and torch 2.15.0. Arrays are CASE.INPUT, and CASE.grad.INPUT for the sum
of the result times CASE.by.
"""

import pathlib

import numpy as np
import torch
from torchvision.ops import deform_conv2d, roi_pool

torch.manual_seed(4)
out = {}


def keep(case, result, **inputs):
    by = torch.randn_like(result)
    (result * by).sum().backward()
    out[f"{case}.by"] = by.numpy()
    for name, x in inputs.items():
        out[f"{case}.{name}"] = x.detach().numpy()
        if x.grad is not None:
            out[f"{case}.grad.{name}"] = x.grad.numpy()


def free(*shape):
    return torch.randn(*shape, dtype=torch.float64).requires_grad_()


def deform(case, channels, filters, groups, moves, kernel, stride, padding, dilation, still=False):
    size = (6, 5)
    result = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, k, t, p, d in zip(size, kernel, stride, padding, dilation)]
    taps = moves * kernel[0] * kernel[1]
    x, w, bias = free(2, channels, *size), free(filters, channels // groups, *kernel), free(filters)
    offset, mask = free(2, 2 * taps, *result), free(2, taps, *result)
    if still:  # as it is initialised: every tap on a pixel, where torchvision takes the slope to the right
        offset = torch.zeros_like(offset).requires_grad_()
    y = deform_conv2d(x, offset, w, bias, stride, padding, dilation, mask)
    keep(case, y, x0=x, x1=w, x2=offset, x3=bias, x4=mask)


deform("plain", 2, 3, 1, 1, (3, 3), (1, 1), (1, 1), (1, 1))
deform("groups", 4, 4, 2, 4, (2, 3), (2, 1), (1, 0), (1, 2))
deform("still", 2, 2, 1, 1, (3, 3), (1, 1), (1, 1), (1, 1), still=True)

x = free(2, 3, 7, 6)
regions = torch.tensor([[1, 0, 0, 5, 6], [0, 1.2, 2.4, 9.9, 4.1], [0, 8.7, 3.3, 8.9, 12.6], [1, 2.5, 3.5, 3, 4]], dtype=torch.float64)
keep("pool", roi_pool(x, regions, (3, 2), 0.5), x0=x, x1=regions)

np.savez_compressed(pathlib.Path(__file__).with_name("torchvision.npz"), **out)
