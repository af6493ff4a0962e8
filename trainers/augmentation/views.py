"""Two augmented views of a batch of images, with parameters of its own for every image.

Everything random comes from `trainers.randomness`, everything that changes pixels runs on the
images' device in batched operations; parameters are worked out on the CPU, so that boxes and orders
are the same on every device, and no step waits for the device.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from trainers.augmentation.colour import JitterPlan, luma
from trainers.augmentation.crops import CROP_DRAWS, crop_boxes, resample
from trainers.augmentation.named_recipe import OwnRecipe
from trainers.augmentation.recipes import RECIPES, Recipe
from trainers.randomness import uniforms

__all__ = ["DRAWS", "RECIPES", "Recipe", "augment", "normalise", "two_views"]

_FLIP, _JITTER, _GREY, _BLUR, _SIGMA, _SOLARISE = (
    CROP_DRAWS,
    slice(CROP_DRAWS + 1, CROP_DRAWS + 7),
    *range(CROP_DRAWS + 7, CROP_DRAWS + 11),
)
DRAWS = CROP_DRAWS + 11
"""Uniforms per sample and view: crop, flip, jitter (6), grayscale, blur, its sigma, solarise."""
SOLARISE_FROM = 128 / 255  # PIL's default threshold


@torch.no_grad()
def two_views(
    images: Tensor,
    recipes: tuple[Recipe, Recipe],
    *,
    seed: int,
    step: int,
    samples: Tensor,
    size: int,
) -> tuple[Tensor, Tensor]:  # (batch, 3, h, w), (batch,) -> (batch, 3, size, size) x 2
    """Augment a batch twice; view 1 by ``recipes[0]``, view 2 by ``recipes[1]``.

    Parameters
    ----------
    images : Tensor (batch, 3, h, w), uint8
        The images of `samples`.
    seed, step : int
        With each sample's number and the view they settle every random choice.
    samples : Tensor (batch,), int64
        Numbers in the data set. On the CPU, or each call waits for the device.
    size : int
        Height and width of the views, in pixels.

    Returns
    -------
    tuple of two Tensors (batch, 3, size, size), float32
        As `augment` makes them.

    Raises
    ------
    ValueError
        As `augment`; or `samples` does not number the images.
    """
    if len(samples) != len(images):
        raise ValueError(f"{len(samples)} samples number {len(images)} images; one each wanted")
    samples = samples.cpu()
    x1, x2 = (
        recipe.views(images, seed, step, view, samples, size)
        if isinstance(recipe, OwnRecipe)
        else augment(images, recipe, uniforms(seed, step, view, samples, DRAWS), size)
        for view, recipe in enumerate(recipes, start=1)
    )
    return x1, x2


@torch.no_grad()
def augment(
    images: Tensor, recipe: Recipe, draws: Tensor, size: int
) -> Tensor:  # (batch, 3, h, w), (batch, DRAWS) -> (batch, 3, size, size)
    """Augment each image with the parameters that its row of `draws` stands for.

    Follows torchvision's transforms on float tensors: RandomResizedCrop (bilinear, antialiased),
    RandomHorizontalFlip, ColorJitter, RandomGrayscale, GaussianBlur, RandomSolarize, Normalize.
    Published runs used PIL images, which round to 1/255 after each operation; nothing rounds here.

    Parameters
    ----------
    images : Tensor (batch, 3, h, w), uint8
    draws : Tensor (batch, DRAWS)
        Uniforms in [0, 1). The same row means the same box, flip, order ... in every recipe.
    size : int
        Height and width of the result, in pixels.

    Returns
    -------
    Tensor (batch, 3, size, size), float32
        Normalised, in channels_last memory format. An image's result depends on its own row only,
        up to the order of sums in matrix products, about 1e-6.

    Raises
    ------
    ValueError
        Images or draws of another dtype or shape, or a size below 1.
    """
    _check(images, size)
    if draws.shape != (len(images), DRAWS):
        raise ValueError(
            f"draws has shape {tuple(draws.shape)}; "
            f"({len(images)}, {DRAWS}), a row per image, wanted"
        )
    device, draws = images.device, draws.cpu()
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
    plan = JitterPlan.draw(
        draws[:, _JITTER], recipe.jitter, strengths, fixed_order=recipe.fixed_order
    )
    draws = draws[plan.sample]
    h, w = images.shape[2:]
    boxes = crop_boxes(draws[:, :CROP_DRAWS], h, w, recipe.scale, recipe.ratio)
    sigma = recipe.sigma[0] + (recipe.sigma[1] - recipe.sigma[0]) * draws[:, _SIGMA]
    table = torch.stack(
        [
            *boxes.float().unbind(1),
            (draws[:, _FLIP] < recipe.flip).float(),
            (draws[:, _GREY] < recipe.grayscale).float(),
            torch.where(draws[:, _BLUR] < recipe.blur, sigma, 0),
            (draws[:, _SOLARISE] < recipe.solarise).float(),
        ],
        dim=1,
    ).to(device, non_blocking=True)
    flip, grey, blur, solarise = table[:, 4:].unbind(1)
    order = plan.sample.to(device, non_blocking=True)
    with torch.autocast(device.type, enabled=False):
        x = resample(images[order], table[:, :4], flip, size)
        pixels = x.flatten(2)
        if plan.jittered:
            plan.apply_(pixels)
        if recipe.grayscale:
            torch.where(grey[:, None] > 0, luma(pixels), pixels, out=pixels)
        if recipe.blur:
            x = gaussian_blur(x, blur, recipe.kernel_size(size))
        if recipe.solarise:
            x = torch.where((x >= SOLARISE_FROM) & (solarise[:, None, None] > 0), 1 - x, x)
    return _finish(x, recipe, order.argsort())


@torch.no_grad()
def normalise(
    images: Tensor, recipe: Recipe, size: int | None = None
) -> Tensor:  # (batch, 3, h, w) -> (batch, 3, size, size)
    """Prepare un-augmented images: the central square, at `size`, with the recipe's mean and std.

    Raises
    ------
    ValueError
        Images of another dtype or shape, or a size below 1.
    """
    h, w = images.shape[-2:]
    side = min(h, w)
    size = side if size is None else size
    _check(images, size)
    box = torch.tensor([(h - side) // 2, (w - side) // 2, side, side], device=images.device)
    with torch.autocast(images.device.type, enabled=False):
        boxes = box.expand(len(images), 4)
        return _finish(resample(images, boxes, torch.zeros_like(boxes[:, 0]), size), recipe)


def gaussian_blur(
    x: Tensor, sigma: Tensor, width: int
) -> Tensor:  # (3, batch, h, w), (batch,) -> (3, batch, h, w)
    """Blur each image with its own Gaussian, cut off at `width` pixels; reflects at the borders.

    Where `sigma` is 0 the kernel is a single 1 and nothing changes: a batch then has one shape
    whatever is drawn, which costs less than it saves.
    """
    half = width // 2
    offsets = torch.arange(-half, half + 1, device=x.device)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp(min=1e-3)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat(3, 1)  # (3 batch, width)
    planes = F.pad(x, [half] * 4, mode="reflect").flatten(0, 1)[None]
    planes = F.conv2d(planes, kernel[:, None, :, None], groups=len(kernel))
    planes = F.conv2d(planes, kernel[:, None, None, :], groups=len(kernel))
    return planes.view(x.shape)


def _finish(x: Tensor, recipe: Recipe, rows: Tensor | None = None) -> Tensor:
    """Normalise planes and return them as images in channels_last, reordered by `rows`."""
    for plane, mean, std in zip(x, recipe.mean, recipe.std, strict=True):
        plane.sub_(mean).div_(std)
    images = x.permute(1, 2, 3, 0)  # (batch, h, w, 3)
    images = images.contiguous() if rows is None else images.contiguous()[rows]
    return images.permute(0, 3, 1, 2)


def _check(images: Tensor, size: int) -> None:
    if images.ndim != 4 or images.shape[1] != 3 or images.dtype != torch.uint8:
        raise ValueError(
            f"images has shape {tuple(images.shape)} and {images.dtype}; "
            "(batch, 3, height, width) torch.uint8 wanted"
        )
    if size < 1:
        raise ValueError(f"size = {size}; the views' height and width in pixels wanted, at least 1")
