"""What torch.nn and torch.nn.init give before training: writes laws.json. Made with torch 2.15.0 (see requirements)."""
import json, math, torch
from torch import nn

torch.manual_seed(1)
init = nn.init
MODULES = {
    "Linear": lambda: nn.Linear(300, 900),
    "Conv": lambda: nn.Conv2d(40, 120, 5),
    "Conv grouped": lambda: nn.Conv2d(48, 480, 7, groups=12),
    "ConvTranspose": lambda: nn.ConvTranspose2d(40, 150, 5),
}
LAWS = {
    "PyTorch's default": lambda w: None,
    "Xavier uniform": init.xavier_uniform_,
    "Xavier normal": init.xavier_normal_,
    "He normal": init.kaiming_normal_,
    "He normal, fan out": lambda w: init.kaiming_normal_(w, mode="fan_out"),
    "He uniform": init.kaiming_uniform_,
    "normal 0.02": lambda w: init.normal_(w, std=0.02),
}


def shape(w):
    v = w.detach().double().flatten()
    return {"sd": v.std().item(), "largest": v.abs().max().item(), "kurtosis": (v**4).mean().item() / v.var().item() ** 2}


def several(draw, times=8):
    return shape(torch.cat([draw().detach().flatten() for _ in range(times)]))


out = []
for name, make in MODULES.items():
    for law, fill in LAWS.items():
        def weight():
            m = make()
            fill(m.weight.data)
            return m.weight
        out.append({"module": name, "law": law, "shape": list(make().weight.shape), "weight": several(weight), "bias": several(lambda: make().bias, 64)})
out.append({"module": "Embedding", "law": "normal 1", "shape": [800, 300], "weight": several(lambda: nn.Embedding(800, 300).weight)})
for gate, kind in (("LSTM", nn.LSTM), ("GRU", nn.GRU)):
    out.append({"module": gate, "law": "PyTorch's default", "shape": list(kind(100, 200).weight_ih_l0.shape), "weight": several(lambda: kind(100, 200).weight_ih_l0)})
json.dump({"torch": torch.__version__, "laws": out}, open("laws.json", "w"), indent=1)
