"""What augmentation does to images: originals beside their two views, for each recipe."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from trainers.augmentation.named_recipe import recipes_called
from trainers.augmentation.recipes import Recipe
from trainers.augmentation.views import normalise, two_views
from trainers.data.images import ImageData

EACH = 2  # pairs of views of an image


def draw_views(
    data: ImageData, recipes: Sequence[str], *, images: int = 6, seed: int = 0
) -> Figure:
    """Draw originals and `EACH` pairs of views under every recipe.

    Pixels are those that the network sees, with the normalisation undone.

    Parameters
    ----------
    data : ImageData
    recipes : sequence of str
        Names in `RECIPES`, or ``package.module:name``; one block of columns each.
    images : int
        Rows: evenly spread over the training images.
    seed : int
        Of the views; as in a run, settled by seed, step and sample.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        An unknown recipe, or fewer training images than rows, or no row.
    """
    pairs = {name: recipes_called(name) for name in recipes}
    if not 1 <= images <= len(data):
        raise ValueError(f"images is {images}; 1 to {len(data)}, all training images, wanted")
    samples = torch.linspace(0, len(data) - 1, images).round().long()
    chosen = data.x_train[samples.to(data.x_train.device)]
    size = data.shape[-1]
    blocks = [("original", [_seen(normalise(chosen, PLAIN, size), PLAIN)])]
    for name, pair in pairs.items():
        columns = []
        for step in range(1, EACH + 1):
            views = two_views(chosen, pair, seed=seed, step=step, samples=samples, size=size)
            columns += [_seen(x, recipe) for x, recipe in zip(views, pair, strict=True)]
        blocks.append((name, columns))
    return _grid(blocks, images)


PLAIN = Recipe(source="the image itself")


def _seen(x: Tensor, recipe: Recipe) -> Tensor:  # (n, 3, h, w) -> (n, h, w, 3), in [0, 1]
    mean, std = (torch.tensor(v, device=x.device)[:, None, None] for v in (recipe.mean, recipe.std))
    return (x * std + mean).clamp(0, 1).permute(0, 2, 3, 1).cpu()


def _grid(blocks: list[tuple[str, list[Tensor]]], rows: int) -> Figure:
    # A narrow empty column parts the blocks.
    ratios = [r for _, columns in blocks for r in [*[1.0] * len(columns), 0.18]][:-1]
    width = 0.62 * sum(ratios)
    figure = Figure(figsize=(width, 0.62 * rows + 0.36))
    top = 1 - 0.31 / (0.62 * rows + 0.36)
    axes = figure.subplots(
        rows,
        len(ratios),
        squeeze=False,
        gridspec_kw={
            **{"width_ratios": ratios, "left": 0.01, "right": 0.99},
            **{"bottom": 0.01, "top": top, "wspace": 0.05, "hspace": 0.05},
        },
    )
    for ax in axes.flat:
        ax.set_axis_off()
    at = 0
    for name, columns in blocks:
        for j, column in enumerate(columns):
            for i, image in enumerate(column):
                axes[i, at + j].imshow(image.numpy(), interpolation="nearest")
        for pair in range(len(columns) // 2):
            first, second = (axes[0, at + 2 * pair + k] for k in (0, 1))
            first.set_title("view 1", fontsize=6, pad=2)
            second.set_title("view 2", fontsize=6, pad=2)
        left = axes[0, at].get_position().x0
        right = axes[0, at + len(columns) - 1].get_position().x1
        figure.text((left + right) / 2, 0.995, name, ha="center", va="top", fontsize=8)
        at += len(columns) + 1
    return figure
