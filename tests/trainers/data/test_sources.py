import pickle
import zipfile
from urllib.error import URLError

import numpy as np
import pytest
from pictures import arrays, save
from torchvision import datasets

from analysis import open_snapshots
from trainers import METHODS, Config, train
from trainers.augmentation.recipes import RECIPES
from trainers.data.load import load_data


@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "grey", "one channel"])
def test_an_npz_is_read_in_any_layout(tmp_path, layout):
    there = arrays()
    turn = {
        "NHWC": lambda x: x,
        "NCHW": lambda x: x.transpose(0, 3, 1, 2),
        "grey": lambda x: x[..., 0],
        "one channel": lambda x: x[..., :1],
    }[layout]
    stored = {k: turn(v) if k[0] == "x" else v[:, None] for k, v in there.items()}
    np.savez(tmp_path / "a.npz", **stored, classes=np.array(["a", "b", "c"]))
    data = load_data(str(tmp_path / "a.npz"))
    for name in ("x_train", "x_test"):
        expected = there[name] if layout[0] == "N" else there[name][..., :1].repeat(3, axis=-1)
        np.testing.assert_array_equal(getattr(data, name), expected.transpose(0, 3, 1, 2))
    assert data.y_train.tolist() == there["y_train"].tolist()
    assert data.classes == ("a", "b", "c")


def downloaded(monkeypatch, name: str, side: int, labels: list[int]) -> list[dict[str, object]]:
    calls: list[dict[str, object]] = []

    class Fake:
        classes = ("a", "b")

        def __init__(self, root, **options):
            calls.append({"root": root, **options})
            self.data = np.full((len(labels), side, side, 3), len(calls), np.uint8)
            self.data = self.data.transpose(0, 3, 1, 2) if name == "STL10" else self.data
            self.targets, self.labels = labels, np.array(labels)

    monkeypatch.setattr(datasets, name, Fake)
    return calls


def test_cifar10_is_downloaded_into_the_root_and_checked(monkeypatch, tmp_path):
    calls = downloaded(monkeypatch, "CIFAR10", 32, [0, 1, 1])
    data = load_data("cifar10", root=tmp_path)
    assert calls == [{"root": tmp_path, "train": t, "download": True} for t in (True, False)]
    assert (data.x_train.unique().item(), data.x_test.unique().item()) == (1, 2)
    assert (data.shape, data.y_train.tolist()) == ((3, 32, 32), [0, 1, 1])
    assert data.recipes == RECIPES["directpred-cifar"]


def test_stl10_trains_on_unlabelled_images_too(monkeypatch, tmp_path):
    calls = downloaded(monkeypatch, "STL10", 96, [0, 1, -1])
    data = load_data("stl10", root=tmp_path)
    assert [call["split"] for call in calls] == ["train+unlabeled", "test"]
    assert (data.shape, data.y_train.tolist()) == ((3, 96, 96), [0, 1, -1])
    assert data.recipes == RECIPES["directpred-stl10"]


def test_an_epoch_of_large_unlabelled_images_with_blur(tmp_path, monkeypatch):
    downloaded(monkeypatch, "STL10", 96, [-1, 0, 1, 1] * 2)
    config = Config(
        method=METHODS["directpred"], data="stl10", width=1, epochs=1, batch_size=4, device="cpu"
    )
    assert RECIPES["directpred-stl10"][0].blur == 1
    run = train(config, tmp_path / "run")
    assert open_snapshots(run)["predictor"].sizes["step"] == 1 + 2
    assert open_snapshots(run, "evaluation").protocol.values.tolist() == ["knn"]


@pytest.mark.parametrize(("name", "dataset"), [("cifar10", "CIFAR10"), ("stl10", "STL10")])
@pytest.mark.parametrize("error", [URLError("no route"), RuntimeError("File not found")])
def test_a_failed_download_says_what_to_do(monkeypatch, tmp_path, name, dataset, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(datasets, dataset, fail)
    message = rf"{name} could not be downloaded \(.*\): connect, or put the files under .*FILE.npz"
    with pytest.raises(OSError, match=message):
        load_data(name, root=tmp_path)


X, Y = arrays()["x_train"], arrays()["y_train"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"x_train": X.astype(float)},
            r"x_train of .* \(12, 8, 8, 3\) and float64; .*\(255 \* x\)",
        ),
        ({"x_train": X.astype("u2")}, r"uint16; .* uint8 wanted; \(x / white \* 255\)"),
        ({"x_test": X > 128}, r"bool; .* uint8 wanted; x.astype\('uint8'\) \* 255 makes it"),
        ({"x_test": X.astype(int)}, r"int64; .* uint8 wanted; x.astype\('uint8'\) makes it"),
        ({"x_train": X[0, 0]}, r"shape \(8, 3\) and uint8"),
        ({"x_test": X.repeat(2, axis=3)}, r"\(12, 8, 8, 6\); 3 channels, or 1 if grey"),
        ({"x_train": X[:0], "y_train": Y[:0]}, r"x_train of .* has no images"),
        ({"x_test": X[:6, :4, :4]}, r"training images are \(3, 8, 8\) and test images \(3, 4, 4\)"),
        ({"y_train": Y[:5]}, r"a.npz has 12 images in x_train and 5 labels"),
        ({"y_train": np.int64(3)}, r"a.npz has 12 images in x_train and 1 labels"),
        ({"y_test": Y[:6].astype(float)}, r"labels have shape .* float64; .* .astype\(int\)"),
        ({"y_test": np.eye(6)[:, :3].astype(int)}, r"test labels have shape \(6, 3\)"),
        ({"y_train": Y - 2}, "training labels have -2; 0 and up, or -1"),
        ({"y_test": np.array([{}] * 6)}, "cannot be read .* not pickled"),
        ({"classes": np.array(["a"])}, "a.npz: 3 different labels from 0 to 2, and 1 classes"),
    ],
)
def test_an_npz_that_does_not_hold_images_and_labels_is_refused(tmp_path, changes, message):
    path = save(tmp_path / "a.npz", **changes)
    with pytest.raises(ValueError, match=message):
        load_data(path)


def test_an_npz_without_labels_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=X, x_test=X)
    with pytest.raises(ValueError, match=r"\['x_test', 'x_train'\]; it lacks \['y_train', 'y_te"):
        load_data(str(tmp_path / "a.npz"))


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1])])
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"is not an \.npz file"):
        load_data(str(tmp_path / "a.npz"))


def test_a_damaged_npz_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    save(path)
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        raw[archive.getinfo("x_train.npy").header_offset + 400] ^= 255
    path.write_bytes(raw)
    with pytest.raises(ValueError, match="cannot be read"):
        load_data(str(path))


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(ValueError, match=r"is a file, and no \.npz"):
        load_data(str(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("name", "kind", "recipe"),
    [("cifar100", "CIFAR100", "directpred-cifar"), ("fashion-mnist", "FashionMNIST", "crop")],
)
def test_others_are_downloaded_and_checked_as_cifar10(monkeypatch, tmp_path, name, kind, recipe):
    calls = downloaded(monkeypatch, kind, 28, [1, 0, 1])
    data = load_data(name, root=tmp_path)
    assert calls == [{"root": tmp_path, "train": t, "download": True} for t in (True, False)]
    assert (data.shape, data.y_train.tolist()) == ((3, 28, 28), [1, 0, 1])
    assert data.recipes == RECIPES[recipe]
