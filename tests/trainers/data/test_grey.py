"""Grey images as a network of one channel sees them."""

import numpy as np
import pytest
import torch
from pictures import arrays

from trainers.augmentation.recipes import RECIPES
from trainers.data.grey import first_coloured
from trainers.data.load import load_data


@pytest.fixture
def grey(tmp_path):
    """An `.npz` of grey images, 8 bits, one channel."""
    there = arrays()
    for name in ("x_train", "x_test"):
        there[name] = there[name][..., :1]
    np.savez(tmp_path / "grey.npz", **there)
    return str(tmp_path / "grey.npz")


@pytest.mark.parametrize("recipe", ["directpred-stl10", "directpred-cifar", "byol-solo"])
def test_one_channel_is_the_first_plane_of_the_same_views(grey, recipe):
    one, three = (load_data(grey, recipe=recipe, channels=channels) for channels in (1, 3))
    assert (one.shape, three.shape) == ((1, 8, 8), (3, 8, 8))
    samples = torch.arange(12)
    for mine, theirs in zip(one.views(3, samples), three.views(3, samples), strict=True):
        assert mine.shape == (12, 1, 8, 8)
        assert torch.equal(mine, theirs[:, :1])
    assert torch.equal(one.plain(one.x_test), three.plain(three.x_test)[:, :1])
    assert one.fingerprint == three.fingerprint


@pytest.mark.parametrize("recipe", ["directpred-stl10", "directpred-cifar", "byol-solo"])
def test_no_recipe_colours_what_is_grey(grey, recipe):
    """So that the plane that is left out is the one that is seen."""
    data = load_data(grey, recipe=recipe)
    for x, its in zip(data.views(1, torch.arange(12)), RECIPES[recipe], strict=True):
        mean, std = (torch.tensor(values)[:, None, None] for values in (its.mean, its.std))
        pixels = x * std + mean
        assert torch.allclose(pixels, pixels[:, :1], atol=1e-5)


def test_what_has_colours_is_refused_by_its_number(tmp_path, grey):
    images = load_data(grey).x_train.clone()
    assert first_coloured(images) is None
    images[7, 1, 0, 0] ^= 1
    assert first_coloured(images) == 7
    there = arrays()
    np.savez(tmp_path / "coloured.npz", **there | {"x_train": there["x_train"][..., :1]})
    with pytest.raises(ValueError, match=r"image 0 of .*coloured.npz, test has colours, and chann"):
        load_data(str(tmp_path / "coloured.npz"), channels=1)
    with pytest.raises(ValueError, match="data 'gaussian' takes no channels"):
        load_data("gaussian", channels=1)
