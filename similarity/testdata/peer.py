"""Debiased CKA by pytorch-cka 1.1.3 (torch 2.15.0, float64) on the data of gram.py; prints peer.json.

matplotlib, which its plots import, is stood in for.
"""
import contextlib
import importlib.metadata
import io
import json
import sys
from unittest import mock

for name in ["matplotlib", "matplotlib.pyplot", "matplotlib.axes", "matplotlib.colors", "matplotlib.figure", "tqdm", "tqdm.auto"]:
    sys.modules[name] = mock.MagicMock()
import torch  # noqa: E402
from cka.cka import cka_from_features  # noqa: E402

with contextlib.redirect_stdout(io.StringIO()):
    from gram import layers  # noqa: E402

out = {"pytorch-cka": importlib.metadata.version("pytorch-cka"), "torch": torch.__version__, "cases": []}
for case, n, widths in [("plain", 150, [7, 40, 300]), ("massive", 300, [16, 64, 128, 700])]:
    xs = [torch.from_numpy(x - x.mean(0)) for x in layers(n, widths, case)]
    out["cases"].append(dict(name=case, n=n, widths=widths, debiased=cka_from_features(xs, xs).tolist()))
print(json.dumps(out, indent=1))
