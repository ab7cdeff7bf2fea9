"""Gradient fixtures: PyTorch's gradients of a fixed loss for the networks of testdata/forward.

The loss is the mean cross-entropy of the logits' last axis, the label of row i being 7 i modulo
the number of classes. Everything is computed in double precision and written in single. For
every network testdata/gradient/NAME-KIND.npz holds `loss`, the gradient of the `input` where it
is one of floats, and that of every weight under the name and in the layout of the ONNX file
NAME-KIND.onnx. `training.` before the name: the network normalises by its batch. `twice.`: the
Hessian times a vector whose element i is sin(i + 1), i counting within a weight in ONNX's layout;
the weights alone take part.

    python make_gradients.py
"""

import pathlib
import sys

import numpy as np
import onnx
import torch

import make_forward
import record

HERE = pathlib.Path(__file__).parent / "testdata"
OUT = HERE / "gradient"
CASES = {
    "perceptron": ("old", {"twice"}),
    "lenet": ("old", set()),
    "resnet18": ("old-bn", {"training", "twice"}),
    "mobilenet": ("old-bn", set()),
    "vit": ("old", set()),
    "encoder": ("old", {"twice"}),
    "gpt": ("old", set()),
    "gptmask": ("old", set()),
}


def matched(path, model):
    """Pairs the weights of an ONNX file with parameters: (name, parameter, transposed)."""
    out = []
    for tensor in onnx.load(path).graph.initializer:
        w = onnx.numpy_helper.to_array(tensor)
        if w.dtype != np.float32:
            continue
        for name, p in model.named_parameters():
            v = p.detach().numpy()
            if v.shape == w.shape and np.allclose(v, w, rtol=1e-4, atol=1e-6):
                out.append((tensor.name, p, False))
            elif v.ndim == 2 and v.T.shape == w.shape and np.allclose(v.T, w, rtol=1e-4, atol=1e-6):
                out.append((tensor.name, p, True))
            else:
                continue
            with torch.no_grad():  # exactly what the file holds
                p.copy_(torch.from_numpy((w.T if out[-1][2] else w).astype(np.float64)))
            break
    count = {}
    for _, p, _ in out:
        count[id(p)] = count.get(id(p), 0) + 1
    return [w for w in out if count[id(w[1])] == 1]  # the file unties what the network ties


def loss_of(model, x):
    logits = model(x)
    rows = logits.reshape(-1, logits.shape[-1])
    return torch.nn.functional.cross_entropy(rows, torch.arange(len(rows)) * 7 % rows.shape[1])


def layout(grad, transposed):
    g = grad.detach().numpy().astype(np.float32)
    return np.ascontiguousarray(g.T) if transposed else g


def gradients(model, x, weights, prefix, twice):
    parameters = [p for _, p, _ in weights]
    inputs = parameters + ([x] if x.is_floating_point() else [])
    loss = loss_of(model, x)
    first = torch.autograd.grad(loss, inputs, create_graph=True)
    out = {prefix + "loss": np.float32(loss.item())}
    if x.is_floating_point():
        out[prefix + "input"] = layout(first[-1], False)
    for (name, _, transposed), g in zip(weights, first):
        out[prefix + name] = layout(g, transposed)
    if twice:
        total = 0
        for (name, p, transposed), g in zip(weights, first):
            v = torch.sin(torch.arange(1, p.numel() + 1, dtype=torch.float64))
            total = total + ((g.T if transposed else g).reshape(-1) * v).sum()
        second = torch.autograd.grad(total, parameters)
        for (name, _, transposed), g in zip(weights, second):
            out[prefix + "twice." + name] = layout(g, transposed)
    return out


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, numpy {np.__version__}, onnx {onnx.__version__}")
    for name, (kind, more) in CASES.items():
        torch.manual_seed(1)
        model, sample = make_forward.CASES[name][0](), make_forward.CASES[name][1]()
        model = make_forward.unsettle(model, sample).double()
        sample = torch.from_numpy(np.load(HERE / "forward" / f"{name}.input.npz")["input"])
        if sample.is_floating_point():
            sample = sample.double().requires_grad_()
        weights = matched(HERE / "forward" / f"{name}-{kind}.onnx", model)
        if not weights:
            sys.exit(f"{name}: no weight of the file was found in the network")
        for buffer, stored in statistics(HERE / "forward" / f"{name}-{kind}.onnx", model):
            buffer.copy_(stored)
        logits = model(sample).detach().numpy()
        want = np.load(HERE / "forward" / f"{name}-{kind}.values.npz")["logits"]
        error = np.abs(logits - want).max() / np.abs(want).max()
        if error > 1e-5:
            sys.exit(f"{name}: logits differ from those of the file by {error}")
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            out = gradients(model, sample, weights, "", "twice" in more and "training" not in more)
            if "training" in more:
                out |= gradients(model.train(), sample, weights, "training.", "twice" in more)
        record.save(OUT / f"{name}-{kind}.npz", out)
        print(f"{name}-{kind}: {len(weights)} of {len(list(model.parameters()))} weights, logits {error:.1e} from the file's")


def statistics(path, model):
    """Pairs running statistics with what the file holds."""
    stored = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    for name, b in model.named_buffers():
        if name in stored and b.is_floating_point():
            yield b, torch.from_numpy(stored[name].astype(np.float64))


if __name__ == "__main__":
    main()
