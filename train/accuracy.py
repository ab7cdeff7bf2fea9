"""PyTorch's side of the comparison of accuracies: trains from three seeds and writes what the other side needs.

    python train/accuracy.py FOLDER
    STRATASCOPE_ACCURACY=FOLDER go test ./train -run Accuracy -v

FOLDER/data.npz holds images and labels of Fashion-MNIST (Xiao 2017; MIT licence): the first of the training set
and the whole test set. NETWORK-SEED.onnx is a network before its training, NETWORK-SEED.npz the order of its
samples and the share of the test set that PyTorch's training gets right. Networks are those of
internal/golden/networks.py; the test has the same optimisers. Made for torch 2.15.0.
"""

import gzip
import pathlib
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "internal" / "golden"))
import networks  # noqa: E402

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
BATCH = 100
RUNS = {  # samples, epochs, the first rate of Adam, which falls to 0 along a cosine
    "lenet": (networks.LeNet, 20000, 6, 6e-3),
    "resnet": (networks.fashion_resnet, 6000, 3, 6e-3),
}


def read(name, shape, skip):
    return np.frombuffer(gzip.decompress((SOURCE / name).read_bytes()), np.uint8, offset=skip).reshape(shape)


def images(part):
    return read(f"{part}-images-idx3-ubyte.gz", (-1, 1, 28, 28), 16), read(f"{part}-labels-idx1-ubyte.gz", -1, 8)


def floats(pictures):
    return torch.from_numpy(pictures.astype(np.float32) / np.float32(255))


def right(net, pictures, labels):
    net.eval()
    with torch.inference_mode():
        answers = [net(floats(pictures[i : i + 500])).argmax(1) for i in range(0, len(pictures), 500)]
    return float((torch.cat(answers).numpy() == labels).mean())


def run(name, seed, train, test, folder):
    make, samples, epochs, rate = RUNS[name]
    torch.manual_seed(seed)
    net = make()
    torch.onnx.export(net.eval(), (torch.zeros(2, 1, 28, 28),), folder / f"{name}-{seed}.onnx", dynamo=False, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)  # fmt: skip
    r = np.random.default_rng(seed)
    order = np.concatenate([r.permutation(samples) for _ in range(epochs)]).astype(np.int32)
    x, y = floats(train[0][:samples]), torch.from_numpy(train[1][:samples].astype(np.int64))
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, len(order) // BATCH)
    net.train()
    for rows in order.reshape(-1, BATCH):
        optimiser.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        optimiser.step()
        plan.step()
    accuracy = right(net, *test)
    np.savez(folder / f"{name}-{seed}.npz", order=order, samples=np.int32([samples]), rate=np.float32([rate]), accuracy=np.float64([accuracy]))
    print(name, seed, accuracy, flush=True)


def main():
    warnings.filterwarnings("ignore")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    train, test = images("train"), images("t10k")
    most = max(samples for _, samples, _, _ in RUNS.values())
    np.savez(folder / "data.npz", x=train[0][:most], y=train[1][:most], x_test=test[0], y_test=test[1])
    for name in RUNS:
        for seed in (1, 2, 3):
            run(name, seed, train, test, folder)


main()
