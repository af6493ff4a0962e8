"""Rendered images of ten shapes: data that need no download and take a second to make.

The class is the shape; colour, place, size, rotation and background are chance. So the augmentation
that non-contrastive learning relies on, crops and colour changes, spares what the labels name, and
neither the mean colour nor single pixels give the class away.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from analysis.checks.fields import checked
from trainers.randomness import uniforms

Field = Callable[[Tensor, Tensor], Tensor]

CHUNK = 500  # images drawn at a time: a multiple of the number of shapes, tens of MB at 32 pixels
WAVES = 4
CANDIDATES = 4  # colours a shape chooses from
_TURN = 2 * math.pi


def _disc(x: Tensor, y: Tensor) -> Tensor:
    return torch.hypot(x, y) - 0.85


def _ring(x: Tensor, y: Tensor) -> Tensor:
    return (torch.hypot(x, y) - 0.7).abs() - 0.19


def _square(x: Tensor, y: Tensor) -> Tensor:
    return torch.maximum(x.abs(), y.abs()) - 0.75


def _frame(x: Tensor, y: Tensor) -> Tensor:
    return (torch.maximum(x.abs(), y.abs()) - 0.65).abs() - 0.17


def _triangle(x: Tensor, y: Tensor) -> Tensor:
    side = x.abs() * (math.sqrt(3) / 2) - y / 2
    return torch.maximum(side, y) - 0.52


def _star(x: Tensor, y: Tensor) -> Tensor:
    fifth = _TURN / 5
    angle = torch.remainder(torch.atan2(x, -y) + fifth / 2, fifth) - fifth / 2
    radius = torch.hypot(x, y)
    # The edge from a tip (1, 0) to the notch beside it, at 0.42 of the radius.
    notch_x, notch_y = 0.42 * math.cos(fifth / 2), 0.42 * math.sin(fifth / 2)
    length = math.hypot(1 - notch_x, notch_y)
    across = radius * angle.sin().abs() * (1 - notch_x) + (radius * angle.cos() - 1) * notch_y
    return across / length


def _cross(x: Tensor, y: Tensor) -> Tensor:
    x, y = x.abs(), y.abs()
    return torch.minimum(torch.maximum(x - 0.95, y - 0.26), torch.maximum(x - 0.26, y - 0.95))


def _bar(x: Tensor, y: Tensor) -> Tensor:
    return torch.maximum(x.abs() - 1, y.abs() - 0.27)


def _stripes(x: Tensor, y: Tensor) -> Tensor:
    nearest = (y / 0.62).round().clamp(-1, 1) * 0.62
    return torch.maximum(x.abs() - 0.85, (y - nearest).abs() - 0.17)


def _crescent(x: Tensor, y: Tensor) -> Tensor:
    return torch.maximum(torch.hypot(x, y) - 0.9, 0.75 - torch.hypot(x - 0.5, y))


SHAPES: dict[str, Field] = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "frame": _frame,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "bar": _bar,
    "stripes": _stripes,
    "crescent": _crescent,
}
"""Class -> its signed distance (negative inside), in units of the shape's radius."""


def render_shapes(
    n: int, size: int = 32, seed: int = 0, *, stream: int = 0
) -> tuple[Tensor, Tensor]:  # -> (n, 3, size, size), (n,)
    """Draw `n` images, a tenth of each shape.

    Parameters
    ----------
    n, size : int
        How many, and their height and width in pixels.
    seed, stream : int
        Other seeds and streams give other images. Image i does not depend on `n`.

    Returns
    -------
    images : Tensor (n, 3, size, size), uint8
    labels : Tensor (n,), int64
        Positions in `SHAPES`, in turn.

    Raises
    ------
    ValueError
        `n` is negative, or `size` below 8 pixels, too few to tell the shapes apart.
    """
    n, size = checked("n", n, int), checked("size", size, int)
    if n < 0 or size < 8:
        raise ValueError(f"n = {n}, size = {size}; n of at least 0 and size of at least 8 wanted")
    samples = torch.arange(n)
    chunks = [_draw(part, size, seed, stream) for part in samples.split(CHUNK)]
    return torch.cat(chunks), samples % len(SHAPES)


def _draw(samples: Tensor, size: int, seed: int, stream: int) -> Tensor:  # (m,)
    if not len(samples):
        return torch.empty(0, 3, size, size, dtype=torch.uint8)
    u = uniforms(seed, 0, 0, samples, 12 + 3 * CANDIDATES + 6 * WAVES, stream=stream)
    pose, colours, waves = u.split([12, 3 * CANDIDATES, 6 * WAVES], dim=1)
    axis = (torch.arange(size) + 0.5) / size - 0.5
    y, x = axis[:, None], axis[None, :]
    background = _background(x, y, pose[:, 5:], waves.unflatten(1, (WAVES, 6)))
    coverage, shade = _coverage(x, y, pose)
    ink = _contrasting(colours.unflatten(1, (CANDIDATES, 3)), background.mean((2, 3)))
    ink = (ink[..., None, None] + shade[:, None]).clamp_(0, 1)
    image = background.lerp_(ink, coverage[:, None])
    return image.mul_(255).round_().to(torch.uint8)


def _coverage(x: Tensor, y: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much of each pixel the shape covers, and light falling across it."""
    pose = pose[..., None, None]
    radius = 0.24 + 0.17 * pose[:, 0]  # of the image's side
    # The centre keeps the shape's circumscribed circle inside the image, or nearly.
    reach = 0.54 - radius
    angle = 0.8 * (pose[:, 1] - 0.5)  # within 23 degrees: no shape becomes another
    dx, dy = x - reach * (2 * pose[:, 2] - 1), y - reach * (2 * pose[:, 3] - 1)
    cos, sin = angle.cos() / radius, angle.sin() / radius
    along, across = cos * dx + sin * dy, cos * dy - sin * dx
    distance = torch.empty_like(along)
    for k, field in enumerate(SHAPES.values()):
        distance[k :: len(SHAPES)] = field(along[k :: len(SHAPES)], across[k :: len(SHAPES)])
    pixels = distance * radius * x.shape[1]  # anti-aliasing over one pixel
    return (0.5 - pixels).clamp_(0, 1), 0.12 * along * (pose[:, 4] - 0.5)


def _background(x: Tensor, y: Tensor, ends: Tensor, waves: Tensor) -> Tensor:
    """Return a colour that drifts in one direction, with plane waves of colour on it.

    Both are faint. Two views of an image agree on its background, and where that is loud a network
    learns it and not the shape: 12 epochs of SimSiam gave 28 % by kNN with twice the drift and 2.5
    times the waves, 42 % so.
    """
    ends, waves = ends[..., None, None], waves[..., None, None]
    first, drift = 0.15 + 0.7 * ends[:, :3], 0.4 * (ends[:, 3:6] - 0.5)
    direction = _TURN * ends[:, 6]
    slope = direction.cos() * x + direction.sin() * y
    out = first + drift * slope[:, None]
    for k in range(waves.shape[1]):
        wave = waves[:, k]
        frequency, phase = 1 + 6 * wave[:, 0] ** 2, _TURN * wave[:, 1]
        angle = _TURN * wave[:, 2]
        ripple = torch.sin(_TURN * frequency * (angle.cos() * x + angle.sin() * y) + phase)
        out = torch.addcmul(out, 0.08 * (wave[:, 3:] - 0.5), ripple[:, None])
    return out.clamp_(0, 1)


def _contrasting(candidates: Tensor, ground: Tensor) -> Tensor:  # (m, k, 3), (m, 3) -> (m, 3)
    """Choose the candidate farthest from the mean colour of the background."""
    best = (candidates - ground[:, None]).square().sum(2).argmax(1)
    return candidates[torch.arange(len(best)), best]
