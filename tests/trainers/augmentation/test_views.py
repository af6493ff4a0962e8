from dataclasses import replace
from itertools import permutations

import pytest
import torch
import torchvision.transforms.functional as tvf
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draws, pictures
from torchvision.transforms import InterpolationMode

from trainers.augmentation.crops import CROP_DRAWS, crop_boxes
from trainers.augmentation.views import (
    RECIPES,
    Recipe,
    augment,
    gaussian_blur,
    normalise,
    two_views,
)

FLIP, JITTER = CROP_DRAWS, CROP_DRAWS + 1
GREY, BLUR, SIGMA, SOLARISE = range(CROP_DRAWS + 7, CROP_DRAWS + 11)


def by_torchvision(image: torch.Tensor, recipe: Recipe, u: torch.Tensor, size: int) -> torch.Tensor:
    """One image, one row of draws, torchvision's functions one after the other."""
    box = crop_boxes(u[None, :CROP_DRAWS], *image.shape[1:], recipe.scale, recipe.ratio)[0]
    u = u.tolist()
    x = image.float() / 255
    x = tvf.resized_crop(
        x, *map(int, box), [size, size], InterpolationMode.BILINEAR, antialias=True
    )
    if u[FLIP] < recipe.flip:
        x = tvf.hflip(x)
    if u[JITTER] < recipe.jitter:
        blends = [recipe.brightness, recipe.contrast, recipe.saturation]
        ranges = [(max(0, 1 - s), 1 + s) for s in blends] + [(-recipe.hue, recipe.hue)]
        values = [a + (b - a) * v for (a, b), v in zip(ranges, u[JITTER + 1 :], strict=False)]
        adjust = [tvf.adjust_brightness, tvf.adjust_contrast, tvf.adjust_saturation, tvf.adjust_hue]
        order = list(permutations(range(4)))[0 if recipe.fixed_order else int(24 * u[JITTER + 5])]
        for k in order:
            x = adjust[k](x, values[k])
    if u[GREY] < recipe.grayscale:
        x = tvf.rgb_to_grayscale(x, 3)
    if u[BLUR] < recipe.blur:
        sigma = recipe.sigma[0] + (recipe.sigma[1] - recipe.sigma[0]) * u[SIGMA]
        x = tvf.gaussian_blur(x, [recipe.kernel_size(size)] * 2, [sigma] * 2)
    if u[SOLARISE] < recipe.solarise:
        x = tvf.solarize(x, 128 / 255)
    return tvf.normalize(x, recipe.mean, recipe.std)


@pytest.mark.parametrize("size", [24, 40])
@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recipe_does_what_torchvision_does_image_by_image(name, size):
    images, u = pictures(24), draws(24)
    for recipe in dict.fromkeys(RECIPES[name]):
        expected = [by_torchvision(x, recipe, v, size) for x, v in zip(images, u, strict=True)]
        difference = (augment(images, recipe, u, size) - torch.stack(expected)).abs()
        # A value within rounding of solarisation's threshold may fall on its other side.
        assert (difference > 1e-4).float().mean() <= (1e-4 if recipe.solarise else 0)


@pytest.mark.parametrize("width", [3, 9, 13])
def test_blur_is_torchvision_s_and_absent_at_sigma_0(width):
    images, sigma = pictures(8), torch.tensor([0, 0.1, 0.3, 0.5, 1, 1.5, 2, 0])
    x = images.float().div(255).transpose(0, 1).contiguous()
    ours = gaussian_blur(x, sigma, width).transpose(0, 1)
    assert torch.equal(ours[0], images[0].float() / 255)
    for image, s, y in zip(images[1:-1], sigma[1:-1], ours[1:-1], strict=True):
        expected = tvf.gaussian_blur(image.float() / 255, [width] * 2, [float(s)] * 2)
        torch.testing.assert_close(y, expected, atol=1e-5, rtol=0)


def test_solarise_inverts_from_128_up():
    images = torch.tensor([0, 127, 128, 255], dtype=torch.uint8).expand(1, 3, 4, 4)
    recipe = Recipe(source="test", solarise=1.0)
    row = augment(images, recipe, draws(1), 4)[0, 0, 0] * 255
    torch.testing.assert_close(row, torch.tensor([0.0, 127.0, 127.0, 0.0]))


def test_every_image_of_a_batch_gets_changes_of_its_own():
    images = pictures(1).expand(16, 3, 32, 32)
    for name in RECIPES.keys() - {"none"}:
        x = augment(images, RECIPES[name][0], draws(16), 32)
        assert len(torch.unique(x.flatten(1), dim=0)) == 16


def test_the_two_views_differ_and_repeat():
    images, samples = pictures(16), torch.arange(16)
    x1, x2 = two_views(images, RECIPES["simsiam"], seed=0, step=3, samples=samples, size=32)
    again, _ = two_views(images, RECIPES["simsiam"], seed=0, step=3, samples=samples, size=32)
    later, _ = two_views(images, RECIPES["simsiam"], seed=0, step=4, samples=samples, size=32)
    assert torch.equal(x1, again)
    assert all((x1 - other).abs().flatten(1).amax(1).min() > 0.1 for other in (x2, later))


def test_views_are_float_channels_last_and_at_the_size_asked_for():
    x = augment(pictures(4, 20, 30), RECIPES["simsiam"][0], draws(4), 24)
    assert x.shape == (4, 3, 24, 24)
    assert x.dtype == torch.float32
    assert x.is_contiguous(memory_format=torch.channels_last)


@settings(max_examples=10)
@given(name=st.sampled_from(sorted(RECIPES)), cut=st.integers(1, 11), seed=st.integers(0, 99))
def test_a_batch_is_augmented_as_its_parts(name, cut, seed):
    images, samples, recipes = pictures(12, 16, seed=seed), torch.arange(12) + seed, RECIPES[name]
    recipes = (recipes[0], replace(recipes[1], solarise=0.0))  # a jump: tested by its oracle

    def views(part: slice) -> torch.Tensor:
        return torch.stack(
            two_views(images[part], recipes, seed=1, step=2, samples=samples[part], size=16)
        )

    parts = torch.cat([views(slice(0, cut)), views(slice(cut, None))], dim=1)
    torch.testing.assert_close(views(slice(None)), parts, atol=1e-5, rtol=0)


def test_no_augmentation_is_normalisation_alone():
    images = pictures(4)
    recipe = RECIPES["none"][0]
    expected = tvf.normalize(images.float() / 255, recipe.mean, recipe.std)
    torch.testing.assert_close(augment(images, recipe, draws(4), 32), expected)
    torch.testing.assert_close(normalise(images, recipe), expected)


def test_plain_images_are_cut_to_the_central_square_and_resized():
    images = pictures(4, 40, 60)
    square = tvf.center_crop(images.float() / 255, [40, 40])
    expected = tvf.resize(square, [24, 24], antialias=True)
    torch.testing.assert_close(
        normalise(images, Recipe(source="test"), 24), expected, atol=1e-5, rtol=0
    )


def test_autocast_does_not_touch_the_views():
    images, recipe = pictures(4), RECIPES["simsiam"][0]
    with torch.autocast("cpu", torch.bfloat16):
        inside = augment(images, recipe, draws(4), 32)
    assert torch.equal(inside, augment(images, recipe, draws(4), 32))


@pytest.mark.parametrize(
    ("images", "u", "size", "message"),
    [
        (torch.zeros(2, 3, 8, 8), draws(2), 8, r"torch.float32; \(batch, 3, height, width\)"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), draws(2), 8, r"shape \(2, 1, 8, 8\)"),
        (pictures(2, 8), draws(3), 8, r"draws has shape \(3, 33\); \(2, 33\)"),
        (pictures(2, 8), draws(2), 0, "size = 0"),
    ],
)
def test_images_and_draws_of_another_kind_are_refused(images, u, size, message):
    with pytest.raises(ValueError, match=message):
        augment(images, Recipe(source="test"), u, size)


def test_samples_that_do_not_number_the_images_are_refused():
    with pytest.raises(ValueError, match="3 samples number 2 images"):
        two_views(pictures(2), RECIPES["none"], seed=0, step=0, samples=torch.arange(3), size=8)
