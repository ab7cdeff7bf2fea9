"""Writes the files that the tests read: python make_files.py (PyTorch 2.15)."""
import collections
import pickle
import os

import torch
from torch import nn

torch.manual_seed(1)
here = os.path.dirname(os.path.abspath(__file__))


def at(name):
    return os.path.join(here, name)


class Call:
    def __reduce__(self):
        return (os.system, ("true",))


state = collections.OrderedDict()
state["fc.weight"] = torch.arange(6, dtype=torch.float32).reshape(2, 3)
state["fc.bias"] = torch.tensor([0.5, -2.0], dtype=torch.float64)
state["half"] = torch.tensor([1.0, float("nan"), 3.0], dtype=torch.bfloat16)
state["turned"] = torch.arange(6, dtype=torch.float32).reshape(2, 3).t()
state["part"] = torch.arange(10, dtype=torch.float32)[4:8]
state["steps"] = torch.tensor(7)
state["parameter"] = nn.Parameter(torch.ones(2))
torch.save(state, at("state.pt"))
torch.save({"epoch": 3, "optimizer": {"state": {0: {"step": torch.ones(1)}}}, "state_dict": nn.Linear(2, 1).state_dict()}, at("checkpoint.pt"))
torch.save(nn.Sequential(nn.Linear(2, 1)), at("whole.pt"))
torch.save({"w": torch.ones(1), "x": Call()}, at("call.pt"))
torch.save(nn.Linear(2, 1).state_dict(), at("old.pt"), _use_new_zipfile_serialization=False)
for protocol in range(6):
    with open(at(f"call-{protocol}.pkl"), "wb") as f:
        pickle.dump([1, -70000, 2**40, 1.5, "a", b"b", (1, 2, 3, 4), {"k": {1, 2}}, Call()], f, protocol)
