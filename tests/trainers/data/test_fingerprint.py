import dataclasses
import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import arrays, save
from PIL import Image

from analysis import open_snapshots
from trainers import METHODS, Config, evaluate, exact_correlation, resume, train, view_features
from trainers.data.fingerprint import Fingerprint, hash_of
from trainers.data.gaussian import GaussianData
from trainers.data.load import label_of, load_data, place_of
from trainers.runs import checkpoint as checkpoints
from trainers.runs.trained import open_trained

SMALL = {"width": 1, "batch_size": 4, "projector_hidden": 6, "projector_out": 4, "size": 8}


def config(data, **options):
    return Config(method=METHODS["byol"], data=str(data), device="cpu", **SMALL | options)


def test_the_hash_is_blake2b_of_shape_type_and_bytes():
    x = torch.arange(10, dtype=torch.uint8).view(5, 2)
    digest = hashlib.blake2b(b"(5, 2) torch.uint8" + bytes(range(10)), digest_size=16)
    assert hash_of([x]) == digest.hexdigest()
    assert hash_of([x.view(2, 5)]) != hash_of([x])
    assert hash_of([x.to(torch.int64)]) != hash_of([x.flip(0).to(torch.int64)])
    assert hash_of(["ab", "c"]) != hash_of(["a", "bc"])


@given(n=st.integers(1, 20), i=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_one_bit_of_any_image_or_label_is_noticed(n, i, bit):
    x = torch.arange(n * 6, dtype=torch.int64).remainder(256).to(torch.uint8).view(n, 3, 2)
    y = torch.arange(n)
    before = hash_of([x, y])
    x.view(-1)[i % x.numel()] ^= 1 << bit
    assert hash_of([x, y]) != before
    x.view(-1)[i % x.numel()] ^= 1 << bit
    assert hash_of([x, y]) == before
    y[i % n] ^= 1 << bit
    assert hash_of([x, y]) != before


def test_a_fingerprint_goes_through_json_and_says_what_differs():
    then = Fingerprint(train=4, test=2, shape=(3, 8, 8), classes=("a", "b"), hash="0")
    assert Fingerprint.from_plain(json.loads(json.dumps(then.to_plain()))) == then
    assert then.differences(then) == ""
    for change, said in [
        ({"train": 5}, "5 training samples, were 4"),
        ({"test": 0}, "0 test samples, were 2"),
        ({"shape": (3, 9, 8)}, "samples of shape (3, 9, 8), were (3, 8, 8)"),
        ({"classes": ("a", "c", "d")}, "3 classes, were 2 (new c, d; gone b)"),
        ({"classes": ("b", "a")}, "2 classes, were 2 (in another order)"),
        ({"hash": "1"}, "as many samples and the same classes, but other values or labels"),
    ]:
        assert dataclasses.replace(then, **change).differences(then) == said


def test_data_that_differ_have_other_fingerprints(tmp_path):
    prints = [
        load_data(save(tmp_path / "a.npz")).fingerprint,
        load_data(save(tmp_path / "b.npz", y_train=arrays()["y_train"][::-1])).fingerprint,
        load_data(save(tmp_path / "c.npz", x_test=arrays()["x_test"][::-1])).fingerprint,
        load_data(str(tmp_path / "a.npz"), limit=11).fingerprint,
        load_data("shapes", size=8).fingerprint,
        load_data("shapes", size=9).fingerprint,
        *(GaussianData(**o).fingerprint for o in ({}, {"sigma2": 0.5}, {"rotated": True})),
    ]
    assert len({p.hash for p in prints}) == len(prints)
    assert load_data(save(tmp_path / "d.npz")).fingerprint == prints[0]
    assert (prints[0].train, prints[0].test, prints[0].shape) == (12, 6, (3, 8, 8))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    path = save(folder / "a.npz")
    return path, train(config(path, epochs=1), folder / "run")


def test_data_have_a_place_and_a_label(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = str(tmp_path)
    for name, place, label in [
        ("cifar10", "cifar10", "cifar10"),
        ("photos.v2", f"{here}/photos.v2", "photos.v2"),
        (".", here, tmp_path.name),
        ("a/b.npz", f"{here}/a/b.npz", "b"),
        ("/data/set/", "/data/set", "set"),
    ]:
        assert (place_of(name), label_of(name)) == (place, label)


def test_a_run_knows_its_data(trained):
    path, run = trained
    attrs = open_snapshots(run).attrs
    assert attrs["data_place"] == path
    state = checkpoints.load(run)["data"]
    assert state == {"place": path, "fingerprint": json.loads(attrs["fingerprint"])}
    assert state["fingerprint"] == load_data(path).fingerprint.to_plain()


@pytest.fixture
def moved(trained, tmp_path):
    """A copy of the run whose data are at a place of the test's own."""
    _, run = trained
    shutil.copytree(run, tmp_path / "run")
    state = checkpoints.load(run)
    state["data"]["place"] = str(tmp_path / "a.npz")
    checkpoints.save(tmp_path / "run", state)
    return tmp_path / "run"


USES = [resume, evaluate, exact_correlation, lambda run: view_features(run, images=2, views=2)]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x_train": arrays()["x_train"][:11], "y_train": arrays()["y_train"][:11]}, "11 training"),
        ({"x_train": arrays()["x_train"][::-1]}, "other values or labels"),
        ({"y_test": arrays()["y_test"][::-1]}, "other values or labels"),
        ({"classes": np.array(["a", "b", "c"])}, "3 classes, were 3"),
    ],
)
def test_data_that_changed_are_refused(moved, use, changes, said):
    path = save(moved.parent / "a.npz", **changes)
    before = (moved / "snapshots.zarr" / "zarr.json").read_bytes()
    with pytest.raises(ValueError, match=f"was trained on {path}, which has changed.*{said}"):
        use(moved)
    assert (moved / "snapshots.zarr" / "zarr.json").read_bytes() == before


def test_data_that_did_not_change_are_used(moved):
    save(moved.parent / "a.npz")
    for use in USES:
        use(moved)


def test_a_checkpoint_without_the_fingerprint_that_its_store_has_is_refused(moved):
    save(moved.parent / "a.npz")
    state = checkpoints.load(moved)
    del state["data"]
    checkpoints.save(moved, state)
    for use in USES:
        with pytest.raises(ValueError, match=r"checkpoint.pt has no fingerprint of its data, as"):
            use(moved)


def test_a_checkpoint_from_before_fingerprints_is_measured_and_that_is_said(moved, capsys):
    save(moved.parent / "a.npz")
    state = checkpoints.load(moved)
    del state["data"]
    checkpoints.save(moved, state)
    shutil.rmtree(moved / "snapshots.zarr")
    open_trained(moved)
    assert "has no fingerprint of its data" in capsys.readouterr().err


def test_data_of_a_relative_path_are_found_from_any_folder(tmp_path, monkeypatch):
    for part in ("here/photos", "elsewhere", "new"):
        (tmp_path / part).mkdir(parents=True)
    for i in range(9):
        Image.new("RGB", (8, 8), (20 * i, 0, 0)).save(tmp_path / "here/photos" / f"{i}.png")
    monkeypatch.chdir(tmp_path / "here")
    run = train(config("photos", epochs=1), tmp_path / "run")
    assert open_snapshots(run).attrs["data"] == "photos"
    assert json.loads(open_snapshots(run).attrs["config"])["data"] == "photos"  # as it was typed
    monkeypatch.chdir(tmp_path / "elsewhere")
    resume(run)
    # Moved with the folder that it is relative to: what is there is compared, and used.
    (tmp_path / "here/photos").rename(tmp_path / "new/photos")
    with pytest.raises(FileNotFoundError, match="here/photos: no such folder"):
        resume(run)
    monkeypatch.chdir(tmp_path / "new")
    resume(run)
    with pytest.raises(FileNotFoundError, match=f"photo/s: no such folder or file in {tmp_path}"):
        load_data("photo/s")
