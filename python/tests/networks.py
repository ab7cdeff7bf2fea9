"""Small networks in the shapes that people train, for the recorder's tests and its fixture."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A residual block with rectifiers that work in place and an addition that no hook sees."""

    def __init__(self, inside, outside):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=True)
        self.short = nn.Conv2d(inside, outside, 1, bias=False) if inside != outside else None

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.short is None else self.short(x)
        return self.relu(y)


class Small(nn.Module):
    """A residual network: every kind of layer that a ResNet has, once or twice."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(6, 3)  # registered first, run last
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Block(4, 4), Block(4, 6))
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(6, 6)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = self.layer1(x).mean((2, 3))
        return self.head(self.drop(torch.relu(self.fc(x))))


def settle(model, x):
    """Gives batch normalisation statistics of its own data."""
    torch.manual_seed(7)
    model.train()
    with torch.no_grad():
        for _ in range(20):
            model(x)
    return model.eval()


def small():
    torch.manual_seed(3)
    return settle(Small(), torch.randn(64, 1, 8, 8))
