"""Ways in which people keep folders of images, and what is read of each, or said."""

import os
from pathlib import Path

import pytest
from PIL import Image

from trainers.data.folders import lay_out, read_folder
from trainers.data.image_files import suffixes
from trainers.data.listing import SYSTEM, in_order
from trainers.data.load import load_data

AB = {"a", "b"}


def make(root: Path, *names: str) -> Path:
    """Make empty files, which `lay_out` does not open, or folders where a name ends in a slash."""
    for name in names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    return root


def each(*folders: str, n: int = 10) -> list[str]:
    return [f"{folder}/{i}.png" for folder in folders for i in range(n)]


SPLIT = each("train/a", "train/b") + each("test/a", "test/b", n=3)
PLAIN = each("a", "b")
# What lies there; the classes; how many images train and test together; what is said of it.
LAYOUTS = {
    "plain": (PLAIN, AB, 20, ""),
    "split": (SPLIT, AB, 26, ""),
    "upper case": ([name.upper() for name in SPLIT], {"A", "B"}, 26, ""),
    "suffixes in any case": (["a/1.JPG", "a/2.Jpeg", "b/1.PnG", "b/2.TIFF"], AB, 4, ""),
    "numbers": (each("1", "10", "2"), {"1", "2", "10"}, 30, ""),
    "unlabelled": (["1.png", "2.png"], set(), 2, ""),
    "unlabelled parts": (["train/1.png", "test/2.png"], set(), 2, ""),
    "only test": (each("test/a", "test/b"), AB, 20, "taken from test/"),
    "test is empty": ([*each("train/a", "train/b"), "test/a/"], AB, 20, "no images in test"),
    "train and one class of test": (SPLIT + each("test/b", n=5), AB, 28, ""),
    "wrapped": (each("photos/a", "photos/b"), AB, 20, "taken from photos/"),
    "wrapped twice": (each("x/y/a", "x/y/b"), AB, 20, "taken from x/y/"),
    "wrapped parts": ([f"data/{n}" for n in SPLIT], AB, 26, "taken from data/"),
    "parts that wrap": (
        *(each("train/images/a", "train/images/b") + each("test/images/a", n=3), AB),
        *(23, "taken from images/ in each part"),
    ),
    "one part that wraps": (
        *(each("train/images/a", "train/images/b", n=5), AB, 10),
        "taken from images/ in each part",
    ),
    "parts that wrap, unlabelled test": (
        *(each("train/images/a", "train/images/b") + each("test/images", n=3), AB, 23),
        "test/ has no classes",
    ),
    "kaggle": (each("train/a", "train/b") + each("test", n=4), AB, 24, "test/ has no classes"),
    "val beside test": (SPLIT + each("val/a", n=9), AB, 26, "val left out"),
    "both spellings": (SPLIT + each("Test/a", n=9), AB, None, "left out"),
    "an image beside parts": ([*SPLIT, "cover.png"], AB, 26, "1 images beside train/ left out"),
    "an image beside classes": ([*PLAIN, "cover.png"], AB, 21, ""),
    "texts beside classes": (
        *([*PLAIN, "README.md", "labels.csv", "a/x.csv"], AB, 20),
        "no images that are read: 2 .csv, 1 .md",
    ),
    "what is not read": (
        *([*PLAIN, "a/1.heic", "a/2.HEIC", "b/x.mp4", "b/noname"], AB, 20),
        "no images that are read: 2 .heic, 1 without suffix, 1 .mp4",
    ),
    "an empty class": ([*PLAIN, "c/"], AB, 20, "no images in c"),
    "a class of texts": ([*PLAIN, "c/1.txt"], AB, 20, "no images in c"),
    "nested": (each("a/x", "a/y", "b"), AB, 30, "classes with folders in them: a"),
    "deep": (each("a/x/y/z", "b/1/2"), AB, 20, "classes with folders in them: a, b"),
    "one class": (each("a"), {"a"}, 10, "one class alone, a"),
    "case": (each("Cat", "cat", "dog"), {"Cat", "cat", "dog"}, 30, "in case alone: Cat, cat"),
    "train is a class": (each("bus", "train", "tram"), {"bus", "train", "tram"}, 30, ""),
    "val is a class": (each("bus", "val"), {"bus", "val"}, 20, ""),
    "system": ([*PLAIN, *(f"{name}/1.png" for name in SYSTEM)], AB, 20, ""),
    "system in classes": ([*PLAIN, *(f"a/{n}/1.png" for n in SYSTEM), "a/Thumbs.db"], AB, 20, ""),
    "hidden": ([*PLAIN, ".git/1.png", ".x.png", "a/._1.png", "a/.cache/1.png"], AB, 20, ""),
    "odd names": (each("$x$", "<b>", "a b", "数据", "é"), None, None, ""),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_folder_is_read_as_its_user_means_it(tmp_path, name):
    files, classes, images, said = LAYOUTS[name]
    layout = lay_out(make(tmp_path, *files))
    found = {kind for kind, _ in layout.train} - {""}
    assert classes is None or found == classes
    assert images is None or len(layout.train) + len(layout.test) == images
    assert said in "; ".join(layout.notes)
    assert {kind for kind, _ in layout.test} <= found | {""}
    if not said:
        assert not [note for note in layout.notes if "held out" not in note]


REFUSED = {
    "nothing": ([], "has no images; CLASS/"),
    "empty folders": (["a/", "b/c/"], "has no images"),
    "no images": (["a/1.txt", "a/2.heic", "b"], "it has 1 without suffix, 1 .heic, 1 .txt"),
    "only hidden": ([".a/1.png", "__MACOSX/1.png"], "has no images"),
    "parts and classes": (each("train", "test", "bus"), "parts or classes"),
    "two trains": (each("train/a", "Train/a", "test/a"), "parts or classes"),
    "a class of test alone": (SPLIT + each("test/c"), r"test has classes \['c'\]"),
    "classes of test alone": (each("train", "test/a"), r"test has classes \['a'\]"),
    "classes of other spelling": (each("train/Cat", "test/cat"), r"test has classes \['cat'\]"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_folder_that_can_be_meant_in_two_ways_is_refused(tmp_path, name):
    files, message = REFUSED[name]
    with pytest.raises(ValueError, match=message) as refused:
        lay_out(make(tmp_path, *files))
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_linked_classes_parts_and_folders_are_what_they_lead_to(tmp_path):
    make(tmp_path / "real", *SPLIT)
    links = {"parts": ("train", "test"), "classes": ("a", "b")}
    for kind, names in links.items():
        folder = tmp_path / kind
        folder.mkdir()
        for name in names:
            target = tmp_path / "real" / ("" if kind == "parts" else "train") / name
            os.symlink(target, folder / name)
    os.symlink(tmp_path / "real", tmp_path / "whole")
    for name, images in {"parts": 26, "classes": 20, "whole": 26}.items():
        layout = lay_out(tmp_path / name)
        assert len(layout.train) + len(layout.test) == images
        assert {kind for kind, _ in layout.train} == AB


def test_classes_are_numbered_as_people_count(tmp_path):
    for name in ("10", "2", "1", "img12", "img9", "b", "01"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name / "1.png")
    wanted = ("01", "1", "2", "10", "b", "img9", "img12")
    assert read_folder(tmp_path, 4).classes == wanted
    assert sorted(reversed(wanted), key=in_order) == list(wanted)


def test_one_line_says_what_was_found(tmp_path):
    for i in range(6):
        for kind in ("bus", "car", "train"):
            (tmp_path / "photos" / kind).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4)).save(tmp_path / "photos" / kind / f"{i}.JPG")
    make(tmp_path, "photos/notes.txt", "photos/__MACOSX/1.png", "photos/van/")
    account = load_data(str(tmp_path), size=4).account
    assert account.count("\n") == 0
    for words in ("3 classes", "taken from photos/", "no images in van", "1 .txt", "a fifth of"):
        assert words in account
    assert ".jpg" in suffixes()
