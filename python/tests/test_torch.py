"""The traps of recording a PyTorch model, one test each."""

import os

import networks
import numpy as np
import pytest
import recordings as r
import stratascope_recorder as ss
import torch
import torch.nn.functional as F
from torch import nn


def take(model, x, path, y=None, **options):
    with ss.record(model, path, **options) as rec:
        with torch.no_grad():
            model(x)
        rec.step(None, y, range(len(x)))
    return r.values(path)


def mlp(*middle):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 4), *middle, nn.Linear(4, 3))


X = torch.linspace(-2, 2, 60).reshape(12, 5).sin() * 3


def test_relu_in_place_overwrites_nothing(tmp_path):
    model = mlp(nn.ReLU(inplace=True))
    v = take(model, X, tmp_path)
    want = F.linear(X, model[0].weight, model[0].bias).detach().numpy()
    assert np.allclose(v["feat/0"], want, atol=1e-6) and (want < 0).any()
    assert np.array_equal(v["feat/1"], np.maximum(v["feat/0"], 0))
    assert np.allclose(v["out/logits"], model(X).detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("whole", [True, False])
def test_compiled_modules_run_as_written(tmp_path, whole):
    model = mlp(nn.ReLU())
    compiled = torch.compile(model, backend="eager")
    if not whole:
        model[0] = torch.compile(model[0], backend="eager")
        compiled = model
    v = take(compiled, X, tmp_path)
    assert sum(n.startswith("feat/") for n in v) == 3
    take(mlp(nn.ReLU()), X, tmp_path / "plain")
    assert [s["op"] for s in r.manifest(tmp_path)["sites"]] == ["Linear", "Relu", "Linear"]


def test_scripted_modules_are_refused(tmp_path):
    with pytest.raises(TypeError, match="scripted"):
        ss.record(torch.jit.trace(mlp(), X), tmp_path)


def test_order_is_that_of_execution(tmp_path):
    model = networks.small()  # its head is registered first
    take(model, torch.randn(3, 1, 8, 8), tmp_path)
    names = [s["name"] for s in r.manifest(tmp_path)["sites"]]
    assert names[0] == "conv1" and names[-1] == "head"
    assert r.site(tmp_path, "head")["head"] and r.site(tmp_path, "head")["after"] == ["drop"]


def test_a_module_used_twice_has_two_names(tmp_path):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(5, 5)
            self.act = nn.Tanh()

        def forward(self, x):
            return self.fc(self.act(self.fc(x)))

    model = Twice()
    v = take(model, X, tmp_path)
    once = model.fc(X)
    assert np.allclose(v["feat/fc"], once.detach(), atol=1e-6)
    assert np.allclose(v["feat/fc#2"], model.fc(once.tanh()).detach(), atol=1e-6)
    assert r.site(tmp_path, "fc")["calls"] == 2 and r.site(tmp_path, "fc#2")["after"] == ["act"]


def test_additions_and_functions_are_seen(tmp_path):
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(5, 5), nn.Linear(5, 5)

        def forward(self, x):
            y = F.relu(self.fc1(x))
            y = y + self.fc2(y)
            y += x
            return y * 2 + 1

    model = Residual()
    v = take(model, X.clone(), tmp_path)
    assert np.allclose(v["feat/add#2"] * 2 + 1, model(X).detach(), atol=1e-5)
    assert r.site(tmp_path, "add")["op"] == "Sum" and r.site(tmp_path, "add")["after"] == ["relu", "fc2"]
    assert r.site(tmp_path, "add#2")["after"] == ["add", "input"]
    assert r.site(tmp_path, "relu")["op"] == "Relu"
    assert not any(s["op"] == "Sum" for s in r.manifest(tmp_path)["sites"][-1:])  # the added 1 is no stream


def test_masks_that_are_added_are_no_stream(tmp_path):
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(5, 5)

        def forward(self, x, bias):
            return self.fc(x) + bias

    model = Masked()
    with ss.record(model, tmp_path) as rec:
        model(X, torch.zeros(1, 5))
        rec.step(None, None, range(12))
    assert not any(s["op"] == "Sum" for s in r.manifest(tmp_path)["sites"])


def test_training_mode_is_set_aside_and_restored(tmp_path):
    model = mlp(nn.BatchNorm1d(4), nn.Dropout(0.5))
    model[1].eval()  # as one freezes it
    model.training = model[0].training = model[2].training = True
    before = {k: t.clone() for k, t in model.state_dict().items()}
    take(model, X, tmp_path)
    assert [m.training for m in model.modules()] == [True, True, False, True, True]
    assert all(torch.equal(before[k], t) for k, t in model.state_dict().items())
    with ss.record(model, tmp_path / "b") as rec, pytest.raises(RuntimeError, match="evaluation mode"):
        model.train()
        model(X)
        rec.step(None, None, range(12))
    with pytest.raises(ZeroDivisionError), ss.record(model, tmp_path / "c"):
        1 / 0
    assert model[0]._forward_hooks == {} and model[0].training


def test_tuples_dicts_and_recurrent_outputs(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(5, 6)  # tokens first
            self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
            self.fc = nn.Linear(6, 3)

        def forward(self, x):
            h, _ = self.lstm(x.transpose(0, 1))
            h = h.transpose(0, 1)
            a, _ = self.attention(h, h, h)
            return {"logits": self.fc(a[:, -1]), "hidden": h}

    model = Odd().eval()
    x = torch.randn(7, 4, 5)
    v = take(model, x, tmp_path)
    want = model(x)
    assert np.allclose(v["feat/lstm"], want["hidden"].detach(), atol=1e-5)  # samples first
    assert v["feat/attention"].shape == (7, 4, 6)
    assert np.allclose(v["out/logits"], want["logits"].detach(), atol=1e-5)
    assert [s["op"] for s in r.manifest(tmp_path)["sites"] if s["reduce"] != "absent"] == ["LSTM", "Attention", "Linear"]


def test_masks_leave_padding_out(tmp_path):
    model = nn.Sequential(nn.Linear(5, 4), nn.ReLU())
    x = torch.randn(6, 3, 5)
    mask = torch.tensor([[True, True, False], [True, False, False]] * 3)
    with ss.record(model, tmp_path) as rec:
        out = model(x)
        rec.step(None, None, range(6), mask=mask)
    assert r.site(tmp_path, "1")["reduce"] == "masked-mean" and r.site(tmp_path, "1")["stored"] == [4]
    assert np.allclose(r.values(tmp_path)["feat/1"][0], out[0, :2].mean(0).detach(), atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_networks(tmp_path, dtype):
    model = mlp(nn.ReLU()).to(dtype)
    v = take(model, X.to(dtype), tmp_path)
    assert v["feat/1"].dtype == np.float32
    assert np.array_equal(v["out/logits"], model(X.to(dtype)).float().detach())


def test_stored_in_half_precision_nothing_overflows(tmp_path):
    model = mlp(nn.ReLU())
    v = take(model, X, tmp_path / "a", dtype="F16")
    assert v["feat/0"].dtype == np.float16
    v = take(model, X * 1e5, tmp_path / "b", dtype="F16")
    assert v["feat/0"].dtype == np.float32 and np.isfinite(v["feat/0"]).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no accelerator")
def test_other_devices(tmp_path):
    model = mlp(nn.ReLU()).cuda()
    v = take(model, X.cuda(), tmp_path)
    assert np.allclose(v["out/logits"], model(X.cuda()).detach().cpu(), atol=1e-6)


def test_ids_are_required_and_kept(tmp_path):
    model = mlp()
    with ss.record(model, tmp_path) as rec:
        model(X)
        with pytest.raises(ValueError, match="ids are needed"):
            rec.step(None, None, None)
    with ss.record(model, tmp_path / "b") as rec:
        model(X)
        with pytest.raises(ValueError, match="twice"):
            rec.step(None, None, [1] * 12)
    order = torch.randperm(12)
    with ss.record(model, tmp_path / "c") as rec:
        model(X[order])
        rec.step(None, order % 3, order)
    rows = r.samples(tmp_path / "c")
    assert [s["id"] for s in rows] == [str(int(i)) for i in order]
    assert [s["label"] for s in rows] == [str(int(i) % 3) for i in order]
    want = model(X).detach().numpy()
    for k, a in enumerate(r.values(tmp_path / "c")["out/logits"]):
        assert np.allclose(a, want[int(rows[k]["id"])], atol=1e-6)


def test_memory_is_given_back_every_512_samples(tmp_path):
    model = mlp()
    with ss.record(model, tmp_path) as rec:
        for k in range(11):
            model(X.repeat(10, 1)[:100])
            rec.step(None, None, [f"{k}/{i}" for i in range(100)], split="train")
            held = rec.folder.buffer["train"]
            assert len(held[0]) < 512 and all(sum(map(len, a)) == len(held[0]) for a in held[1].values())
        assert [s["rows"] for s in r.manifest(tmp_path)["shards"]] == [[0, 512], [512, 1024]]
    assert [s["rows"] for s in r.manifest(tmp_path)["shards"]] == [[0, 512], [512, 1024], [1024, 1100]]
    v = r.values(tmp_path, "train")
    assert np.array_equal(v["row"], np.arange(1100))
    assert np.allclose(v["out/logits"].reshape(11, 100, 3)[10], v["out/logits"][:100])


def test_interrupted_and_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(ss, "FLUSH", 8)
    model = mlp()

    def go(stop, **options):
        with ss.record(model, tmp_path, **options) as rec:
            for k in range(0, 12, 4):
                model(X[k:k + 4])
                if k == stop:
                    raise KeyboardInterrupt
                rec.step(None, None, range(k, k + 4))

    with pytest.raises(KeyboardInterrupt):
        go(8)
    assert len(r.values(tmp_path)["row"]) == 8 and not list(tmp_path.glob("*.tmp"))
    with pytest.raises(FileExistsError, match="resume=True"):
        go(-1)
    go(-1, resume=True)
    v = r.values(tmp_path)
    assert [s["id"] for s in r.samples(tmp_path)] == [str(i) for i in range(12)]
    assert np.allclose(v["out/logits"], model(X).detach(), atol=1e-6)
    torch.manual_seed(99)
    with pytest.raises(ValueError, match="another network"), ss.record(nn.Sequential(nn.Linear(5, 2)), tmp_path, resume=True):
        pass


def test_a_write_that_fails_leaves_the_old_manifest(tmp_path, monkeypatch):
    model = mlp()
    take(model, X, tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()

    def full(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError), ss.record(model, tmp_path, resume=True, weights=False) as rec:
        model(X)
        rec.step(None, None, range(100, 112))
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_gradients_are_norms_by_sample(tmp_path):
    model = mlp(nn.ReLU(inplace=True))
    y = torch.arange(12) % 3
    with ss.record(model, tmp_path) as rec:
        for lo in (0, 5):
            hi = lo + 5 if lo == 0 else 12
            loss = F.cross_entropy(model(X[lo:hi]), y[lo:hi], reduction="sum")
            rec.step(loss, y[lo:hi], range(lo, hi))
    # Sample by sample, layer by layer, by hand.
    v = r.values(tmp_path)
    for i in range(12):
        a = model[0](X[i:i + 1])
        h = a.relu()
        out = model[2](h)
        for name, g in zip(("0", "1", "2"), torch.autograd.grad(F.cross_entropy(out, y[i:i + 1]), (a, h, out))):
            assert abs(v[f"grad/{name}"][i] - g.norm().item()) < 1e-6, name
    assert all(p.grad is None for p in model.parameters())
    assert r.manifest(tmp_path)["gradients"]["stored"] == "norm per sample"
    with ss.record(model, tmp_path / "b") as rec, torch.no_grad():
        loss = F.cross_entropy(model(X), y, reduction="sum")
        with pytest.raises(ValueError, match="no gradient"):
            rec.step(loss, y, range(12))


def test_large_maps_give_way_first(tmp_path):
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Conv2d(2, 3, 1), nn.Flatten(), nn.Linear(12, 2))
    x = torch.randn(5, 1, 8, 8)
    take(model, x, tmp_path / "all", maps="all")
    take(model, x, tmp_path / "auto", budget=100)
    assert [r.site(tmp_path / "auto", n)["reduce"] for n in "0135"] == ["gap", "gap", "none", "none"]
    for name in "01":
        whole = r.values(tmp_path / "all")[f"feat/{name}"]
        assert np.allclose(r.values(tmp_path / "auto")[f"feat/{name}"], whole.mean((2, 3)), atol=1e-6)


def test_runs_are_counted(tmp_path):
    model = mlp()
    with ss.record(model, tmp_path) as rec:
        with pytest.raises(RuntimeError, match="ran 0 times"):
            rec.step(None, None, range(12))
        model(X)
        model(X)
        with pytest.raises(RuntimeError, match="ran 2 times"):
            rec.step(None, None, range(12))


def test_other_layers_from_run_to_run_are_refused(tmp_path):
    class Fickle(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(5, 5), nn.Linear(5, 5)

        def forward(self, x):
            return self.a(x) if x.mean() > 0 else self.b(x)

    model = Fickle()
    with pytest.warns(UserWarning, match="1 layers with weights did not run"), ss.record(model, tmp_path) as rec:
        model(X.abs())
        rec.step(None, None, range(12))
        model(-X.abs())
        with pytest.raises(RuntimeError, match="ran other layers"):
            rec.step(None, None, range(12, 24))
    assert r.manifest(tmp_path)["not_called"] == ["b"]


def test_same_inputs_have_same_prints(tmp_path):
    model = mlp()
    x = torch.cat([X, X[:1]])
    v = take(model, x, tmp_path)
    prints = [s["sha256"] for s in r.samples(tmp_path)]
    assert prints[0] == prints[12] and len(set(prints)) == 12
    assert np.array_equal(v["in/x"], x)
