"""The networks behind the fixtures: small, in the shape of the ones people train.

make_forward.py gives them random values and exports them; make_healthy.py trains the
four families at the end of this file.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Perceptron(nn.Module):
    """Linear layers with ReLU, tanh and GELU between them."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 32)
        self.fc2 = nn.Linear(32, 24)
        self.fc3 = nn.Linear(24, 16)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        x = F.gelu(self.fc3(x))
        return self.head(x)


class LeNet(nn.Module):
    """LeNet-5 on 28x28 images (LeCun 1998), with fewer units in the linear layers."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 32)
        self.fc2 = nn.Linear(32, 24)
        self.fc3 = nn.Linear(24, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.avg_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = torch.sigmoid(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class BasicBlock(nn.Module):
    """The two-convolution residual block of ResNet-18 (He 2016)."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)
            )

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """ResNet for small images; (2, 2, 2, 2) blocks make it ResNet-18."""

    def __init__(self, channels=3, widths=(6, 8, 12, 16), blocks=(2, 2, 2, 2), classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        self.depth = len(widths)
        inside = widths[0]
        for i, (width, count) in enumerate(zip(widths, blocks)):
            layer = []
            for j in range(count):
                layer.append(BasicBlock(inside, width, 2 if i > 0 and j == 0 else 1))
                inside = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*layer))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inside, classes)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        for i in range(self.depth):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class InvertedResidual(nn.Module):
    """Expansion, depthwise 3x3, projection (Sandler 2018)."""

    def __init__(self, inside, outside, stride, expand, activation):
        super().__init__()
        hidden = inside * expand
        layers = []
        if expand != 1:
            layers += [nn.Conv2d(inside, hidden, 1, bias=False), nn.BatchNorm2d(hidden), activation()]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            activation(),
            nn.Conv2d(hidden, outside, 1, bias=False),
            nn.BatchNorm2d(outside),
        ]
        self.conv = nn.Sequential(*layers)
        self.use_res_connect = stride == 1 and inside == outside

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNet(nn.Module):
    """MobileNetV2 in small: ReLU6 in the first half, hard swish and one grouped layer after it."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU6(),
            InvertedResidual(8, 6, 1, 1, nn.ReLU6),
            InvertedResidual(6, 10, 2, 4, nn.ReLU6),
            InvertedResidual(10, 10, 1, 4, nn.ReLU6),
            InvertedResidual(10, 16, 2, 4, nn.Hardswish),
            InvertedResidual(16, 16, 1, 4, nn.SiLU),
            nn.Conv2d(16, 32, 1, groups=4, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU6(),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(32, 10))

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), 1).flatten(1)
        return self.classifier(x)


class Attention(nn.Module):
    """Multi-head self-attention as timm and nanoGPT write it: one matrix for q, k and v."""

    def __init__(self, dim, heads, causal=0):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.explicit = causal > 0
        if causal:
            self.register_buffer("mask", torch.tril(torch.ones(causal, causal)).bool()[None, None], persistent=False)

    def forward(self, x, is_causal=False):
        b, t, d = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if self.explicit:
            a = q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5
            a = a.masked_fill(~self.mask[:, :, :t, :t], float("-inf"))
            y = a.softmax(-1) @ v
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=is_causal)
        return self.proj(y.transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, dim, heads, causal=0, gelu="none"):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = Attention(dim, heads, causal)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(gelu), nn.Linear(2 * dim, dim))

    def forward(self, x, is_causal=False):
        x = x + self.attn(self.norm1(x), is_causal)
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    """Vision transformer (Dosovitskiy 2021): patches by convolution, a class token, learnt positions."""

    def __init__(self, channels=3, size=16, patch=4, dim=24, depth=2, heads=3, classes=10):
        super().__init__()
        self.patch_embed = nn.Conv2d(channels, dim, patch, patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, dim) * 0.02)
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


class GPT(nn.Module):
    """Decoder on token ids; with an explicit mask and a head of its own, or causal attention and a tied head."""

    def __init__(self, tied, vocabulary=50, length=12, dim=24, depth=2, heads=4):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, dim)
        self.wpe = nn.Embedding(length, dim)
        self.h = nn.ModuleList([Block(dim, heads, 0 if tied else length, "tanh") for _ in range(depth)])
        self.ln_f = nn.LayerNorm(dim)
        self.lm_head = nn.Linear(dim, vocabulary, bias=False)
        if tied:
            self.lm_head.weight = self.wte.weight

    def forward(self, ids):
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device))
        for block in self.h:
            x = block(x, True)
        return self.lm_head(self.ln_f(x))


class Encoder(nn.Module):
    """PyTorch's own nn.TransformerEncoderLayer, post-norm, mean over the tokens."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 16)
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(16, 2, 32, batch_first=True) for _ in range(2)])
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        x = self.embed(x)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean(1))


class FashionPerceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 40)
        self.fc2 = nn.Linear(40, 32)
        self.fc3 = nn.Linear(32, 10)

    def forward(self, x):
        x = torch.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(torch.relu(self.fc2(x)))


class FashionCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(288, 40), nn.ReLU(), nn.Linear(40, 10))

    def forward(self, x):
        return self.classifier(self.features(x))


def fashion_resnet():
    return ResNet(channels=1, widths=(12, 16, 24), blocks=(1, 1, 1))


def fashion_vit():
    return ViT(channels=1, size=28, patch=4, dim=32, depth=3, heads=4)


FASHION = {
    "perceptron": FashionPerceptron,
    "cnn": FashionCNN,
    "resnet": fashion_resnet,
    "vit": fashion_vit,
}
