"""Gradient fixtures of more families of networks (families.py), one export each.

testdata/families/NAME.onnx is an export, NAME.npz holds what it is fed (`feed.` before the input's name),
the `loss` of make_gradients.py and its gradients with respect to the `input`, where that is one of
floats, and every weight of the ONNX file that belongs to a parameter: in double precision, written in
single. `training.` before a name: the network normalises by its batch.

    python make_families.py [NAME...]
"""

import functools
import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

import families
import make_forward
import make_gradients
import record

OUT = pathlib.Path(__file__).parent / "testdata" / "families"
warnings.filterwarnings("ignore")


def wave(*shape):
    return lambda: (torch.randn(*shape),)


CASES = {  # the network, what it is fed, how it is exported (make_forward.py), opset
    "lstm": (lambda: families.Recurrent(nn.LSTM), wave(3, 7, 6), "old", 20),
    "bilstm": (lambda: families.Recurrent(nn.LSTM, 2, True), wave(3, 7, 6), "old", 20),
    "bilstmmask": (families.MaskedBiLSTM, lambda: (torch.randn(3, 7, 6), torch.tensor([7, 4, 2])), "old", 20),
    "gru": (lambda: families.Recurrent(nn.GRU), wave(3, 7, 6), "old", 20),
    "zoo": (families.Zoo, wave(2, 3, 16, 16), "old", 20),
    "convnext": (families.ConvNeXt, wave(2, 3, 32, 32), "new", 20),
    "mobilenetv3": (families.MobileNetV3, wave(2, 3, 16, 16), "old-bn", 20),
    "swin": (families.Swin, wave(2, 3, 16, 16), "old", 20),
    "gptrotary": (lambda: families.RotaryGPT(False), lambda: (torch.randint(0, 11, (2, 6)),), "new", 20),
    "gptrotary23": (lambda: families.RotaryGPT(True), lambda: (torch.randint(0, 11, (2, 6)),), "new", 23),
    "unet": (families.UNet, wave(2, 2, 12, 16), "old-bn", 20),
    "separable": (families.Separable1d, wave(2, 2, 40), "old", 20),
    "mixture": (families.MixtureOfExperts, wave(2, 5, 6), "old", 20),
}


def export(model, inputs, path, kind, opset):
    names = ["input", "lengths"][: len(inputs)]
    keywords = dict(input_names=names, output_names=["logits"], verbose=False, opset_version=opset)
    if kind == "new":
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(model, inputs, path, dynamo=True, dynamic_shapes=shapes, external_data=False, **keywords)
        onnx.save(forgetful(onnx.load(path)), path)
        return names
    axes = {name: {0: "batch"} for name in names + ["logits"]}
    if kind == "old-bn":
        keywords.update(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    torch.onnx.export(model, inputs, path, dynamo=False, dynamic_axes=axes, **keywords)
    return names


def forgetful(model):
    """Takes away where in its author's files each node comes from."""
    for n in list(model.graph.node) + list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        del n.metadata_props[:]
    return model


def unsettle(model, sample):
    """Moves every scale and shift off its initial value, so that no two are equal."""
    for m in model.modules():
        if "Norm" in type(m).__name__:
            for name, p in m.named_parameters():
                nn.init.uniform_(p, 0.5, 1.5) if name == "weight" else nn.init.normal_(p, 0, 0.2)
    if any(isinstance(m, nn.BatchNorm2d) for m in model.modules()):
        return make_forward.unsettle(model, sample)
    return model.eval()


def gates(order, dim, x):
    """Reorders the gates of a recurrent layer, which are equal parts of the first axis."""
    return torch.cat([x.chunk(len(order))[i] for i in order]).unsqueeze(dim)


def layouts(model):
    """The tensors of a network that a file may hold, and how it lays them out: (tensors, function)."""
    tables = [m.table for m in model.modules() if hasattr(m, "folded")]
    for p in model.parameters():
        if any(p is t for t in tables):
            continue
        yield [p], lambda p: p
        if p.ndim == 2:
            yield [p], lambda p: p.T
    for m in model.modules():
        if hasattr(m, "folded"):
            yield [m.folded], lambda v: v
        order = {nn.LSTM: (0, 3, 1, 2), nn.GRU: (1, 0, 2)}.get(type(m))
        for i in range(m.num_layers if order else 0):
            ends = [f"_l{i}", f"_l{i}_reverse"][: 1 + m.bidirectional]
            turned = functools.partial(gates, order, 0)
            for kind in ("ih", "hh"):
                yield [getattr(m, f"weight_{kind}{e}") for e in ends], lambda *w: torch.cat([turned(x) for x in w])
            yield (
                [getattr(m, f"bias_{kind}{e}") for e in ends for kind in ("ih", "hh")],
                lambda *b: torch.cat([turned(x) for x in b], 1).reshape(len(b) // 2, -1),
            )


def matched(path, model, feeds):
    """Pairs the weights of a file with tensors of the network: (name, tensors, layout)."""
    out, seen = [], set()
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    if any(hasattr(m, "folded") for m in model.modules()):  # what is taken from a table at fixed positions
        weights |= record.values(path, feeds)
    for name, w in reversed(weights.items()):  # of several in a row the last
        for tensors, layout in layouts(model) if w.dtype == np.float32 else ():
            key = tuple(id(t) for t in tensors)
            v = layout(*tensors).detach().float().numpy()
            if key not in seen and v.squeeze().shape == w.squeeze().shape and (v.reshape(w.shape) == w).all():
                seen.add(key)
                out.append((name, tensors, lambda *g, f=layout, s=w.shape: f(*g).reshape(s)))
                break
    return out


def gradients(model, inputs, path, feeds, prefix=""):
    logits = model(*inputs)
    weights = matched(path, model, feeds)
    floats = [x for x in inputs if x.is_floating_point()]
    tensors = [t for _, group, _ in weights for t in group]
    if len(tensors) != len(list(model.parameters())):
        sys.exit(f"{path.name}: {len(tensors)} of {len(list(model.parameters()))} parameters were found in it")
    tensors += floats
    loss = make_gradients.loss_of(lambda _: logits, None)
    out = {prefix + "loss": np.float32(loss.item())}
    grads = iter(torch.autograd.grad(loss, tensors))
    for name, group, layout in weights:
        g = layout(*[next(grads) for _ in group])
        out[prefix + name] = np.ascontiguousarray(g.numpy().astype(np.float32))
    for _ in floats:
        out[prefix + "input"] = next(grads).numpy().astype(np.float32)
    return out


def main(names):
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    for name in names or CASES:
        build, sample, kind, opset = CASES[name]
        torch.manual_seed(1)
        model, inputs = build(), sample()
        model = unsettle(model, inputs[0])
        path = OUT / f"{name}.onnx"
        fed = export(model, inputs, str(path), kind, opset)
        onnx.checker.check_model(str(path), full_check=True)
        feeds = {n: x.numpy() for n, x in zip(fed, inputs)}
        got = record.session(path, outputs=False).run(["logits"], feeds)[0]
        model = model.double()
        inputs = [x.double().requires_grad_() if x.is_floating_point() else x for x in inputs]
        want = model(*inputs).detach().numpy()
        error = np.abs(got - want).max() / np.abs(want).max()
        if error > 1e-5:
            sys.exit(f"{name}: logits differ from those of the file by {error}")
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            out = gradients(model, inputs, path, feeds)
            if kind == "old-bn":
                out |= gradients(model.train(), inputs, path, feeds, "training.")
        record.save(OUT / f"{name}.npz", {"feed." + n: x for n, x in feeds.items()} | out)
        print(f"{name}: {len(out)} arrays, logits {error:.1e} from the file's")


if __name__ == "__main__":
    main(sys.argv[1:])
