"""scikit-learn: k-means and spectral clustering."""

import warnings

import protocol


def start(threads):
    global cluster, metrics, np
    import numpy as np
    import sklearn
    import threadpoolctl
    from sklearn import cluster, metrics

    threadpoolctl.threadpool_limits(threads)
    warnings.filterwarnings("ignore")
    return {"version": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}"}


def kmeans(x, k, starts):
    model = cluster.KMeans(k, n_init=starts, random_state=0)
    return lambda: model.fit(x), lambda: [float(model.inertia_)]


def spectral(x, k, starts, neighbours, truth):
    # The graph counts a point among its own neighbours.
    model = cluster.SpectralClustering(k, affinity="nearest_neighbors", n_neighbors=neighbours + 1, n_init=starts, random_state=0)
    return lambda: model.fit(x), lambda: [metrics.adjusted_rand_score(truth, model.labels_)]


def prepare(r):
    x = np.fromfile(r["x"], np.float32, r["n"] * r["d"]).reshape(r["n"], r["d"])
    match r["what"]:
        case "k-means":
            return kmeans(x, r["k"], r["starts"])
        case "spectral":
            return spectral(x, r["k"], r["starts"], r["neighbours"], r["truth"])
    raise ValueError(f"no work called {r['what']}")


protocol.serve(start, prepare)
