"""Arrays and datasets that a user brings."""

import numpy as np
import pytest
import users_module

from trainers.augmentation.recipes import RECIPES
from trainers.data.load import load_data, place_of


def load(name, **options):
    return load_data(f"users_module:{name}", **options)


def test_arrays_are_what_an_npz_of_them_would_be(tmp_path):
    given = {name: np.asarray(values) for name, values in users_module.arrays().items()}
    np.savez(tmp_path / "a.npz", **given)
    ours, file = load("arrays"), load_data(str(tmp_path / "a.npz"))
    for part in ("x_train", "y_train", "x_test", "y_test"):
        assert getattr(ours, part).equal(getattr(file, part)), part
    assert ours.fingerprint == file.fingerprint
    assert ours.recipes == file.recipes
    assert place_of("users_module:arrays") == "users_module:arrays"


def test_unlabelled_images_train_and_statistics_of_the_data_normalise():
    data = load("scaled")
    assert len(data) == 48
    assert data.y_train[40:].tolist() == [-1] * 8
    assert [recipe.mean for recipe in data.recipes] == [(0.5, 0.5, 0.5)] * 2
    assert data.recipes[0].std == (0.1, 0.2, 0.4)
    assert load("scaled", recipe="crop").recipes == RECIPES["crop"]


def test_a_dataset_alone_trains_and_a_fifth_of_it_tests():
    data = load("PAIRS")
    assert (len(data), len(data.x_test)) == (16, 4)
    assert data.x_test[:, 0, 0, 0].tolist() == [4, 9, 14, 19]
    assert data.y_test.tolist() == [i % 3 for i in (4, 9, 14, 19)]
    assert "every 5th image was held out" in data.account


def test_parts_are_datasets_of_their_own():
    data = load("PARTS")
    assert (len(data), len(data.x_test)) == (21, 5)
    assert data.y_train.tolist() == [*(i % 3 for i in range(20)), -1]


def test_without_labels_all_images_train():
    data = load("bare")
    assert (len(data), len(data.x_test), data.classes) == (10, 0, ())


def test_what_stands_on_disk_is_not_taken_for_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users_module:arrays").mkdir()
    with pytest.raises(ValueError, match="has no images"):
        load("arrays")


REFUSED = {
    "floats": r"x_train of users_module:floats has shape \(10, 8, 8, 3\) and float64",
    "lengths": r"y_train of users_module:lengths is for 10 images; it has shape \(3,\)",
    "ragged": r"image 1 of train of .* has shape \(8, 9, 3\).*one shape wanted, \(8, 8, 3\)",
    "misnamed": "part 'xtrain' is not known.*did you mean 'x_train'",
    "zero": "std of users_module:zero is 0.0; a number for each of 3 channels",
    "NUMBER": "train of users_module:NUMBER is 3; a dataset with len",
    "broken": "data 'users_module:broken' fails, RuntimeError: no weights here",
    "nothing": "'nothing' is not known",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_are_no_data_are_refused_in_one_line(name):
    with pytest.raises(ValueError, match=REFUSED[name]) as refused:
        load(name)
    assert "\n" not in str(refused.value)
