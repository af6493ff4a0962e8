"""Data sets are read from files in the form in which they are published."""

import gzip

import numpy as np
import pytest
from published_files import idx, write_cifar, write_fashion_mnist
from torchvision.datasets import FashionMNIST

from trainers.data.load import load_data


@pytest.mark.parametrize(("name", "kind"), [("cifar10", "CIFAR10"), ("cifar100", "CIFAR100")])
def test_cifar_is_read_plane_by_plane_with_its_fine_labels(name, kind, tmp_path, monkeypatch):
    there = write_cifar(tmp_path, kind, monkeypatch)
    data = load_data(name, root=tmp_path)
    for part in ("x_train", "y_train", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(data, part), there[part])
    word, count = ("fine", 100) if kind == "CIFAR100" else ("label", 10)
    assert data.classes == tuple(f"{word} {i}" for i in range(count))


def test_fashion_mnist_is_read_from_gzipped_idx_and_is_grey(tmp_path, monkeypatch):
    there = write_fashion_mnist(tmp_path, monkeypatch)
    data = load_data("fashion-mnist", root=tmp_path, channels=1)
    for part in ("train", "test"):
        for plane in range(3):
            np.testing.assert_array_equal(getattr(data, f"x_{part}")[:, plane], there[f"x_{part}"])
        np.testing.assert_array_equal(getattr(data, f"y_{part}"), there[f"y_{part}"])
    assert (data.classes[0], data.classes[9]) == ("T-shirt/top", "Ankle boot")
    assert (data.shape, data.size) == ((1, 28, 28), 28)


def test_a_changed_file_of_cifar_is_not_read(tmp_path, monkeypatch):
    write_cifar(tmp_path, "CIFAR100", monkeypatch)
    file = tmp_path / "cifar-100-python" / "train"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", no_network)
    with pytest.raises(OSError, match=r"cifar100 could not be downloaded \(no route\)"):
        load_data("cifar100", root=tmp_path)


def no_network(*_, **__):
    raise OSError("no route")


@pytest.mark.parametrize(
    "broken",
    [
        lambda raw: raw[:-1],
        lambda raw: b"\0\0\7" + raw[3:],
        lambda raw: raw[:2],
        lambda raw: b"",
        lambda raw: idx(np.zeros((3, 28), np.uint8)),
        lambda raw: idx(np.zeros((11, 28, 27), np.uint8)),
        lambda raw: idx(np.zeros((0, 28, 28), np.uint8)),
        lambda raw: raw[:7] + b"\12" + raw[8 : -(28 * 28)],
    ],
)
def test_files_of_fashion_mnist_that_torchvision_does_not_check_are_said_to_be_damaged(
    broken, tmp_path, monkeypatch
):
    write_fashion_mnist(tmp_path, monkeypatch)
    folder = tmp_path / "FashionMNIST" / "raw"
    for name, _ in FashionMNIST.resources:
        raw = gzip.decompress((folder / name).read_bytes())
        (folder / name.removesuffix(".gz")).write_bytes(raw)
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(broken(images.read_bytes()))
    with pytest.raises(OSError, match=r"fashion-mnist .* is damaged \(.*; remove") as refused:
        load_data("fashion-mnist", root=tmp_path)
    assert "\n" not in str(refused.value)
