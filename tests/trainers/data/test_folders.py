import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trainers.data.folders import hold_out, lay_out, read_folder
from trainers.data.listing import list_images
from trainers.data.load import load_data


def paint(folder, n: int, start: int = 0, side: tuple[int, int] = (20, 12)) -> None:
    """Write `n` plain images; the red of image i is start + i."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.new("RGB", side, (start + i, 7, 9)).save(folder / f"{i:03d}.png")


def test_a_folder_of_classes_holds_out_a_fifth_of_each(tmp_path):
    paint(tmp_path / "cats", 40)
    paint(tmp_path / "dogs", 60, start=100)
    (tmp_path / "notes.txt").write_text("not an image")
    data = load_data(str(tmp_path), size=16)
    assert data.classes == ("cats", "dogs")
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert torch.equal(y, (x[:, 0, 0, 0] >= 100).long())
    red = torch.cat([data.x_train, data.x_test])[:, 0, 0, 0]
    assert sorted(red.tolist()) == [*range(40), *range(100, 160)]
    # 5 sd of a binomial of 100 and 1/5
    assert 0 < len(data.x_test) < 40
    assert torch.equal(data.x_train, load_data(str(tmp_path), size=16).x_train)
    assert "a fifth of each class is held out" in data.account
    assert load_data(str(tmp_path), limit=10).y_train.bincount().tolist() == [4, 6]


NAMES = st.sets(st.text("abcdefgh", min_size=1, max_size=4), min_size=1, max_size=40)


@given(names=NAMES, more=NAMES)
def test_images_that_come_later_move_no_trained_image_to_the_test_part(names, more):
    folder = Path("data")
    listed = [("class", folder / "class" / name) for name in sorted(names)]
    later = [("class", folder / "class" / name) for name in sorted(names | more)]
    train, test = hold_out(folder, listed)
    assert sorted(train + test) == listed
    assert bool(test) == (len(listed) > 1)
    assert train
    moved = {file for _, file in train} & {file for _, file in hold_out(folder, later)[1]}
    # Only one may, that trained because all others of its class test.
    assert not moved or (len(train) == 1 and len(moved) == 1)


def test_the_split_is_the_same_wherever_the_folder_lies(tmp_path):
    paint(tmp_path / "here" / "a", 30)
    shutil.copytree(tmp_path / "here", tmp_path / "there" / "in")
    parts = [lay_out(root) for root in (tmp_path / "here", tmp_path / "there" / "in")]
    names = [[file.name for _, file in layout.test] for layout in parts]
    assert names[0] == names[1]


def test_the_share_that_is_held_out_is_a_fifth(tmp_path):
    listed = [("", tmp_path / f"{i}.png") for i in range(10)]
    assert hold_out(tmp_path, listed) == (listed, [])  # no class, no test
    n = 20_000
    listed = [("c", tmp_path / "c" / f"{i}.png") for i in range(n)]
    _, test = hold_out(tmp_path, listed)
    assert abs(len(test) - n / 5) < 5 * (n * 0.16) ** 0.5
    lowest = [
        (kind, file)
        for kind, file in listed
        if hashlib.blake2b(f"c/{file.name}".encode(), digest_size=8).digest() < b"\x33" * 8
    ]
    assert test == lowest  # 0x33.. is 2^64 / 5


def test_a_folder_with_a_test_part_is_read_as_it_is(tmp_path):
    paint(tmp_path / "train" / "a", 5)
    paint(tmp_path / "train" / "b", 5, start=100)
    paint(tmp_path / "test" / "b", 2, start=50)
    data = load_data(str(tmp_path))
    assert (len(data), data.y_test.tolist(), data.shape) == (10, [1, 1], (3, 64, 64))
    assert "no test image of a" in data.account


@pytest.mark.parametrize(
    ("train", "test"),
    [("Train", "Test"), ("training", "valid"), ("TRAIN", "validation"), ("train", "val")],
)
def test_parts_are_known_by_their_usual_names(tmp_path, train, test):
    for name, n in ((train, 4), (test, 3)):
        for kind in "ab":
            paint(tmp_path / name / kind, n)
    data = read_folder(tmp_path, 8)
    assert (data.classes, len(data.x_train), len(data.x_test)) == (("a", "b"), 8, 6)


def test_of_several_parts_to_test_on_test_is_taken_and_the_others_are_said(tmp_path):
    for name, n in (("train", 4), ("val", 2), ("test", 3)):
        paint(tmp_path / name / "a", n)
        paint(tmp_path / name / "b", 1)
    data = read_folder(tmp_path, 8)
    assert (len(data.x_train), len(data.x_test), data.notes) == (5, 4, ("val left out",))


def test_train_alone_is_a_part_and_among_classes_a_class(tmp_path):
    paint(tmp_path / "part" / "train" / "a", 4)
    paint(tmp_path / "part" / "train" / "b", 4)
    (tmp_path / "part" / "test").mkdir()
    assert read_folder(tmp_path / "part", 8).classes == ("a", "b")
    for name in ("bus", "train", "tram"):
        paint(tmp_path / "class" / name, 4)
    assert read_folder(tmp_path / "class", 8).classes == ("bus", "train", "tram")
    paint(tmp_path / "class" / "test", 4)
    with pytest.raises(ValueError, match=r"has train/ and test/ beside bus, tram: parts or cla"):
        read_folder(tmp_path / "class", 8)


@pytest.mark.parametrize("hidden", [".ipynb_checkpoints", "__MACOSX", ".git/objects"])
@pytest.mark.parametrize("inside", ["", "cat"])
def test_hidden_folders_and_files_are_no_data(tmp_path, hidden, inside):
    paint(tmp_path / "cat", 3)
    paint(tmp_path / "dog", 3)
    paint(tmp_path / inside / hidden, 2)
    shutil.copy(tmp_path / "cat" / "000.png", tmp_path / "cat" / "._000.png")
    data = read_folder(tmp_path, 8)
    assert (data.classes, len(data.x_train) + len(data.x_test)) == (("cat", "dog"), 6)


def test_a_folder_in_a_folder_is_gone_into(tmp_path):
    for kind in "ab":
        paint(tmp_path / "one" / "photos" / "all" / kind, 3)
        paint(tmp_path / "two" / "set" / "train" / kind, 3)
        paint(tmp_path / "two" / "set" / "test" / kind, 2)
    (tmp_path / "one" / "labels").mkdir()
    data = read_folder(tmp_path / "one", 8)
    assert data.classes == ("a", "b")
    assert data.notes[0] == "taken from photos/all/ in it"
    assert len(read_folder(tmp_path / "two", 8).x_test) == 4
    paint(tmp_path / "three" / "only" / "deep", 3)  # one class, wherever its images lie
    assert read_folder(tmp_path / "three", 8).classes == ("only",)


def test_links_are_followed_but_not_in_a_circle(tmp_path):
    paint(tmp_path / "real" / "a", 3)
    paint(tmp_path / "set" / "b", 3)
    os.symlink(tmp_path / "real" / "a", tmp_path / "set" / "a")
    os.symlink(tmp_path / "set", tmp_path / "set" / "b" / "round")
    os.symlink(tmp_path / "set" / "b" / "000.png", tmp_path / "set" / "b" / "more.png")
    data = read_folder(tmp_path / "set", 8)
    assert (data.classes, len(data.x_train) + len(data.x_test)) == (("a", "b"), 7)
    os.symlink(tmp_path / "nowhere.png", tmp_path / "set" / "b" / "lost.png")
    with pytest.raises(OSError, match=r"lost.png is no file, or a link to nothing"):
        read_folder(tmp_path / "set", 8)


def test_a_test_part_without_classes_is_there_and_not_scored(tmp_path):
    for kind in "ab":
        paint(tmp_path / "train" / kind, 10)
    paint(tmp_path / "test", 3, start=200)
    data = load_data(str(tmp_path), size=8)
    assert (data.y_test < 0).sum() == 3
    assert (data.y_test >= 0).sum() >= 2
    assert len(data.x_train) + len(data.x_test) == 23
    assert not (data.x_train[:, 0, 0, 0] >= 200).any()
    assert "test/ has no classes and is not scored" in data.account


def test_a_class_without_images_is_said(tmp_path):
    paint(tmp_path / "a", 3)
    paint(tmp_path / "b", 3)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "1.heic").touch()
    assert "no images in c" in read_folder(tmp_path, 8).notes


def test_a_folder_without_classes_is_unlabelled(tmp_path):
    paint(tmp_path / "photos", 7)
    data = load_data(str(tmp_path / "photos"), size=8)
    assert (data.y_train.tolist(), len(data.x_test), data.classes) == ([-1] * 7, 0, ())
    assert data.account.endswith("photos: no classes, 7 training images, 0 test images")


def test_folder_images_are_cut_to_their_central_square(tmp_path):
    (tmp_path / "a").mkdir()
    stripes = np.zeros((10, 30, 3), np.uint8)
    stripes[:, 10:20] = 200
    for i in range(5):
        Image.fromarray(stripes).save(tmp_path / "a" / f"{i}.png")
    assert (load_data(str(tmp_path), size=10).x_train == 200).all()


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no images; CLASS/"):
        load_data(str(tmp_path))


def test_a_class_that_only_the_test_part_has_is_refused(tmp_path):
    paint(tmp_path / "train" / "a", 1)
    paint(tmp_path / "test" / "b", 1)
    with pytest.raises(ValueError, match=r"test has classes \['b'\] that train has not; images wi"):
        load_data(str(tmp_path))


def test_an_unreadable_image_is_named(tmp_path):
    paint(tmp_path / "a", 3)
    (tmp_path / "a" / "001.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(OSError, match=r"a/001.png is not a readable image \(.*\); mend or remove"):
        load_data(str(tmp_path))


def test_images_are_listed_with_their_class_in_order(tmp_path):
    for name in ("b/2.png", "b/deep/1.JPG", "a/9.tif", "7.webp", "c/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = [(kind, file.relative_to(tmp_path).as_posix()) for kind, file in list_images(tmp_path)]
    assert names == [("", "7.webp"), ("a", "a/9.tif"), ("b", "b/2.png"), ("b", "b/deep/1.JPG")]
