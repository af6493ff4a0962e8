"""Wrong files of images and labels, and wrong ways to ask for data."""

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from trainers.data.image_files import decode_images
from trainers.data.labels import number_labels
from trainers.data.load import load_data
from trainers.evaluation.classifier import load_classifier

X = np.zeros((6, 8, 8, 3), np.uint8)
Y = np.arange(6) % 2
WHOLE = {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y}


def npz(file, **changes):
    np.savez(file, **{k: v for k, v in (WHOLE | changes).items() if v is not None})


def claiming(file, shape, method=zipfile.ZIP_DEFLATED):
    """An .npz whose x_train says it is larger than what is in it."""
    npz("whole.tmp.npz")
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile("whole.tmp.npz") as old, zipfile.ZipFile(file, "w", method) as new:
        for name in old.namelist():
            new.writestr(
                name, head.getvalue() + b"\0" * 99 if "x_train" in name else old.read(name)
            )
    os.unlink("whole.tmp.npz")


def png(width, height, body=b""):
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def files():
    """Make them in the working directory."""
    npz("good.npz")
    good = Path("good.npz").read_bytes()
    for name, data in {
        "empty.npz": b"",
        "text.npz": b"x_train,y_train\n",
        "cut.npz": good[: len(good) // 2],
        "flipped.npz": good[:200] + bytes([good[200] ^ 1]) + good[201:],
        "notes.txt": b"hello",
        "list.csv": b"a,b\n1,2\n",
    }.items():
        with open(name, "wb") as file:
            file.write(data)
    np.save("array.npy", X)
    os.rename("array.npy", "array.npz")
    np.save("array.npy", X)
    np.savez("other.npz", images=X, labels=Y)
    npz("lacking.npz", y_test=None)
    npz("floats.npz", x_train=X / 255)
    npz("wide.npz", x_test=X.astype(np.uint16))
    npz("signed.npz", x_train=X.astype(np.int64))
    npz("boolean.npz", x_train=X > 0)
    npz("five.npz", x_train=np.zeros((6, 8, 8, 5), np.uint8))
    npz("flat.npz", x_train=np.zeros((6, 192), np.uint8))
    npz("scalar.npz", x_train=np.uint8(3))
    npz("sized.npz", x_test=np.zeros((6, 16, 16, 3), np.uint8))
    npz("none.npz", x_train=X[:0], y_train=Y[:0])
    npz("thin.npz", x_train=np.zeros((6, 0, 0, 3), np.uint8))
    npz("short.npz", y_train=Y[:5])
    npz("fractions.npz", y_train=Y + 0.5)
    npz("nan.npz", y_train=np.full(6, np.nan))
    npz("negative.npz", y_test=Y - 2)
    npz("huge.npz", y_train=np.full(6, 2**63, np.uint64))
    npz("onehot.npz", y_train=np.eye(6, dtype=int))
    npz("kinds.npz", y_test=np.array(list("ababab")))
    npz("complex.npz", y_train=Y + 0j)
    npz("dates.npz", y_train=Y.astype("M8[D]"))
    npz("few.npz", y_train=np.arange(6), classes=np.array(["a", "b"]))
    npz(
        "strange.npz",
        y_train=np.array(list("abcabc")),
        y_test=np.array(list("abcabc")),
        classes=np.array(["a", "b"]),
    )
    npz("twice.npz", classes=np.array(["a", "a"]))
    npz("grid.npz", classes=np.array([["a", "b"]]))
    npz("bytes.npz", y_train=np.array([b"\xff"] * 6), y_test=np.array([b"\xff"] * 6))
    npz("objects.npz", x_train=np.array([X, None], dtype=object))
    npz("labels_objects.npz", y_train=np.array(["a", None, 1, 2, 3, 4], dtype=object))
    npz("structured.npz", x_train=np.zeros(6, [("r", "u1"), ("g", "u1")]))
    claiming("bomb.npz", (10**6, 10**4, 10**4, 3))
    claiming("bigger.npz", (7, 8, 8, 3))
    claiming("negative_shape.npz", (-1, 8, 8, 3))
    os.mkdir("folder.npz")
    os.mkdir("nothing")
    os.symlink("loop", "loop")
    os.symlink("round.npz", "round.npz")
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.npz")
        os.mkfifo("pipe")
    image = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(image, "PNG")
    whole = image.getvalue()
    for folder, data in {
        "cut": whole[: len(whole) // 2],
        "text": b"this is no image",
        "zero": b"",
        "bomb": png(100_000, 100_000),
        "noside": png(0, 8),
        "garbled": png(8, 8, b"not zlib"),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
    }.items():
        for part in "ab":
            os.makedirs(f"{folder}/{part}")
            with open(f"{folder}/{part}/1.png", "wb") as file:
                file.write(whole if part == "a" else data)
    for folder, target in {
        "tonothing": "gone.png",
        "topipe": "../../pipe",
        "todevice": "/dev/zero",
        "tofolder": "../../nothing",
    }.items():
        os.makedirs(f"{folder}/a")
        os.symlink(target, f"{folder}/a/1.png")
    Image.new("F", (8, 8)).save("float.tif")


def several(*labels):
    return number_labels(*(np.array(one) for one in labels))


NAMES = {
    **{"load": load_data, "decode": decode_images, "number_labels": number_labels},
    **{"load_classifier": load_classifier, "several": several, "Path": Path},
    **{"np": np, "torch": torch, "Y": Y},
}
CASES = {
    "load('')": "data is ''",
    "load(None)": "data is None",
    "load(3)": "data is 3",
    "load('a\\0b')": "data is 'a\\x00b'",
    "load('a\\nb')": "data is 'a\\nb'",
    "load('x' * 300)": "300 bytes",
    "load('x' * 300 + '.npz')": "304 bytes",
    "load('no/such/folder')": "no/such/folder: no such",
    "load('no.npz')": "no.npz: no such file",
    "load('cifar')": "did you mean 'cifar10'",
    "load('Shapes')": "did you mean 'shapes'",
    "load('imagenet')": "data 'imagenet' is not known",
    "load('loop')": "data 'loop' is not known",
    "load('round.npz')": "round.npz",
    "load('pipe')": "data 'pipe' is not known",
    "load('pipe.npz')": "pipe.npz",
    "load('/dev/null')": "/dev/null",
    "load('/dev/zero')": "/dev/zero",
    "load('folder.npz')": "folder.npz: is a folder",
    "load('nothing')": "nothing has no images",
    "load('notes.txt')": "notes.txt is a file, and no .npz",
    "load('list.csv')": "list.csv is a file, and no .npz",
    "load('array.npy')": "array.npy is a file, and no .npz",
    "load('array.npz')": "array.npz is not an .npz file",
    "load('empty.npz')": "empty.npz is not an .npz file",
    "load('text.npz')": "text.npz is not an .npz file",
    "load('cut.npz')": "cut.npz",
    "load('flipped.npz')": "flipped.npz",
    "load('other.npz')": "lacks ['x_train'",
    "load('lacking.npz')": "lacks ['y_test']",
    "load('floats.npz')": "x_train of floats.npz has shape (6, 8, 8, 3) and float64",
    "load('wide.npz')": "uint16",
    "load('signed.npz')": "int64",
    "load('boolean.npz')": "bool",
    "load('five.npz')": "(6, 8, 8, 5)",
    "load('flat.npz')": "(6, 192)",
    "load('scalar.npz')": "x_train of scalar.npz",
    "load('sized.npz')": "one shape wanted",
    "load('none.npz')": "has no images",
    "load('thin.npz')": "has no images",
    "load('short.npz')": "6 images in x_train and 5 labels",
    "load('fractions.npz')": "float64",
    "load('nan.npz')": "float64",
    "load('negative.npz')": "test labels have -2",
    "load('huge.npz')": "9223372036854775808",
    "load('onehot.npz')": "(6, 6)",
    "load('kinds.npz')": "training labels are int64",
    "load('complex.npz')": "complex128",
    "load('dates.npz')": "datetime64",
    "load('few.npz')": "2 classes",
    "load('strange.npz')": "labels ['c']",
    "load('twice.npz')": "classes",
    "load('grid.npz')": "classes",
    "load('bytes.npz')": "bytes.npz",
    "load('objects.npz')": "not pickled",
    "load('labels_objects.npz')": "not pickled",
    "load('structured.npz')": "structured.npz",
    "load('bomb.npz')": "bomb.npz",
    "load('bigger.npz')": "bigger.npz",
    "load('negative_shape.npz')": "negative_shape.npz",
    "load('shapes', size=0)": "size",
    "load('shapes', size='32')": "size is '32'",
    "load('shapes', size=31.5)": "size is 31.5",
    "load('shapes', limit=0)": "limit",
    "load('good.npz', limit=1.5)": "limit is 1.5",
    "load('good.npz', limit=7)": "limit = 7",
    "load('good.npz', recipe='simclr')": "recipe 'simclr' is not known",
    "load('good.npz', recipe=3)": "recipe is 3",
    "load('good.npz', seed=-1)": "seed is -1",
    "load('good.npz', seed='a')": "seed is 'a'",
    "load('gaussian', size=32)": "takes no ['size']",
    "load('cut')": "cut/b/1.png is not a readable image",
    "load('text')": "text/b/1.png is not a readable image",
    "load('zero')": "zero/b/1.png is not a readable image",
    "load('bomb')": "bomb/b/1.png",
    "load('noside')": "noside/b/1.png",
    "load('garbled')": "garbled/b/1.png is not a readable image",
    "load('eps')": "eps/b/1.png is not a readable image",
    "load('tonothing')": "tonothing/a/1.png",
    "load('topipe')": "topipe",
    "load('todevice')": "todevice",
    "load('tofolder')": "tofolder",
    "decode([Path('float.tif')], 8)": "float.tif",
    "several([0.5], [1])": "float64",
    "several([[0, 1]], [1])": "(1, 2)",
    "several([0, -2], [1])": "-2",
    "several(['a'], [1])": "training labels are <U1",
    "number_labels(Y, Y, 'ab')": "names",
    "number_labels(Y, Y, ['a', 'b', 'b'])": "b",
    "number_labels([0, 1], [1])": "training labels",
    "load_classifier('no')": "no classifier at no/classifier.pt",
    "load_classifier(None)": "run is None",
    "load_classifier('notes.txt')": "notes.txt",
    "load_classifier('a\\0b')": "run is 'a\\x00b'",
}
