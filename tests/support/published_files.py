"""A few images in files as CIFAR and Fashion-MNIST are published: Python 2's pickles, gzipped IDX.

The checksums that torchvision knows are those of the whole; they are set to those of these.
"""

import gzip
import hashlib
import io
import pickle
import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from torchvision import datasets


class Python2Pickler(pickle._Pickler):
    """Writes a `str` as Python 2 did: as bytes of no encoding."""

    def save_str(self, text: str) -> None:
        raw = text.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(raw)) + raw)
        self.memoize(text)

    dispatch: ClassVar[dict[Any, Any]] = {**pickle._Pickler.dispatch, str: save_str}


def python2_pickle(value: object) -> bytes:
    out = io.BytesIO()
    Python2Pickler(out, 2).dump(value)
    return out.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")


def numbered(n: int, channels: int, side: int) -> np.ndarray:  # -> (n, channels, side, side)
    """Images whose pixels say where they are: a transpose or another order of planes shows."""
    image, plane, row, col = np.ogrid[:n, :channels, :side, :side]
    return ((image * 101 + plane * 59 + row * 3 + col * 7) % 256).astype(np.uint8)


def write_cifar(root: Path, kind: str, monkeypatch: Any) -> dict[str, np.ndarray]:
    """Write two images of each file of ``CIFAR10`` or ``CIFAR100``; return all by part."""
    published = getattr(datasets, kind)
    folder = root / published.base_folder
    folder.mkdir(parents=True)
    wide = {}

    def write(name: str, content: object) -> list[str]:
        raw = python2_pickle(content)
        (folder / name).write_bytes(raw)
        return [name, hashlib.md5(raw).hexdigest()]

    for part, files in (("train", published.train_list), ("test", published.test_list)):
        n = 2 * len(files) + (part == "train")
        x = numbered(n, 3, 32)
        x = x if part == "train" else 255 - x
        labels = [(5 * i + 3) % 10 for i in range(n)]
        written = []
        for k, (name, _) in enumerate(files):
            rows = slice(2 * k, n if k == len(files) - 1 else 2 * k + 2)
            content = {"batch_label": f"batch {k}", "data": x[rows].reshape(-1, 3 * 32 * 32)}
            if kind == "CIFAR100":
                content |= {
                    "fine_labels": [7 * label for label in labels[rows]],
                    "coarse_labels": [label // 5 for label in labels[rows]],
                }
            else:
                content["labels"] = labels[rows]
            written.append(write(name, content))
        monkeypatch.setattr(published, f"{part}_list", written)
        wide[f"x_{part}"] = x
        wide[f"y_{part}"] = np.array(labels) * (7 if kind == "CIFAR100" else 1)
    names = {
        "fine_label_names": [f"fine {i}" for i in range(100)],
        "coarse_label_names": [f"coarse {i}" for i in range(20)],
        "label_names": [f"label {i}" for i in range(10)],
    }
    name, md5 = write(published.meta["filename"], names)
    monkeypatch.setattr(published, "meta", published.meta | {"filename": name, "md5": md5})
    return wide


def idx(values: np.ndarray) -> bytes:
    """Return an array of bytes as LeCun's IDX: two zeros, 8 for bytes, dims, sizes, values."""
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return head + values.astype(np.uint8).tobytes()


def write_fashion_mnist(root: Path, monkeypatch: Any) -> dict[str, np.ndarray]:
    """Write eleven images to train on and four to test, gzipped; return all by part."""
    folder = root / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    there, resources = {}, []
    for part, name, n in (("train", "train", 11), ("test", "t10k", 4)):
        x = numbered(n, 1, 28)[:, 0]
        there[f"x_{part}"] = x if part == "train" else 255 - x
        there[f"y_{part}"] = np.arange(n) * 3 % 10
        for what, values in (
            ("images-idx3", there[f"x_{part}"]),
            ("labels-idx1", there[f"y_{part}"]),
        ):
            raw = gzip.compress(idx(values))
            file = f"{name}-{what}-ubyte.gz"
            (folder / file).write_bytes(raw)
            resources.append((file, hashlib.md5(raw).hexdigest()))
    monkeypatch.setattr(datasets.FashionMNIST, "resources", resources)
    return there
