"""The networks that are timed; random weights, in the shapes people train."""

import torch
import torch.nn.functional as F
from torch import nn


def perceptron():
    """784-512-512-10 units."""
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


class Residual(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016)."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.shortcut = nn.Identity()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, the last four times as wide, and a shortcut (He et al. 2016)."""

    def __init__(self, inside, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.shortcut = nn.Identity()
        if stride != 1 or inside != 4 * width:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """Four stages of residual blocks. For 32x32 images the stem is a 3x3 convolution, for larger ones a 7x7 with
    stride and pooling."""

    def __init__(self, block, depths, large=False):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False) if large else nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        blocks, inside, wider = [], 64, 4 if block is Bottleneck else 1
        for stage, (width, depth) in enumerate(zip((64, 128, 256, 512), depths)):
            for i in range(depth):
                blocks.append(block(inside, width, 2 if stage and not i else 1))
                inside = wider * width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(inside, 1000 if large else 10)

    def forward(self, x):
        x = self.blocks(self.pool(F.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class LeNet(nn.Module):
    """LeNet-5 with ReLU and max pooling on 28x28 images (LeCun et al. 1998)."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = torch.flatten(F.max_pool2d(F.relu(self.conv2(x)), 2), 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Inverted(nn.Module):
    """Expansion, depth-wise convolution and projection (Sandler et al. 2018, table 1)."""

    def __init__(self, inside, outside, stride, expand):
        super().__init__()
        wide = inside * expand
        layers = [] if expand == 1 else [nn.Conv2d(inside, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()]
        layers += [nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(wide, outside, 1, bias=False), nn.BatchNorm2d(outside))
        self.add = stride == 1 and inside == outside

    def forward(self, x):
        return x + self.layers(x) if self.add else self.layers(x)


class MobileNetV2(nn.Module):
    """MobileNetV2 for 224x224 images (Sandler et al. 2018, table 2), without its dropout."""

    def __init__(self):
        super().__init__()
        layers, inside = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6()], 32
        for expand, width, depth, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
            for i in range(depth):
                layers.append(Inverted(inside, width, stride if not i else 1, expand))
                inside = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(inside, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6())
        self.fc = nn.Linear(1280, 1000)

    def forward(self, x):
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(self.layers(x), 1), 1))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width, heads, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal).transpose(1, 2).reshape(b, t, d)
        x = x + self.proj(y)
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class ViTTiny(nn.Module):
    """ViT-tiny on 224x224 images: 197 tokens of 192 values, 12 blocks of 3 heads (Touvron et al. 2021)."""

    def __init__(self, width=192, depth=12, heads=3, classes=1000):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 16, 16)
        self.cls = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.position = nn.Parameter(torch.randn(1, 197, width) * 0.02)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.head(self.norm(self.blocks(x))[:, 0])


class GPT(nn.Module):
    """The blocks of GPT-2 small: 12 of 768 values and 12 heads (Radford et al. 2019), on a vocabulary of 8192."""

    def __init__(self, width=768, depth=12, heads=12, words=8192, most=128):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(most, width)
        self.blocks = nn.Sequential(*(Block(width, heads, causal=True) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.words(x) + self.places.weight[: x.shape[1]])))


class Encoder(nn.Module):
    """Twelve blocks of 128 values and 4 heads over 128 words; the mean of the words is classified."""

    def __init__(self, width=128, depth=12, heads=4, words=1000, length=128):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Parameter(torch.randn(1, length, width) * 0.1)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm, self.fc = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x):
        return self.fc(self.norm(self.blocks(self.words(x) + self.places)).mean(1))


class BiLSTM(nn.Module):
    """Two layers of 128 units in each direction over 64 values a step; the mean of the steps is classified."""

    def __init__(self):
        super().__init__()
        self.lstm, self.fc = nn.LSTM(64, 128, 2, batch_first=True, bidirectional=True), nn.Linear(256, 10)

    def forward(self, x):
        return self.fc(self.lstm(x)[0].mean(1))


NETWORKS = {
    "perceptron": perceptron,
    "lenet": LeNet,
    "resnet18": lambda: ResNet(Residual, (2, 2, 2, 2)),
    "resnet18-224": lambda: ResNet(Residual, (2, 2, 2, 2), large=True),
    "resnet50": lambda: ResNet(Bottleneck, (3, 4, 6, 3)),
    "resnet50-224": lambda: ResNet(Bottleneck, (3, 4, 6, 3), large=True),
    "mobilenetv2": MobileNetV2,
    "vit-tiny": ViTTiny,
    "gpt": GPT,
    "encoder": Encoder,
    "bilstm": BiLSTM,
}
SHAPES = {
    "perceptron": (784,),
    "lenet": (1, 28, 28),
    "resnet18": (3, 32, 32),
    "resnet18-224": (3, 224, 224),
    "resnet50": (3, 32, 32),
    "resnet50-224": (3, 224, 224),
    "mobilenetv2": (3, 224, 224),
    "vit-tiny": (3, 224, 224),
    "gpt": (128,),
    "encoder": (128,),
    "bilstm": (64, 64),
}
WORDS = {"gpt": 8192, "encoder": 1000}


def example(name, n):
    """n inputs of a network: words for gpt and encoder, numbers for the others."""
    if name in WORDS:
        return torch.randint(0, WORDS[name], (n, *SHAPES[name]))
    return torch.randn(n, *SHAPES[name])
