"""Arrays of any framework."""

import numpy as np
import pytest
import recordings as r
import stratascope_recorder as ss

RNG = np.random.default_rng(5)
MAPS = RNG.normal(size=(9, 4, 4, 3)).astype(np.float32)
ROWS = np.maximum(RNG.normal(size=(9, 6)), 0)


def test_what_flax_captures(tmp_path):
    # The form of capture_intermediates: modules within modules, a tuple with an entry for each call.
    tree = {"Conv_0": {"__call__": (MAPS,)}, "block": {"Dense_0": {"__call__": (ROWS, ROWS + 1)}}}
    y = np.arange(9) % 3
    ss.write(tree, y, [f"v{i}" for i in range(9)], tmp_path, logits=ROWS[:, :3], classes=["a", "b", "c"], framework="jax")
    v = r.values(tmp_path)
    assert np.array_equal(v["feat/Conv_0"], MAPS) and np.array_equal(v["feat/block.Dense_0"], ROWS.astype(np.float32))
    assert np.array_equal(v["feat/block.Dense_0#2"], (ROWS + 1).astype(np.float32)) and np.array_equal(v["y"], y)
    conv, dense = r.site(tmp_path, "Conv_0"), r.site(tmp_path, "block.Dense_0")
    assert (conv["op"], conv["axis"], conv["activation"]) == ("Conv", 3, "none")
    assert (dense["after"], dense["activation"]) == (["Conv_0"], "Relu")


def test_splits_one_by_one(tmp_path):
    ids = list(range(9))
    ss.write({"a": ROWS}, ids, ids, tmp_path, split="train")
    with pytest.raises(FileExistsError):
        ss.write({"a": ROWS}, ids, ids, tmp_path, split="val")
    ss.write({"a": ROWS}, ids, ids, tmp_path, split="val", resume=True)
    ss.write({"a": ROWS}, ids, ids, tmp_path, split="val", resume=True)  # they are there
    assert r.manifest(tmp_path)["splits"] == {"train": {"samples": 9}, "val": {"samples": 9}}
    with pytest.raises(ValueError, match="not those of the recording"):
        ss.write({"b": ROWS}, ids, range(9, 18), tmp_path, split="val", resume=True)


@pytest.mark.parametrize("bad, message", [
    (dict(intermediates={}), "no arrays"), (dict(ids=range(8)), "9 labels for 8 ids"), (dict(y=None, ids=range(8)), "9 rows for 8 ids"),
    (dict(split="dev set"), "split is"), (dict(intermediates={"a": ROWS[:, 0]}), "samples first"), (dict(ids=None), "ids are needed")])
def test_mistakes(tmp_path, bad, message):
    with pytest.raises(ValueError, match=message):
        ss.write(**{**dict(intermediates={"a": ROWS}, y=np.arange(9), ids=range(9), path=tmp_path / "x"), **bad})
