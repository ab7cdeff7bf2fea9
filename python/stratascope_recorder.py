"""Records what the layers of a network compute, for `stratascope check`.

    import stratascope_recorder as ss
    with ss.record(model, "recording/", classes=names) as rec:
        for x, y, ids in loader:
            loss = F.cross_entropy(model(x), y, reduction="sum")
            rec.step(loss, y, ids, split="val")      # rec.step(None, y, ids) records no gradients

    ss.write(intermediates, y, ids, "recording/", split="val")   # any dict of arrays

One file, no dependency but NumPy and, for record, PyTorch. The format is docs/recording.md.
"""

import csv
import hashlib
import io
import json
import os
import re
import struct
import warnings

import numpy as np

__version__ = "0.1.0"
FORMAT, VERSION = "stratascope-recording", "1.0"
FLUSH = 512  # samples of a split that are held in memory before a shard is written

_DTYPES = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8", "bool": "BOOL"}
_SPLITS = ("train", "val", "test", "deploy")


# Files

def _replace(path, chunks):
    """Writes a file beside and puts it in place, so that a reader sees the old one or the new one."""
    tmp = path + ".tmp"
    with open(tmp, "wb") as f:
        for c in chunks:
            f.write(c)
        f.flush()
        os.fsync(f.fileno())
    os.replace(tmp, path)


def _safetensors(arrays):
    """Gives the bytes of a safetensors file: the header's length, a JSON header, the arrays one after another."""
    header, at, data = {}, 0, []
    for name, a in arrays.items():
        a = np.ascontiguousarray(a).reshape(np.shape(a))
        a = a.astype(a.dtype.newbyteorder("<"), copy=False)
        header[name] = {"dtype": _DTYPES[a.dtype.name], "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
        data.append(a)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    for a in data:
        yield a.tobytes()


class _Folder:
    """A recording on disk: shards of samples, the list of samples, the manifest last."""

    def __init__(self, path, manifest, resume):
        self.path, self.manifest = os.fspath(path), manifest
        self.samples, self.done, self.buffer, self.groups = [], set(), {}, None
        os.makedirs(self.path, exist_ok=True)
        if os.path.exists(os.path.join(self.path, "manifest.json")):
            if not resume:
                raise FileExistsError(f"{self.path}: there is a recording already. Go on with it: resume=True. Or choose another folder.")
            self._resume()

    def _resume(self):
        with open(os.path.join(self.path, "manifest.json"), encoding="utf-8") as f:
            old = json.load(f)
        for key in ("sha256", "name"):
            if old.get("model", {}).get(key) != self.manifest["model"].get(key):
                raise ValueError(f"{self.path}: the recording there is of another network; it is not gone on with.")
        self.manifest["shards"], self.manifest["splits"] = old["shards"], old["splits"]
        self.manifest["sites"] = old["sites"]
        with open(os.path.join(self.path, "samples.csv"), encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f):
                self.groups = sorted(k[6:] for k in row if k.startswith("group_"))
                self.samples.append(row)
                self.done.add((row["split"], row["id"]))

    def add(self, split, rows, arrays, groups):
        """Takes in some samples: rows of the list, and arrays by name with a row each."""
        if self.groups is None:
            self.groups = groups
        if groups != self.groups:
            raise ValueError(f"groups are {groups}, before they were {self.groups}")
        held = self.buffer.setdefault(split, ([], {}))
        if held[0] and set(held[1]) != set(arrays):
            raise ValueError(f"values of {sorted(set(held[1]) ^ set(arrays))[:3]} are there for some samples of {split} and not for others")
        held[0].extend(rows)
        for name, a in arrays.items():
            held[1].setdefault(name, []).append(a)
        self.done.update((split, r["id"]) for r in rows)
        while len(held[0]) >= FLUSH:
            self._shard(split, FLUSH)

    def _shard(self, split, n):
        rows, arrays = self.buffer[split]
        out = {}
        for name in list(arrays):
            a = np.concatenate(arrays[name]) if len(arrays[name]) > 1 else arrays[name][0]
            out[name], arrays[name] = a[:n], [a[n:]]
        first = self.manifest["splits"].get(split, {"samples": 0})["samples"]
        out["row"] = np.arange(len(self.samples), len(self.samples) + n, dtype=np.int64)
        self.samples += rows[:n]
        del rows[:n]
        name = f"{split}-{sum(s['split'] == split for s in self.manifest['shards']):05d}.safetensors"
        digest, chunks = hashlib.sha256(), []
        for c in _safetensors(out):
            digest.update(c)
            chunks.append(c)
        _replace(os.path.join(self.path, name), chunks)
        self.manifest["shards"].append({"file": name, "split": split, "rows": [first, first + n], "sha256": digest.hexdigest()})
        self.manifest["splits"][split] = {"samples": first + n}
        self._list()
        _replace(os.path.join(self.path, "manifest.json"), [json.dumps(self.manifest, indent=1, ensure_ascii=False).encode()])

    def _list(self):
        fields = ["id", "split"] + [k for k in ("label", "sha256") if any(r.get(k) for r in self.samples)] + [f"group_{g}" for g in self.groups or []]
        text = io.StringIO()
        w = csv.DictWriter(text, fields, extrasaction="ignore", lineterminator="\n")
        w.writeheader()
        w.writerows(self.samples)
        _replace(os.path.join(self.path, "samples.csv"), [text.getvalue().encode()])

    def flush(self):
        for split in list(self.buffer):
            if self.buffer[split][0]:
                self._shard(split, len(self.buffer[split][0]))


def _rows(folder, y, ids, split, groups, prints=None):
    """Makes lines of the list of samples and says which of them are new."""
    if split not in _SPLITS:
        raise ValueError(f"split is {split!r}, want one of {', '.join(_SPLITS)}")
    if ids is None:
        raise ValueError("ids are needed: one for each sample, the same in every run. Row numbers of a shuffling loader are none.")
    ids = [str(i.item() if hasattr(i, "item") else i).strip() for i in ids]
    if len(set(ids)) != len(ids):
        raise ValueError("an id is there twice in one step")
    labels = None if y is None else _numpy(y)
    if labels is not None and len(labels) != len(ids):
        raise ValueError(f"{len(labels)} labels for {len(ids)} ids")
    classes = labels is not None and labels.ndim == 1 and labels.dtype.kind in "iub"
    rows, new = [], []
    for k, i in enumerate(ids):
        if (split, i) in folder.done:
            continue
        row = {"id": i, "split": split}
        if classes:
            row["label"] = str(int(labels[k]))
        if prints:
            row["sha256"] = prints[k]
        for name, values in (groups or {}).items():
            v = values[k]
            row[f"group_{name}"] = str(v.item() if hasattr(v, "item") else v)
        rows.append(row)
        new.append(k)
    extra = {}
    if labels is not None and labels.dtype.kind in "iufb":
        extra["y"] = labels.astype(np.int64) if classes else labels.astype(np.float32)
    return rows, new, extra


def _numpy(a):
    """Gives an array of anything: a list, an array of any framework, a tensor on any device in any precision."""
    if hasattr(a, "detach"):
        a = a.detach()
        if a.is_floating_point():
            a = a.float()
        return a.cpu().numpy()
    a = np.asarray(a)
    return a.astype(np.float32) if a.dtype.kind == "V" or a.dtype.name == "bfloat16" else a


def _floats(a):
    a = _numpy(a)
    return np.array(a, dtype=np.float32)  # a copy: what is kept must not change with the network's own memory


# Any dict of arrays

def write(intermediates, y, ids, path, split="val", logits=None, classes=None, groups=None, model="", framework="", resume=False):
    """Writes arrays by layer name, samples first, in the order of execution: what JAX's capture_intermediates
    gives, flattened, or anything else. Dicts within dicts and tuples of one array are seen through. Maps have
    their units last, as JAX has them. Call it once for each split, the further ones with resume=True."""
    flat = {}
    _flatten("", intermediates, flat)
    if not flat:
        raise ValueError("there are no arrays to write")
    sites = []
    for k, (name, a) in enumerate(flat.items()):
        if a.ndim < 2:
            raise ValueError(f"{name}: shape is {a.shape}, want samples first, then a layer's values")
        sites.append({"name": name, "order": k + 1, "op": "Conv" if a.ndim >= 4 else "Linear", "shape": list(a.shape[1:]), "axis": a.ndim - 1,
                      "reduce": "none", "dtype": "F32", "after": [sites[-1]["name"] if sites else "input"], **_rectified(a)})
    folder = _Folder(path, _manifest(model, "", sites, classes, framework), resume)
    folder.manifest["task"]["kind"] = _kind(y)
    rows, new, extra = _rows(folder, y, ids, split, groups)
    arrays = {f"feat/{name}": a for name, a in flat.items()}
    if logits is not None:
        arrays["out/logits"] = _floats(logits)
    for name, a in {**arrays, **extra}.items():
        if len(a) != len(ids):
            raise ValueError(f"{name}: {len(a)} rows for {len(ids)} ids")
        arrays[name] = a[new]
    if [s["name"] for s in folder.manifest["sites"]] != [s["name"] for s in sites]:
        raise ValueError("the layers are not those of the recording that is there")
    if rows:
        folder.add(split, rows, arrays, sorted(groups or {}))
    folder.flush()


def _flatten(prefix, value, out):
    if hasattr(value, "items"):
        for k, v in value.items():
            k = str(k)
            name = prefix if k == "__call__" and prefix else f"{prefix}.{k}" if prefix else k
            _flatten(name, v, out)
    elif isinstance(value, (tuple, list)):
        for k, v in enumerate(value):
            _flatten(prefix if k == 0 else f"{prefix}#{k + 1}", v, out)
    elif value is not None:
        out[prefix] = _floats(value)


def _rectified(a):
    part = a[:64]
    zero = part.size > 0 and part.min() >= 0 and np.count_nonzero(part == 0) * 50 >= part.size
    return {"activation": "Relu" if zero else "none"}


def _kind(y):
    """Says what labels ask for."""
    if y is None:
        return "none"
    y = _numpy(y)
    if y.dtype.kind == "f":
        return "regression"
    return "classification" if y.ndim == 1 else "multi-label"


def _manifest(name, sha, sites, classes, framework):
    return {"format": FORMAT, "version": VERSION, "made_by": {"tool": f"stratascope_recorder {__version__}", "framework": framework},
            "model": {"name": name, "sha256": sha, "mode": "eval"},
            "task": {"kind": "classification", **({"classes": [str(c) for c in classes]} if classes is not None else {})},
            "sites": sites, "splits": {}, "shards": []}


# PyTorch

_OPS = {"Conv1d": "Conv", "Conv2d": "Conv", "Conv3d": "Conv", "ConvTranspose1d": "ConvTranspose", "ConvTranspose2d": "ConvTranspose",
        "ConvTranspose3d": "ConvTranspose", "Linear": "Linear", "NonDynamicallyQuantizableLinear": "Linear", "BatchNorm1d": "BatchNormalization",
        "BatchNorm2d": "BatchNormalization", "BatchNorm3d": "BatchNormalization", "SyncBatchNorm": "BatchNormalization", "Embedding": "Embedding",
        "LSTM": "LSTM", "GRU": "GRU", "RNN": "RNN", "MultiheadAttention": "Attention", "ReLU": "Relu", "ReLU6": "Relu6", "GELU": "Gelu", "SiLU": "Silu",
        "Hardswish": "HardSwish", "Hardsigmoid": "HardSigmoid", "ELU": "Elu", "SELU": "Selu", "CELU": "Celu", "LeakyReLU": "LeakyRelu", "PReLU": "PRelu",
        "Tanh": "Tanh", "Sigmoid": "Sigmoid", "Softplus": "Softplus", "Softsign": "Softsign", "Mish": "Mish", "Hardtanh": "Clip",
        "Dropout": "Dropout", "Dropout1d": "Dropout", "Dropout2d": "Dropout", "Dropout3d": "Dropout", "AlphaDropout": "Dropout", "Identity": "Identity"}
_FUNCTIONS = {"relu": "Relu", "relu_": "Relu", "relu6": "Relu6", "gelu": "Gelu", "silu": "Silu", "silu_": "Silu", "hardswish": "HardSwish",
              "hardsigmoid": "HardSigmoid", "elu": "Elu", "selu": "Selu", "celu": "Celu", "leaky_relu": "LeakyRelu", "prelu": "PRelu",
              "tanh": "Tanh", "tanh_": "Tanh", "sigmoid": "Sigmoid", "sigmoid_": "Sigmoid", "softplus": "Softplus", "softsign": "Softsign",
              "mish": "Mish", "hardtanh": "Clip", "add": "Sum", "add_": "Sum", "__add__": "Sum", "__radd__": "Sum", "__iadd__": "Sum",
              "conv1d": "Conv", "conv2d": "Conv", "conv3d": "Conv", "linear": "Linear", "addmm": "Linear", "embedding": "Embedding",
              "conv_transpose1d": "ConvTranspose", "conv_transpose2d": "ConvTranspose", "conv_transpose3d": "ConvTranspose",
              "batch_norm": "BatchNormalization", "scaled_dot_product_attention": "Attention"}
_NOTHING = {"dropout", "dropout2d", "dropout3d", "contiguous", "to", "float", "half", "clone", "detach", "identity", "__get__", "size", "dim", "type_as"}
_KEPT = set(_OPS.values()) | set(_FUNCTIONS.values())  # steps whose values are kept; the others are named only
_KEPT -= {"Dropout", "Identity"}


def record(model, path, classes=None, maps="auto", budget=1 << 18, dtype="F32", inputs="auto", weights=True, name="", resume=False):
    """Records a PyTorch model: use it as a context and call step after each run of the model.

    maps: "all" keeps whole values of every layer, "gap" means over positions, "auto" whole values of as many
    layers as budget holds (values a sample), the largest give way first. dtype: "F32", or "F16" in half the
    room. inputs: whether the network's input is kept; "auto" keeps small ones. resume: go on with a recording."""
    return _Recorder(model, path, classes, maps, budget, dtype, inputs, weights, name, resume)


class _Step:
    """One step of a run: a leaf, a function, a sum."""

    def __init__(self, name, op, after, kept, **about):
        self.name, self.op, self.after, self.kept, self.about = name, op, after, kept, about
        self.value = self.whole = self.shape = self.grad = None


class _Recorder:
    def __init__(self, model, path, classes, maps, budget, dtype, inputs, weights, name, resume):
        import torch
        self.torch = torch
        if maps not in ("auto", "all", "gap") or dtype not in ("F32", "F16"):
            raise ValueError(f"maps is {maps!r} and dtype {dtype!r}, want auto, all or gap and F32 or F16")
        self.model, self.eager = _unwrapped(torch, model)
        self.maps, self.budget, self.dtype, self.inputs, self.weights = maps, budget, dtype, inputs, weights
        self.path, self.classes, self.resume = path, classes, resume
        self.name = name or type(self.model).__name__
        self.sites = self.folder = self.gradients = None
        self.handles, self.seen, self.steps = [], [], []
        self.scope, self.inside, self.running, self.runs = [], 0, None, 0
        self.params = {id(p): n for n, p in self.model.named_parameters(remove_duplicate=False)}

    # The context

    def __enter__(self):
        torch = self.torch
        self.training = [(m, m.training) for m in self.model.modules()]
        state = {k: v for k, v in self.model.state_dict().items() if hasattr(v, "shape")}
        sha = hashlib.sha256()
        for k, v in state.items():
            sha.update(f"{k} {tuple(v.shape)} {v.dtype}\n".encode())
            sha.update(_numpy(v).tobytes())
        manifest = _manifest(self.name, sha.hexdigest(), [], self.classes, f"torch {torch.__version__}")
        manifest["model"]["parameters"] = sum(p.numel() for p in self.model.parameters())
        self.folder = _Folder(self.path, manifest, self.resume)
        if self.weights:
            arrays = {k: _numpy(v) for k, v in state.items()}
            _replace(os.path.join(os.fspath(self.path), "weights.safetensors"), _safetensors(arrays))
            self.folder.manifest["model"]["weights"] = "weights.safetensors"
        self.model.eval()
        self._hook()
        if self.eager is not None:
            self.eager.__enter__()
        return self

    def __exit__(self, kind, *_):
        for h in self.handles:
            h.remove()
        if self.eager is not None:
            self.eager.__exit__(None, None, None)
        for m, t in self.training:
            m.training = t
        self.folder.flush()  # whole steps only: what was interrupted within a step is not in it
        self.steps = []

    def _hook(self):
        for name, m in self.model.named_modules(remove_duplicate=False):
            if any(known is m for known, _ in self.seen):
                continue
            self.seen.append((m, name))
            if name:
                self.handles.append(m.register_forward_pre_hook(self._enter(name, m), with_kwargs=True))
                self.handles.append(m.register_forward_hook(self._leave(name, m), with_kwargs=True, always_call=True))
        self.handles.append(self.model.register_forward_pre_hook(self._start, with_kwargs=True))
        self.handles.append(self.model.register_forward_hook(self._end, with_kwargs=True, always_call=True))

    # One run of the model

    def _start(self, module, args, kwargs):
        self.steps, self.scope, self.inside = [], [], 0
        self.names, self.run = {}, object()
        self.runs += 1
        self.input = None
        for t in _tensors(self.torch, (args, kwargs)):
            self._mark(t, -1)
            if self.input is None:
                self.input = t.detach().clone()
        if isinstance(module, self.torch.nn.Module) and _is_leaf(self.torch, module):
            self.inside = 1
        self.running = _mode(self.torch, self)
        self.running.__enter__()

    def _end(self, module, args, kwargs, out):
        if self.running is not None:
            self.running.__exit__(None, None, None)
            self.running = None
        if out is None:  # it ended in an error
            self.runs -= 1
            return
        if _is_leaf(self.torch, module):  # a model of one layer
            self.inside = 0
            self._leaf(type(module).__name__, module, args, kwargs, out)
        self.output = None
        for t in _tensors(self.torch, out):
            if t.is_floating_point():
                self.output = _floats(t)
                for k in self._sources(t):
                    if k >= 0:
                        self.steps[k].about["head"] = True
                break

    def _enter(self, name, module):
        leaf = _is_leaf(self.torch, module)

        def hook(m, args, kwargs):
            self.scope.append(name)
            self.inside += leaf
        return hook

    def _leave(self, name, module):
        leaf = _is_leaf(self.torch, module)

        def hook(m, args, kwargs, out):
            if self.scope:
                self.scope.pop()
            if leaf:
                if self.inside == 1 and self.running is not None and out is not None:
                    self._leaf(name, m, args, kwargs, out)  # still inside, so that what it calls is not seen
                self.inside -= 1
        return hook

    def _mark(self, t, k):
        t._stratascope = (self.run, k)

    def _sources(self, value):
        """Gives the numbers of the steps that tensors were made by in this run, each once, -1 for the network's input."""
        out = []
        for t in _tensors(self.torch, value):
            run, k = getattr(t, "_stratascope", (None, None))
            if run is self.run and k not in out:
                out.append(k)
        return out

    def _unique(self, name):
        self.names[name] = k = self.names.get(name, 0) + 1
        return name if k == 1 else f"{name}#{k}"

    def _leaf(self, name, m, args, kwargs, out):
        kind = type(m).__name__
        op = _OPS.get(kind, kind)
        after = self._sources((args, kwargs))
        about = {"class": kind, "parameters": sum(p.numel() for p in m.parameters(recurse=True))}
        if hasattr(m, "kernel_size") and op in ("Conv", "ConvTranspose"):
            about["kernel"] = list(m.kernel_size)
            if m.groups > 1:
                about["groups"] = m.groups
        for key in ("weight", "bias"):
            p = getattr(m, key, None)
            if p is not None and id(p) in self.params:
                about[key] = f"{name}.{key}"
        swap = getattr(m, "batch_first", True) is False
        self._take(self._unique(name), op, after, out, swap, about)

    def called(self, func, args, kwargs, out):
        """Sees a function that is called outside of leaves."""
        name = getattr(func, "__name__", "")
        found = [t for t in _tensors(self.torch, out)]
        if not found:
            return
        after = self._sources((args, kwargs))
        if name in _NOTHING:
            for t in found:
                self._mark(t, after[0] if len(after) == 1 else -1)
            return
        if not after:
            return  # made of constants alone
        op, about = _FUNCTIONS.get(name, name), {}
        scope = self.scope[-1] if self.scope else ""
        site = f"{scope}.{name.strip('_')}" if scope else name.strip("_")
        if op == "Sum":
            if len(after) < 2 or any(t.shape != found[0].shape for t in _tensors(self.torch, (args, kwargs))):
                op = "Shift"
            else:
                site = scope or "add"
        for t in _tensors(self.torch, (args, kwargs)):
            owner = self.params.get(id(t), "")
            if owner.endswith("weight"):
                about["weight"], site = owner, re.sub(r"[._]weight$", "", owner)
                about["parameters"] = about.get("parameters", 0) + t.numel()
            elif owner.endswith("bias"):
                about["bias"] = owner
                about["parameters"] = about.get("parameters", 0) + t.numel()
        if op in ("Linear", "Conv", "ConvTranspose") and "weight" not in about:
            op = name
        if op == "Conv":
            about["kernel"] = list(_tensors(self.torch, (args, kwargs))[1].shape[2:])
        self._take(self._unique(site), op, after, out, False, about)

    def _take(self, name, op, after, out, swap, about):
        k = len(self.steps)
        s = _Step(name, op, after, op in _KEPT, **about)
        self.steps.append(s)
        for t in _tensors(self.torch, out):
            self._mark(t, k)
        value = next((t for t in _tensors(self.torch, out) if t.is_floating_point()), None)
        if value is None or not s.kept or value.dim() < 2:
            s.kept = False
            return
        if swap and value.dim() == 3:
            value = value.transpose(0, 1)
        s.whole = tuple(value.shape)
        s.shape = list(value.shape[1:])
        first, last = ("Conv", "ConvTranspose", "BatchNormalization"), ("Linear", "Embedding", "Attention", "LSTM", "GRU", "RNN")
        s.axis = 1 if op in first or op not in last and value.dim() >= 4 else value.dim() - 1
        if op not in first + last:  # an activation keeps its units where its layer has them
            for a in after:
                if a >= 0 and getattr(self.steps[a], "shape", None) == s.shape:
                    s.axis = self.steps[a].axis
        # Taken here and not later: the next step may work in place.
        s.value = self._form(s, value.detach())
        if value.requires_grad:
            value.register_hook(lambda g, s=s, n=len(value): self._gradient(s, g, n))

    def _form(self, s, value):
        """Reduces a value as its site is stored; before that is decided, gives it whole."""
        reduce = self.stored.get(s.name, "none") if self.sites is not None else "none"
        value = value.float()
        if reduce == "gap" and value.dim() > 2:
            dims = [d for d in range(1, value.dim()) if d != s.axis]
            value = value.double().mean(dims)
        return _floats(value)

    def _gradient(self, s, g, n):
        if len(g) == n:
            s.grad = _floats(g.detach().float().reshape(n, -1).norm(dim=1))

    # One step of the recording

    def step(self, loss, y, ids, split="val", groups=None, mask=None):
        """Takes in what the model just computed. loss: summed over the samples, for gradients; None for none.
        y: labels, or None. ids: one a sample, the same in every run. mask: [samples, tokens], true where a
        token counts; layers of tokens are then stored as their masked mean."""
        if self.model.training:
            raise RuntimeError("the model was set to training mode; values are recorded in evaluation mode")
        if self.runs != 1:
            raise RuntimeError(f"the model ran {self.runs} times since the last step, want once; if it is compiled, record the model before it was")
        self.runs = 0
        if not any(s.kept for s in self.steps):
            raise RuntimeError("no layer was seen to run: is the model that runs the one that was given?")
        if ids is None:
            raise ValueError("ids are needed: one for each sample, the same in every run. Row numbers of a shuffling loader are none.")
        n = len(ids)
        if loss is not None:
            self._backward(loss)
        self._decide(n, y, loss is not None, mask is not None)
        arrays = self._arrays(n, mask)
        prints = self._prints(n)
        rows, new, extra = _rows(self.folder, y, ids, split, groups, prints)
        arrays.update(extra)
        if rows:
            self.folder.add(split, rows, {k: a[new] for k, a in arrays.items()}, sorted(groups or {}))
        self.steps = []

    def _backward(self, loss):
        if not loss.requires_grad:
            raise ValueError("the loss has no gradient: run the model outside of torch.no_grad(), or give None for the loss")
        if loss.dim():
            raise ValueError(f"the loss has shape {tuple(loss.shape)}, want one number, summed over the samples")
        wanted = [p for p in self.model.parameters() if p.requires_grad]
        self.torch.autograd.grad(loss, wanted, allow_unused=True)

    def _decide(self, n, y, gradients, masked):
        """Decides at the first step how each site is stored, and makes sure later that the run was the same."""
        for s in self.steps:
            if s.kept and s.whole[0] != n:
                s.kept = False
                if self.sites is None:
                    warnings.warn(f"{s.name} has {s.whole[0]} rows for {n} samples and is not recorded")
        ran = [(s.name, s.op, s.kept) for s in self.steps]
        if self.sites is not None:
            if ran != self.ran:
                other = next((a for a in ran if a not in self.ran), None) or next(a for a in self.ran if a not in ran)
                raise RuntimeError(f"the model ran other layers than before, such as {other[0]}; only networks that run the same layers for all samples are recorded")
            if gradients != self.with_gradients or masked != self.masked:
                raise ValueError("a loss or a mask was given in some steps and not in others")
            return
        self.ran, self.with_gradients, self.masked = ran, gradients, masked
        self.folder.manifest["task"]["kind"] = _kind(y)
        self.stored = {s.name: "none" for s in self.steps if s.kept}
        spatial = sorted((s for s in self.steps if s.kept and len(s.shape) > 1), key=lambda s: -int(np.prod(s.shape)))
        total = sum(int(np.prod(s.shape)) for s in self.steps if s.kept)
        for s in spatial:
            if self.maps == "gap" or self.maps == "auto" and total > self.budget:
                self.stored[s.name] = "gap"
                total -= int(np.prod(s.shape)) - s.shape[s.axis - 1]
        if masked:
            for s in spatial:
                if len(s.shape) == 2 and s.axis == 2:
                    self.stored[s.name] = "masked-mean"
        calls = {}
        for s in self.steps:
            base = s.name.split("#")[0]
            calls[base] = calls.get(base, 0) + 1
        self.sites = []
        for k, s in enumerate(self.steps):
            about = {a: v for a, v in s.about.items() if v}
            site = {"name": s.name, "order": k + 1, "op": s.op, "shape": s.shape or [], "reduce": self.stored.get(s.name, "absent"),
                    "after": ["input" if a < 0 else self.steps[a].name for a in s.after] or ["input"], **about}
            if s.kept:
                units = s.shape[s.axis - 1]
                site.update(axis=s.axis, dtype=self.dtype if site["reduce"] == "none" else "F32",
                            stored=s.shape if site["reduce"] == "none" else [units], activation="none")
            if calls[s.name.split("#")[0]] > 1:
                site["calls"] = calls[s.name.split("#")[0]]
            self.sites.append(site)
        old = self.folder.manifest["sites"]
        if old and [(s["name"], s["reduce"]) for s in old] != [(s["name"], s["reduce"]) for s in self.sites]:
            raise ValueError("the layers, or how they are stored, are not those of the recording that is gone on with")
        self.folder.manifest["sites"] = self.sites
        if gradients:
            self.folder.manifest["gradients"] = {"what": "d loss / d output", "loss": "as given", "reduction": "sum", "stored": "norm per sample"}
        for s in self.steps:  # the first values were taken whole
            if s.kept and self.stored[s.name] == "gap":
                s.value = s.value.mean(tuple(d for d in range(1, s.value.ndim) if d != s.axis), dtype=np.float64).astype(np.float32)
        seen = {s.name.split("#")[0] for s in self.steps}
        leaves = [name for m, name in self.seen if name and _is_leaf(self.torch, m)]
        silent = [name for m, name in self.seen if name in leaves and list(m.parameters()) and name not in seen
                  and not any(name.startswith(outer + ".") for outer in leaves)]
        if silent:
            self.folder.manifest["not_called"] = silent
            warnings.warn(f"{len(silent)} layers with weights did not run, such as {silent[0]}; they are not recorded")

    def _arrays(self, n, mask):
        arrays = {}
        for s in self.steps:
            if not s.kept:
                continue
            a = s.value
            if self.stored[s.name] == "masked-mean":
                m = np.asarray(_numpy(mask), dtype=bool)
                if m.shape != a.shape[:2]:
                    raise ValueError(f"the mask has shape {m.shape}, {s.name} has {a.shape[:2]} tokens")
                a = (a * m[:, :, None]).sum(1, dtype=np.float64) / np.maximum(1, m.sum(1))[:, None]
            # Values that half precision cannot hold must not look like infinities of the network.
            half = self.dtype == "F16" and self.stored[s.name] == "none" and not (np.isfinite(a) & (np.abs(a) > 65504)).any()
            arrays[f"feat/{s.name}"] = a.astype(np.float16 if half else np.float32)
            if self.with_gradients and s.grad is not None:
                arrays[f"grad/{s.name}"] = s.grad
        if self.output is not None and self.output.ndim == 2 and len(self.output) == n:
            arrays["out/logits"] = self.output
        keep = self.inputs if self.inputs != "auto" else self.input is not None and self.input[:1].numel() <= 4096
        if keep and self.input is not None and self.input.is_floating_point() and len(self.input) == n:
            arrays["in/x"] = _floats(self.input)
        return arrays

    def _prints(self, n):
        """Hashes what the network was fed with, sample by sample, so that the same sample in two splits is found."""
        if self.input is None or self.input.dim() == 0 or len(self.input) != n:
            return None
        x = _numpy(self.input)
        head = f"{x.dtype} {x.shape[1:]}".encode()
        return [hashlib.sha256(head + np.ascontiguousarray(v).tobytes()).hexdigest() for v in x]


def _unwrapped(torch, model):
    """Gives the module whose layers are hooked, and a context that runs compiled modules as they were written."""
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError("a scripted model runs without its hooks; record the model it was made of")
    inner = model
    while True:
        if hasattr(inner, "_orig_mod"):
            inner = inner._orig_mod
        elif type(inner).__name__ in ("DistributedDataParallel", "FullyShardedDataParallel"):
            inner = inner.module
        elif type(inner).__name__ == "DataParallel":
            raise TypeError("DataParallel runs copies of the model; record model.module")
        else:
            break
    compiled = inner is not model or any(hasattr(m, "_orig_mod") or getattr(m, "_compiled_call_impl", None) is not None for m in model.modules())
    if not compiled:
        return inner, None
    if not hasattr(torch.compiler, "set_stance"):
        raise TypeError("hooks on a compiled model fire for some layers only; record the model before it was compiled")
    return inner, torch.compiler.set_stance("force_eager")


def _is_leaf(torch, m):
    """Reports whether a module is one step: PyTorch's own without children, attentions and recurrent ones."""
    if isinstance(m, (torch.nn.MultiheadAttention, torch.nn.RNNBase)):
        return True
    return type(m).__module__.startswith("torch.") and not any(True for _ in m.children()) and not isinstance(
        m, (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict))


def _tensors(torch, value):
    """Gives the tensors of anything a module takes or gives: tuples, dicts, packed sequences, outputs with fields."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict) or hasattr(value, "items"):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [t for v in value for t in _tensors(torch, v)]
    return []


def _mode(torch, recorder):
    """Sees functions that no hook sees: relu, additions, flatten."""
    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            if not recorder.inside:
                recorder.called(func, args, kwargs or {}, out)
            return out
    return Mode()
