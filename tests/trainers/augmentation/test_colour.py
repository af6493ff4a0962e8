from itertools import permutations

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as tvf
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draws, pictures
from scipy import stats
from torchvision.transforms import ColorJitter

from trainers.augmentation.colour import blend_, luma, shift_hue_
from trainers.augmentation.crops import CROP_DRAWS

JITTER = CROP_DRAWS + 1


def planes(images: torch.Tensor) -> torch.Tensor:
    return images.float().div(255).transpose(0, 1).flatten(2).contiguous()


def unplanes(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return x.unflatten(2, like.shape[2:]).transpose(0, 1)


@pytest.mark.parametrize(
    ("adjust", "weights"),
    [
        (tvf.adjust_brightness, (0, 0)),
        (tvf.adjust_contrast, (0, 1)),
        (tvf.adjust_saturation, (1, 0)),
    ],
)
@given(factor=st.floats(0, 2, width=32), seed=st.integers(0, 99))
def test_blends_are_torchvision_s(adjust, weights, factor, seed):
    images = pictures(6, 8, seed=seed)
    x, f = planes(images), torch.full((6, 1), factor)
    blend_(x, f, weights[0] * (1 - f), weights[1] * (1 - f))
    expected = torch.stack([adjust(image.float() / 255, factor) for image in images])
    torch.testing.assert_close(unplanes(x, images), expected, atol=1e-5, rtol=0)


@settings(max_examples=15)
@given(shift=st.floats(-0.5, 0.5, width=32), seed=st.integers(0, 99))
def test_hue_is_torchvision_s(shift, seed):
    images = pictures(6, 8, seed=seed)
    x = planes(images)
    shift_hue_(x, torch.full((6, 1), shift))
    expected = torch.stack([tvf.adjust_hue(image.float() / 255, shift) for image in images])
    torch.testing.assert_close(unplanes(x, images), expected, atol=2e-5, rtol=0)


def test_a_third_of_a_turn_takes_red_to_green_and_leaves_grey():
    x = torch.tensor([[[0.75, 0.5]], [[0.25, 0.5]], [[0.25, 0.5]]])  # a dull red, and grey
    shift_hue_(x, torch.full((1, 1), 1 / 3))
    torch.testing.assert_close(x[:, 0, 0], torch.tensor([0.25, 0.75, 0.25]))
    torch.testing.assert_close(x[:, 0, 1], torch.full((3,), 0.5))


def test_grayscale_is_torchvision_s():
    images = pictures(6, 8)
    expected = tvf.rgb_to_grayscale(images.float() / 255)[:, 0].flatten(1)
    torch.testing.assert_close(luma(planes(images)), expected)


def test_jitter_factors_and_orders_are_distributed_as_torchvision_s():
    torch.manual_seed(0)
    u, limits = draws(4000)[:, JITTER:], [(0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.1, 0.1)]
    theirs = [ColorJitter.get_params(*map(list, limits)) for _ in range(2000)]
    for k, (low, high) in enumerate(limits):
        ours = low + (high - low) * u[:, 1 + k]
        assert stats.ks_2samp(ours, [t[1 + k] for t in theirs]).pvalue > 1e-4
    orders = np.bincount((u[:, 5] * 24).long(), minlength=24)
    assert stats.chisquare(orders).pvalue > 1e-4
    assert {tuple(t[0].tolist()) for t in theirs} == set(permutations(range(4)))
