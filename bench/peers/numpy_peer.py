"""NumPy: matrix product, CKA of all pairs, and the float64 reference of CKA."""

import protocol


def start(threads):
    global np
    import numpy as np

    version = f"NumPy {np.__version__}"
    try:
        import threadpoolctl

        for pool in threadpoolctl.threadpool_info():
            version += f", {pool['internal_api']} {pool['version']} on {pool['architecture']}"
    except ImportError:
        version += ", which BLAS kernel is not known without threadpoolctl"
    return {"version": version}


def floats(path, *shape):
    return np.memmap(path, np.float32, "r", shape=shape)


def product(n, a, b):
    a, b = (np.array(floats(f, n, n)) for f in (a, b))
    c = np.empty((n, n), np.float32)
    return lambda: np.matmul(a, b, out=c), lambda: c[0].tolist()


def hsic(grams, b):
    """Debiased HSIC of all pairs of flattened Gram matrices without diagonal (Song et al. 2012, eq. 5)."""
    rows = grams.reshape(len(grams), b, b).sum(2)
    total = rows.sum(1, dtype=np.float64)
    h = grams @ grams.T + np.outer(total, total) / ((b - 1) * (b - 2)) - 2 / (b - 2) * (rows @ rows.T)
    return h / (b * (b - 3))


def similarity(layers, n, d, path, batch):
    """CKA over batches, as fast as NumPy does it: rows shifted by the column mean, one product for all pairs."""
    xs = floats(path, layers, n, d)
    out = np.empty((layers, layers))

    def work():
        mean = xs.mean(1, keepdims=True)
        total = np.zeros((layers, layers))
        for at in range(0, n, batch):
            b = min(batch, n - at)
            grams = np.empty((layers, b * b), np.float32)
            for l in range(layers):
                x = xs[l, at : at + b] - mean[l]
                g = grams[l].reshape(b, b)
                np.matmul(x, x.T, out=g)
                np.fill_diagonal(g, 0)
            total += hsic(grams, b)
        s = np.sqrt(np.diag(total))
        out[:] = total / np.outer(s, s)

    return work, lambda: out.ravel().tolist()


def reference(layers, n, d, path):
    """Debiased CKA of all samples by float64 Gram matrices, term by term."""
    xs = floats(path, layers, n, d).astype(np.float64)
    out = np.empty((layers, layers))

    def work():
        grams = np.empty((layers, n * n))
        for l, x in enumerate(xs):
            x = x - x.mean(0)  # changes no value; it keeps float64 from losing the offset
            g = x @ x.T
            np.fill_diagonal(g, 0)
            grams[l] = g.ravel()
        total = hsic(grams, n)
        s = np.sqrt(np.diag(total))
        out[:] = total / np.outer(s, s)

    return work, lambda: out.ravel().tolist()


def prepare(r):
    match r["what"]:
        case "product":
            return product(r["n"], r["a"], r["b"])
        case "similarity":
            return similarity(r["layers"], r["n"], r["d"], r["x"], r["batch"])
        case "reference":
            return reference(r["layers"], r["n"], r["d"], r["x"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
