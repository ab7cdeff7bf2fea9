"""Reads recordings back, with a reader of safetensors that is not the recorder's."""

import csv
import json
import os
import struct

import numpy as np

DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "F64": "<f8"}


def safetensors(path):
    with open(path, "rb") as f:
        b = f.read()
    n = struct.unpack("<Q", b[:8])[0]
    out, at = {}, 0
    for name, e in json.loads(b[8:8 + n]).items():
        lo, hi = e["data_offsets"]
        assert lo == at, f"{name}: a hole or an overlap"
        out[name] = np.frombuffer(b, DTYPES[e["dtype"]], offset=8 + n + lo, count=int(np.prod(e["shape"]))).reshape(e["shape"])
        at = hi
    assert 8 + n + at == len(b)
    return out


def manifest(path):
    with open(os.path.join(path, "manifest.json"), encoding="utf-8") as f:
        return json.load(f)


def samples(path):
    with open(os.path.join(path, "samples.csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def values(path, split="val"):
    """All arrays of a split, shards joined, rows checked against the list of samples."""
    parts, have = {}, 0
    for s in manifest(path)["shards"]:
        if s["split"] != split:
            continue
        assert s["rows"][0] == have
        have = s["rows"][1]
        for name, a in safetensors(os.path.join(path, s["file"])).items():
            assert len(a) == s["rows"][1] - s["rows"][0], name
            parts.setdefault(name, []).append(a)
    assert have == manifest(path)["splits"][split]["samples"]
    return {name: np.concatenate(a) for name, a in parts.items()}


def site(path, name):
    return next(s for s in manifest(path)["sites"] if s["name"] == name)
