"""NumPy: matrix product, eigenvalues, CKA of all pairs, and the float64 reference of CKA."""

import itertools

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


def layers_of(path, n, widths):
    x = np.memmap(path, np.float32, "r")
    ends = list(itertools.accumulate(n * d for d in widths))
    return [x[end - n * d : end].reshape(n, d) for end, d in zip(ends, widths)]


def similarity(n, widths, path, batch):
    """CKA over batches, as fast as NumPy does it: rows shifted by the column mean, one product for all pairs."""
    xs = layers_of(path, n, widths)
    layers = len(xs)
    out = np.empty((layers, layers))

    def work():
        mean = [x.mean(0) for x in xs]
        total = np.zeros((layers, layers))
        for at in range(0, n, batch):
            b = min(batch, n - at)
            grams = np.empty((layers, b * b), np.float32)
            for x, m, flat in zip(xs, mean, grams):
                x = x[at : at + b] - m
                g = flat.reshape(b, b)
                np.matmul(x, x.T, out=g)
                np.fill_diagonal(g, 0)
            total += hsic(grams, b)
        s = np.sqrt(np.diag(total))
        out[:] = total / np.outer(s, s)

    return work, lambda: out.ravel().tolist()


def reference(n, widths, path):
    """Debiased CKA of all samples by float64 Gram matrices, term by term."""
    xs = [x.astype(np.float64) for x in layers_of(path, n, widths)]
    out = np.empty((len(xs), len(xs)))

    def work():
        grams = np.empty((len(xs), n * n))
        for l, x in enumerate(xs):
            x = x - x.mean(0)  # changes no value; it keeps float64 from losing the offset
            g = x @ x.T
            np.fill_diagonal(g, 0)
            grams[l] = g.ravel()
        total = hsic(grams, n)
        s = np.sqrt(np.diag(total))
        out[:] = total / np.outer(s, s)

    return work, lambda: out.ravel().tolist()


def eigenvalues(n, path, vectors):
    """LAPACK's dsyevd, of a symmetric matrix."""
    a = floats(path, n, n).astype(np.float64)
    out = None

    def work():
        nonlocal out
        out = np.linalg.eigh(a)[0] if vectors else np.linalg.eigvalsh(a)

    return work, lambda: out[::-1].tolist()


def prepare(r):
    match r["what"]:
        case "product":
            return product(r["n"], r["a"], r["b"])
        case "similarity":
            return similarity(r["n"], r["widths"], r["x"], r["batch"])
        case "reference":
            return reference(r["n"], r["widths"], r["x"])
        case "eigenvalues":
            return eigenvalues(r["n"], r["x"], r["vectors"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
