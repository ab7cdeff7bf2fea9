"""Small networks of the families that make_families.py differentiates.

Each is built with random values, in the shape of the paper's block that its name says.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Recurrent(nn.Module):
    """A recurrent layer read at its last step."""

    def __init__(self, kind, layers=1, both=False):
        super().__init__()
        self.rnn = kind(6, 8, layers, batch_first=True, bidirectional=both)
        self.head = nn.Linear(16 if both else 8, 5)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


class MaskedBiLSTM(nn.Module):
    """Sequences of several lengths in two layers both ways, and the mean over the steps that are there."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(6, 8, 2, batch_first=True, bidirectional=True)
        self.score = nn.Linear(16, 1)
        self.head = nn.Linear(16, 5)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True)
        y, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        there = torch.arange(y.shape[1])[None] < lengths[:, None]
        a = self.score(y).squeeze(-1).masked_fill(~there, float("-inf")).softmax(-1)
        mean = (y * there.unsqueeze(-1)).sum(1) / lengths.unsqueeze(-1)
        return self.head((a.unsqueeze(-1) * y).sum(1) + mean)


class Zoo(nn.Module):
    """Operators that real exports contain."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.depthwise = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.pointwise = nn.Conv2d(8, 12, 1)
        self.group = nn.GroupNorm(4, 12)
        self.instance = nn.InstanceNorm2d(12, affine=True)
        self.up = nn.ConvTranspose2d(12, 6, 2, 2)
        self.prelu = nn.PReLU(6)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = F.hardswish(self.stem(x))
        x = F.silu(self.pointwise(F.relu6(self.depthwise(x))))
        x = F.leaky_relu(self.group(x), 0.1)
        x = F.avg_pool2d(F.elu(self.instance(x)), 2)
        x = F.softplus(self.prelu(self.up(x)))
        x = F.interpolate(x, scale_factor=2, mode="nearest").amax((2, 3))
        return F.log_softmax(self.head(x), 1)


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of an image."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    """Depthwise 7x7, LayerNorm, two linear layers, a scale for each channel (Liu 2022)."""

    def __init__(self, dim):
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, 4 * dim)
        self.pwconv2 = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(torch.rand(dim) + 0.5)

    def forward(self, x):
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 4, 4), ChannelNorm(6))
        self.block1 = ConvNeXtBlock(6)
        self.down = nn.Sequential(ChannelNorm(6), nn.Conv2d(6, 10, 2, 2))
        self.block2 = ConvNeXtBlock(10)
        self.norm = nn.LayerNorm(10)
        self.head = nn.Linear(10, 5)

    def forward(self, x):
        x = self.block2(self.down(self.block1(self.stem(x))))
        return self.head(self.norm(x.mean((2, 3))))


class SqueezeExcite(nn.Module):
    """Channels weighed by what the mean of the image says (Hu 2018)."""

    def __init__(self, dim):
        super().__init__()
        self.fc1 = nn.Conv2d(dim, 4, 1)
        self.fc2 = nn.Conv2d(4, dim, 1)

    def forward(self, x):
        y = F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))
        return x * F.hardsigmoid(self.fc2(y))


class MobileBlock(nn.Module):
    """Expansion, depthwise convolution, squeeze-excite, projection (Howard 2019)."""

    def __init__(self, inside, hidden, outside, kernel, stride, activation):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(inside, hidden, 1, bias=False), nn.BatchNorm2d(hidden), activation(),
            nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False), nn.BatchNorm2d(hidden),
            SqueezeExcite(hidden), activation(),
            nn.Conv2d(hidden, outside, 1, bias=False), nn.BatchNorm2d(outside),
        )  # fmt: skip
        self.same = stride == 1 and inside == outside

    def forward(self, x):
        return x + self.block(x) if self.same else self.block(x)


class MobileNetV3(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), nn.Hardswish())
        self.block1 = MobileBlock(6, 12, 6, 3, 1, nn.ReLU)
        self.block2 = MobileBlock(6, 16, 8, 5, 2, nn.Hardswish)
        self.head = nn.Sequential(nn.Linear(8, 12), nn.Hardswish(), nn.Linear(12, 5))

    def forward(self, x):
        x = self.block2(self.block1(self.stem(x)))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class SwinBlock(nn.Module):
    """Attention in windows, which a shift cuts anew (Liu 2021)."""

    def __init__(self, dim, size, window, heads, shift):
        super().__init__()
        self.size, self.window, self.heads, self.shift = size, window, heads, shift
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.table = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads) * 0.5)
        at = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        apart = at[:, :, None] - at[:, None, :] + window - 1
        self.register_buffer("index", apart[0] * (2 * window - 1) + apart[1], persistent=False)
        self.register_buffer("mask", self.hidden() if shift else None, persistent=False)

    def hidden(self):
        """What lies in other regions of the image before the shift."""
        cut = [slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None)]
        region = torch.zeros(1, self.size, self.size, 1)
        for i, rows in enumerate(cut):
            for j, columns in enumerate(cut):
                region[:, rows, columns] = 3 * i + j
        region = self.cut(region).squeeze(-1)
        return (region[:, None, :] != region[:, :, None]) * -100.0

    def cut(self, x):
        b, k, w = x.shape[0], self.size // self.window, self.window
        return x.view(b, k, w, k, w, x.shape[-1]).transpose(2, 3).reshape(-1, w * w, x.shape[-1])

    def joined(self, x):
        k, w = self.size // self.window, self.window
        return x.view(-1, k, k, w, w, x.shape[-1]).transpose(2, 3).reshape(-1, self.size, self.size, x.shape[-1])

    def attend(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = q * (d // self.heads) ** -0.5 @ k.transpose(-2, -1)
        self.folded = self.table[self.index].permute(2, 0, 1).unsqueeze(0)
        a = a + self.folded
        if self.mask is not None:
            windows = self.mask.shape[0]
            a = (a.view(-1, windows, self.heads, t, t) + self.mask[None, :, None]).view(-1, self.heads, t, t)
        return self.proj((a.softmax(-1) @ v).transpose(1, 2).reshape(n, t, d))

    def forward(self, x):
        y = self.norm1(x)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = self.joined(self.attend(self.cut(y)))
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.mlp(self.norm2(x))


class Swin(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Conv2d(3, 8, 2, 2)
        self.blocks = nn.Sequential(SwinBlock(8, 8, 4, 2, 0), SwinBlock(8, 8, 4, 2, 2))
        self.norm = nn.LayerNorm(32)
        self.merge = nn.Linear(32, 12, bias=False)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = self.blocks(self.embed(x).permute(0, 2, 3, 1))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.head(self.merge(self.norm(x)).mean((1, 2)))


class GroupedBlock(nn.Module):
    """Positions by rotation (Su 2021), keys shared by two heads (Ainslie 2023), SwiGLU, RMSNorm."""

    def __init__(self, dim, heads, shared, length, operators):
        super().__init__()
        self.heads, self.shared, self.width, self.operators = heads, shared, dim // heads, operators
        self.norm1, self.norm2 = nn.RMSNorm(dim, 1e-5), nn.RMSNorm(dim, 1e-5)
        self.q = nn.Linear(dim, dim, bias=False)
        self.kv = nn.Linear(dim, 2 * shared * self.width, bias=False)
        self.proj = nn.Linear(dim, dim, bias=False)
        self.gate, self.up = nn.Linear(dim, 20, bias=False), nn.Linear(dim, 20, bias=False)
        self.down = nn.Linear(20, dim, bias=False)
        angle = torch.arange(length)[:, None] * 10000 ** (-torch.arange(0, self.width, 2) / self.width)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def turn(self, x):
        t = x.shape[2]
        if self.operators and torch.onnx.is_in_onnx_export():
            cos, sin = (v[:t].expand(x.shape[0], -1, -1) for v in (self.cos, self.sin))
            return torch.onnx.ops.rotary_embedding(x, cos, sin)
        a, b = x.chunk(2, -1)
        cos, sin = self.cos[:t], self.sin[:t]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def attend(self, x):
        b, t, d = x.shape
        q = self.turn(self.q(x).view(b, t, self.heads, self.width).transpose(1, 2))
        k, v = self.kv(x).view(b, t, 2, self.shared, self.width).permute(2, 0, 3, 1, 4).unbind(0)
        k = self.turn(k)
        if not self.operators:
            k, v = (w.repeat_interleave(self.heads // self.shared, 1) for w in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.operators)
        return self.proj(y.transpose(1, 2).reshape(b, t, d))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class RotaryGPT(nn.Module):
    """Written out, or with operators of opset 23."""

    def __init__(self, operators):
        super().__init__()
        self.embed = nn.Embedding(11, 16)
        self.blocks = nn.ModuleList([GroupedBlock(16, 4, 2, 6, operators) for _ in range(2)])
        self.norm = nn.RMSNorm(16, 1e-5)
        self.head = nn.Linear(16, 11, bias=False)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def twice(inside, outside):
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(),
        nn.Conv2d(outside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(),
    )  # fmt: skip


class UNet(nn.Module):
    """Down twice and up twice, by a transposed convolution and by interpolation (Ronneberger 2015)."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.bottom = twice(2, 4), twice(4, 6), twice(6, 8)
        self.up2 = nn.ConvTranspose2d(8, 6, 2, 2)
        self.join2, self.join1 = twice(12, 6), twice(10, 4)
        self.head = nn.Conv2d(4, 3, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        y = self.bottom(F.max_pool2d(b, 2))
        y = self.join2(torch.cat([b, self.up2(y)], 1))
        y = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=True)
        y = self.head(self.join1(torch.cat([a, y], 1)))
        return y.permute(0, 2, 3, 1)


class Separable1d(nn.Module):
    """Depthwise convolutions of a wave: strided, dilated, causal, each followed by a pointwise one."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(2, 8, 5, 2, 2)
        self.strided = nn.Conv1d(8, 8, 4, 2, 1, groups=8)
        self.mix1 = nn.Conv1d(8, 12, 1)
        self.dilated = nn.Conv1d(12, 12, 3, padding=4, dilation=4, groups=12, bias=False)
        self.mix2 = nn.Conv1d(12, 16, 1)
        self.causal = nn.Conv1d(8, 16, 3, groups=8)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.mix1(F.gelu(self.strided(F.relu(self.stem(x)))))
        x = F.glu(self.mix2(torch.tanh(self.dilated(x))), 1)
        x = F.silu(self.causal(F.pad(x, (2, 0))))
        return self.head(x.mean(2))


class Expert(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.up, self.down = nn.Linear(dim, 12), nn.Linear(12, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class Mixture(nn.Module):
    """Two of four experts for each token; in sparse form each sees its own tokens alone (Jiang 2024)."""

    def __init__(self, dim, sparse):
        super().__init__()
        self.router = nn.Linear(dim, 4, bias=False)
        self.experts = nn.ModuleList([Expert(dim) for _ in range(4)])
        self.sparse = sparse

    def forward(self, x):
        top, chosen = torch.topk(self.router(x), 2, -1)
        gates = torch.zeros(x.shape[0], 4, dtype=x.dtype).scatter(1, chosen, top.softmax(-1))
        if not self.sparse:
            return sum(gates[:, i : i + 1] * e(x) for i, e in enumerate(self.experts))
        y = torch.zeros_like(x)
        for i, e in enumerate(self.experts):
            rows = torch.nonzero((chosen == i).any(-1)).squeeze(-1)
            y = y.index_add(0, rows, gates[rows, i, None] * e(x[rows]))
        return y


class MixtureOfExperts(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.dense, self.sparse = Mixture(8, False), Mixture(8, True)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        b, t, _ = x.shape
        x = self.embed(x).reshape(b * t, 8)
        x = x + self.dense(self.norm1(x))
        x = x + self.sparse(self.norm2(x))
        return self.head(x.reshape(b, t, 8))
