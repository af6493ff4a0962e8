import numpy as np
import pytest
import torch
from pictures import arrays, save

from trainers.augmentation.recipes import RECIPES
from trainers.data.load import load_data


def test_views_follow_the_samples_and_the_seed(tmp_path):
    path, samples = save(tmp_path / "a.npz", side=32), torch.tensor([5, 2, 11, 0])
    data = load_data(path, seed=1)
    x1, x2 = data.views(9, samples)
    y1, y2 = data.views(9, samples[[3, 1]])
    torch.testing.assert_close(torch.stack([x1, x2])[:, [3, 1]], torch.stack([y1, y2]))
    assert (x1 - load_data(path, seed=2).views(9, samples)[0]).abs().max() > 0.1
    assert x1.shape == (4, *data.shape)


def test_plain_images_have_the_size_of_the_views(tmp_path):
    data = load_data(save(tmp_path / "a.npz", side=12), size=8)
    assert data.plain(data.x_test).shape == (6, 3, 8, 8)
    assert data.views(0, torch.arange(3))[0].shape == (3, 3, 8, 8)
    same = load_data(save(tmp_path / "b.npz", side=12), recipe="none")
    torch.testing.assert_close(same.plain(same.x_train[:3]), same.views(0, torch.arange(3))[0])


def test_a_limit_keeps_the_first_training_images(tmp_path):
    data = load_data(save(tmp_path / "a.npz"), limit=5)
    np.testing.assert_array_equal(data.x_train.permute(0, 2, 3, 1), arrays()["x_train"][:5])
    assert (len(data), len(data.y_train), len(data.x_test)) == (5, 5, 6)


def test_a_limit_above_what_is_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"limit = 13, and .*a.npz has 12 training images"):
        load_data(save(tmp_path / "a.npz"), limit=13)


def test_the_recipe_follows_the_side_of_the_images(tmp_path):
    assert load_data(save(tmp_path / "a.npz", side=32)).recipes == RECIPES["directpred-cifar"]
    assert load_data(save(tmp_path / "b.npz", side=96)).recipes == RECIPES["directpred-stl10"]
    chosen = load_data(save(tmp_path / "c.npz"), recipe="byol-solo")
    assert chosen.recipes == RECIPES["byol-solo"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cifar", {}, r"data 'cifar' is not known; choose from .* did you mean 'cifar10'\?"),
        ("", {}, "data is ''; a path wanted"),
        ("shapes", {"recipe": "simsam"}, r"recipe 'simsam' .* did you mean 'simsiam'\?"),
        ("shapes", {"limit": 0}, "limit = 0; at least 1"),
        ("shapes", {"size": -4}, "size = -4; at least 1"),
        ("gaussian", {"limit": 5}, r"'gaussian' takes no \['limit'\]"),
        ("gaussian", {"recipe": "none"}, r"'gaussian' takes no \['recipe'\]"),
    ],
)
def test_names_and_options_that_do_not_exist_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        load_data(name, **options)


@pytest.mark.parametrize("name", ["missing.npz", "missing/folder"])
def test_what_is_not_there_is_missed_by_name(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"{name}: no such"):
        load_data(str(tmp_path / name))
