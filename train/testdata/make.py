"""Trainings by PyTorch that the tests of this package follow step by step.

    python train/testdata/make.py

Made with Python 3.11, torch 2.15.0, numpy 2.4.6, onnx 1.23.2, one thread, CPU. Another processor may round the
last digits differently, so make all files together. SAM is not in torch: it is written below by eq. 2 and 3 of
Foret et al. 2021, with the step of Kwon et al. 2021, eq. 4, where it is adaptive.
Images are Fashion-MNIST's (Xiao 2017; MIT licence), from internal/golden/testdata/healthy/data.npz.

optimisers.npz  a network of two layers (tanh between them): x, y, w1, b1, w2, b2, and per optimiser the four
                weights of every step, NAME.w1 [steps, ...]
losses.npz      values, targets, and per loss NAME.loss and NAME.grad, the gradient of the value
schedules.json  learning rates of PyTorch's schedulers
lenet.onnx, resnet.onnx  networks of internal/golden/networks.py before training, and NAME.npz: order [200, 30],
                the loss of each step, gradient norms of the first, all weights after 20 and 200 steps as after.NAME
                (after 20) and last.NAME
gpt.onnx        a decoder with a tied head before training, and gpt.npz: input, next (the targets), the loss of ten steps,
                the embedding after them
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent.parent / "internal" / "golden"
sys.path.insert(0, str(GOLDEN))
import networks  # noqa: E402

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
STEPS = 12


class SAM:
    def __init__(self, parameters, base, rho, adaptive):
        self.parameters, self.base, self.rho, self.adaptive = parameters, base, rho, adaptive

    def step(self, closure):
        closure()
        weigh = lambda p: p.detach().abs() if self.adaptive else torch.ones_like(p)
        norm = torch.sqrt(sum(((weigh(p) * p.grad) ** 2).sum() for p in self.parameters))
        old = [p.detach().clone() for p in self.parameters]
        with torch.no_grad():
            for p in self.parameters:
                p.add_(weigh(p) ** 2 * p.grad * self.rho / (norm + 1e-12))
        closure()
        with torch.no_grad():
            for p, o in zip(self.parameters, old):
                p.copy_(o)
        self.base.step()


def optimisers():
    r = np.random.default_rng(1)
    data = {n: r.normal(size=s).astype(np.float32) for n, s in
            {"x": (6, 5), "y": (6, 3), "w1": (5, 4), "b1": (4,), "w2": (4, 3), "b2": (3,)}.items()}
    names = ["w1", "b1", "w2", "b2"]
    out = dict(data)

    def train(name, make, clip=None, rate=None):
        ps = [torch.tensor(data[n], requires_grad=True) for n in names]
        opt = make(ps)
        track = {n: [] for n in names}
        x, y = torch.tensor(data["x"]), torch.tensor(data["y"])

        def closure():
            for p in ps:
                p.grad = None
            loss = F.mse_loss(torch.tanh(x @ ps[0] + ps[1]) @ ps[2] + ps[3], y)
            loss.backward()
            return loss

        for _ in range(STEPS):
            if isinstance(opt, SAM):
                opt.step(closure)
            else:
                closure()
                if clip:
                    clip(ps)
                opt.step()
            for n, p in zip(names, ps):
                track[n].append(p.detach().numpy().copy())
        for n in names:
            out[f"{name}.{n}"] = np.stack(track[n])

    o = torch.optim
    train("sgd", lambda p: o.SGD(p, lr=0.1))
    train("momentum", lambda p: o.SGD(p, lr=0.1, momentum=0.9))
    train("nesterov", lambda p: o.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01))
    train("dampened", lambda p: o.SGD(p, lr=0.1, momentum=0.8, dampening=0.3, weight_decay=0.05))
    train("adam", lambda p: o.Adam(p, lr=0.02))
    train("adam-decay", lambda p: o.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1))
    train("adamw", lambda p: o.AdamW(p, lr=0.02, weight_decay=0.1))
    train("clip-norm", lambda p: o.SGD(p, lr=0.1, momentum=0.9), lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5))
    train("clip-value", lambda p: o.Adam(p, lr=0.02), lambda p: torch.nn.utils.clip_grad_value_(p, 0.05))
    train("sam", lambda p: SAM(p, o.SGD(p, lr=0.1, momentum=0.9), 0.05, False))
    train("asam", lambda p: SAM(p, o.Adam(p, lr=0.02), 0.5, True))
    np.savez_compressed(HERE / "optimisers.npz", **out)


def losses():
    r = np.random.default_rng(2)
    logits, maps, tokens = (r.normal(size=s).astype(np.float32) * 2 for s in ((7, 5), (3, 5, 2, 3), (2, 4, 5)))
    teacher = (r.normal(size=(7, 5)) * 3).astype(np.float32)
    labels, pixels, words = r.integers(0, 5, 7), r.integers(0, 5, (3, 2, 3)), r.integers(0, 5, (2, 4))
    labels[2], pixels[1, 0, 1], words[0, 3] = -1, -1, -1
    shares = r.dirichlet(np.ones(5), 7).astype(np.float32)
    weights = torch.tensor([0.5, 1, 2, 0, 1.5])
    out = dict(logits=logits, maps=maps, tokens=tokens, teacher=teacher, labels=labels, pixels=pixels, words=words, shares=shares)

    def of(name, value, loss):
        v = torch.tensor(value, requires_grad=True)
        total = loss(v)
        total.backward()
        out[name + ".loss"], out[name + ".grad"] = total.detach().numpy(), v.grad.numpy()

    ce = lambda t, **k: lambda v: F.cross_entropy(v, torch.tensor(t), **k)
    of("hard", logits, ce(labels, ignore_index=-1))
    of("smooth", logits, ce(labels, ignore_index=-1, label_smoothing=0.1))
    of("weighted", logits, ce(labels, ignore_index=-1, weight=weights))
    of("weighted-smooth", logits, ce(labels, ignore_index=-1, weight=weights, label_smoothing=0.2))
    of("maps", maps, ce(pixels, ignore_index=-1, weight=weights, label_smoothing=0.1))
    of("tokens", tokens, lambda v: F.cross_entropy(v.transpose(1, 2), torch.tensor(words), ignore_index=-1, weight=weights))
    of("soft", logits, ce(shares))
    of("soft-smooth", logits, ce(shares, weight=weights, label_smoothing=0.1))
    of("mse", logits, lambda v: F.mse_loss(v, torch.tensor(teacher)))
    of("kl", logits, lambda v: F.kl_div(F.log_softmax(v, 1), F.softmax(torch.tensor(teacher), 1), reduction="batchmean"))
    heat = 4.0
    kd = lambda v: heat**2 * F.kl_div(F.log_softmax(v / heat, 1), F.softmax(torch.tensor(teacher) / heat, 1), reduction="batchmean")
    of("kl-4", logits, kd)
    of("sum", logits, lambda v: 0.1 * F.cross_entropy(v, torch.tensor(labels), ignore_index=-1) + 0.9 * kd(v))
    np.savez_compressed(HERE / "losses.npz", **out)


def schedules():
    s = torch.optim.lr_scheduler
    out = {}

    def rates(name, rate, make, steps=40):
        opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate, momentum=0.9)
        schedule, list_ = make(opt), []
        for _ in range(steps):
            list_.append(opt.param_groups[0]["lr"])
            opt.step()
            schedule.step()
        out[name] = list_

    rates("stairs", 0.1, lambda o: s.StepLR(o, 7, 0.5))
    rates("cosine", 0.1, lambda o: s.CosineAnnealingLR(o, 40, 0.001))
    rates("warm-up", 0.1, lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=8), s.CosineAnnealingLR(o, 32)], [8]))
    rates("one-cycle", 0.1, lambda o: s.OneCycleLR(o, 0.1, total_steps=41, cycle_momentum=False), 41)
    (HERE / "schedules.json").write_text(json.dumps(out) + "\n")


def curve(name, model, make, loss_of, preserve, schedule=None, clip=None):
    data = np.load(GOLDEN / "testdata" / "healthy" / "data.npz")
    x = torch.tensor(data["x_train"].astype(np.float32) / np.float32(255))
    y = torch.tensor(data["y_train"].astype(np.int64))
    r = np.random.default_rng(3)
    order = np.concatenate([r.permutation(600) for _ in range(10)]).reshape(200, 30)
    extra = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) if preserve else {}
    torch.onnx.export(model.eval(), (x[:2],), str(HERE / f"{name}.onnx"), dynamo=False, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}, **extra)
    model.train()
    opt = make(model.parameters())
    plan = schedule(opt) if schedule else None
    out = {"order": order.astype(np.int32)}
    curve = []
    for i, rows in enumerate(order):
        opt.zero_grad()
        loss = loss_of(model(x[rows]), y[rows])
        loss.backward()
        if i == 0:
            for n, p in model.named_parameters():
                out["grad." + n] = np.float64(p.grad.double().norm().item())
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        opt.step()
        if plan:
            plan.step()
        curve.append(loss.item())
        if i in (19, 199):
            for n, v in model.state_dict().items():
                if v.is_floating_point():
                    out[("after." if i == 19 else "last.") + n] = v.numpy().copy()
    out["loss"] = np.array(curve)
    np.savez_compressed(HERE / f"{name}.npz", **out)
    print(name, curve[0], curve[19], curve[-1])


def tied():
    """A decoder whose head is its embedding, which both exporters write as two matrices."""
    torch.manual_seed(7)
    model = networks.GPT(True)
    ids = torch.randint(0, 50, (8, 7))
    torch.onnx.export(model.eval(), (ids[:, :-1],), str(HERE / "gpt.onnx"), dynamo=False, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})
    model.train()
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    out, track = {"input": ids[:, :-1].numpy(), "next": ids[:, 1:].numpy()}, []
    for _ in range(10):
        opt.zero_grad()
        loss = F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])
        loss.backward()
        opt.step()
        track.append(loss.item())
    out["loss"], out["embedding"] = np.array(track), model.wte.weight.detach().numpy()
    np.savez_compressed(HERE / "gpt.npz", **out)
    print("gpt", track[0], track[-1])


def main():
    optimisers()
    losses()
    schedules()
    tied()
    # Rates at which PyTorch's own losses move by less than 1e-4 in 200 steps when the weights start 1e-7 elsewhere:
    # at larger ones rectifiers switch for many pixels at once, and two runs part by more than that.
    torch.manual_seed(4)
    curve("lenet", networks.LeNet(), lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
          lambda v, y: F.cross_entropy(v, y, label_smoothing=0.1), False)
    torch.manual_seed(5)
    model = networks.ResNet(1, (8, 16), (1, 1))
    for m in model.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(m.weight, 0.5, 1.5)
            torch.nn.init.normal_(m.bias, 0, 0.2)
    curve("resnet", model, lambda p: torch.optim.AdamW(p, lr=1e-4, eps=1e-3, weight_decay=0.05), F.cross_entropy, True,
          lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 200), 5.0)


main()
