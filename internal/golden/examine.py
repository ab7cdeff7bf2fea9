"""Reference values of one ONNX classifier on its data: the sites' statistics, similarity, probes.

Values come from ONNX Runtime (record.py), numbers from measures.py in float64.
"""

import numpy as np
import onnx

import measures
import record

ACTIVATIONS = {"Relu", "Gelu", "Tanh", "Sigmoid"}


def sites(path):
    """Names the values that stand for a layer, in the order of the nodes.

    They are: outputs of activations; of Conv, Gemm, BatchNormalization and biased MatMul where
    no normalisation or activation follows; sums of a residual stream.
    """
    graph = onnx.load(path).graph
    constant = {i.name for i in graph.initializer} | {n.output[0] for n in graph.node if n.op_type == "Constant"}
    maker = {o: n for n in graph.node for o in n.output}
    after = {}
    for node in graph.node:
        for name in node.input:
            after.setdefault(name, set()).add(node.op_type)
    found = []
    for node in graph.node:
        out = node.output[0]
        last = not after.get(out, set()) & (ACTIVATIONS | {"BatchNormalization"})
        if node.op_type in ACTIVATIONS:
            found.append((out, "activation"))
        elif node.op_type in ("Conv", "Gemm", "BatchNormalization") and last:
            found.append((out, "linear"))
        elif node.op_type == "Add":
            from_weights = [i for i in node.input if i in constant]
            product = [i for i in node.input if i in maker and maker[i].op_type == "MatMul"]
            if not from_weights:
                found.append((out, "stream"))
            elif product and last:
                found.append((out, "linear"))
    return found


def run(path, x, wanted, batch=200):
    """Returns the wanted values for images x (uint8), by name."""
    session = record.session(path)
    parts = [session.run(wanted, {"input": x[i : i + batch].astype(np.float32) / 255}) for i in range(0, len(x), batch)]
    return {name: np.concatenate([p[k] for p in parts]) for k, name in enumerate(wanted)}


def digits(value, keep=8):
    """Rounds every number in a structure, for stable JSON."""
    if isinstance(value, dict):
        return {k: digits(v, keep) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [digits(v, keep) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{keep}g}")
    return value.item() if isinstance(value, np.generic) else value


def statistics(h):
    """Unit statistics over every position and rank over the position means."""
    rows = measures.positions(h).astype(np.float64)
    mean, sd = rows.mean(0), rows.std(0)
    dead = measures.dead(h)
    live = sd > 0
    flat = measures.gap(h)
    return {
        "units": rows.shape[1],
        "dead": np.flatnonzero(dead).tolist(),
        "dead_share": dead.mean(),
        "constant_share": ((sd < 1e-2 * np.abs(mean)) & ~dead).mean(),
        "sd_ratio": (sd[live].max() / np.median(sd[live])),
        "duplicate_share": measures.duplicates(rows),
        "rankme": measures.rankme(flat),
        "participation": measures.participation(flat),
        "mean": mean,
        "variance": sd**2,
        "gap_mean": flat.mean(0),
        "gap_variance": flat.var(0),
    }


def batchnorm(path, x):
    """Rms of m and mean |v| of every BatchNormalization on x, stored statistics upstream (METHODS 9.4)."""
    graph = onnx.load(path).graph
    weights = {i.name: onnx.numpy_helper.to_array(i).astype(np.float64) for i in graph.initializer}
    nodes = [n for n in graph.node if n.op_type == "BatchNormalization"]
    got = run(path, x, [n.input[0] for n in nodes]) if nodes else {}
    out = {}
    for n in nodes:
        rows = measures.positions(got[n.input[0]]).astype(np.float64)
        mean, var = weights[n.input[3]], weights[n.input[4]]
        m, v = (rows.mean(0) - mean) / np.sqrt(var), 0.5 * np.log(rows.var(0) / var)
        out[n.output[0]] = {"rms_m": np.sqrt((m**2).mean()), "mean_abs_v": np.abs(v).mean(), "m": m, "v": v}
    return out


def model(path, data):
    """Everything of one model: data has x_train, y_train, x_val, y_val."""
    chosen = sites(path)
    names = [name for name, _ in chosen]
    logits = onnx.load(path).graph.output[0].name
    asked = names + ([logits] if logits not in names else [])
    train, val = run(path, data["x_train"], asked), run(path, data["x_val"], asked)
    y_train, y_val = np.asarray(data["y_train"], np.int64), np.asarray(data["y_val"], np.int64)
    p = measures.softmax(val[logits])
    grams = [measures.gram(measures.gap(val[n])) for n in names]
    pairs = range(len(names))
    null, quantile = measures.ece_null(p)
    per_class = [(p.argmax(1)[y_val == c] == c).mean() for c in range(10)]
    report = {
        "accuracy_train": (train[logits].argmax(1) == y_train).mean(),
        "accuracy_val": (p.argmax(1) == y_val).mean(),
        "accuracy_val_class": per_class,
        "nll_val": -np.log(p[np.arange(len(p)), y_val]).mean(),
        "ece": {
            "equal_mass": measures.ece(p, y_val),
            "equal_width": measures.ece(p, y_val, mass=False),
            "null_mean": null,
            "null_975": quantile,
        },
        "sites": [{"value": n, "kind": k, **statistics(val[n])} for n, k in chosen],
        "batchnorm_val": batchnorm(path, data["x_val"]),
        "batchnorm_train": batchnorm(path, data["x_train"]),
        "cka_biased": [[measures.cka_biased(grams[i], grams[j]) for j in pairs] for i in pairs],
        "cka_debiased": [[measures.cka_debiased(grams[i], grams[j]) for j in pairs] for i in pairs],
        "probes": {n: measures.probe(measures.gap(train[n]), y_train, measures.gap(val[n]), y_val) for n in names},
    }
    return digits(report), {"train": train, "val": val, "logits": logits, "names": names}


def summary(report):
    """A few lines for people."""
    lines = [
        "train %.4f val %.4f worst class %.3f ece %.4f (null %.4f, 97.5 %% %.4f)"
        % (
            report["accuracy_train"],
            report["accuracy_val"],
            min(report["accuracy_val_class"]),
            report["ece"]["equal_mass"],
            report["ece"]["null_mean"],
            report["ece"]["null_975"],
        )
    ]
    cka = np.array(report["cka_debiased"])
    for i, s in enumerate(report["sites"]):
        bridge = cka[i - 1, i + 1] - min(cka[i - 1, i], cka[i, i + 1]) if 0 < i < len(cka) - 1 else float("nan")
        lines.append(
            "  %-44s d=%3d dead %.2f const %.2f sd ratio %5.1f twins %.2f rankme %5.1f probe %.3f bridge %6.3f"
            % (
                s["value"], s["units"], s["dead_share"], s["constant_share"], s["sd_ratio"], s["duplicate_share"],
                s["rankme"], report["probes"][s["value"]]["accuracy"], bridge,
            )  # fmt: skip
        )
    for name, b in report["batchnorm_val"].items():
        lines.append("  %-44s m %.3f |v| %.3f, train m %.3f" % (name, b["rms_m"], b["mean_abs_v"], report["batchnorm_train"][name]["rms_m"]))
    return "\n".join(lines)
