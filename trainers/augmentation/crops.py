"""Random crops, and resampling of a batch with a box of its own for every image."""

import math

import torch
from torch import Tensor

TRIES = 10  # as in torchvision's RandomResizedCrop
CROP_DRAWS = 2 * TRIES + 2


def crop_boxes(
    u: Tensor, height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]
) -> Tensor:  # (batch, CROP_DRAWS) -> (batch, 4)
    """Choose a box per sample as torchvision's ``RandomResizedCrop.get_params`` does.

    Area uniform in `scale`, aspect log-uniform in `ratio`, sides rounded to whole pixels; of ten
    tries the first that fits the image counts, and if none does, the largest central box of an
    allowed aspect. All tries are drawn at once.

    Parameters
    ----------
    u : Tensor (batch, CROP_DRAWS)
        Uniforms in [0, 1): ten areas, ten aspects, top, left.

    Returns
    -------
    Tensor (batch, 4), float64
        Top, left, height, width: whole numbers of pixels.
    """
    u = u.double()
    area = height * width * (scale[0] + (scale[1] - scale[0]) * u[:, :TRIES])
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = (low + (high - low) * u[:, TRIES : 2 * TRIES]).exp()
    sides = torch.stack([(area / aspect).sqrt().round(), (area * aspect).sqrt().round()], dim=-1)
    image = torch.tensor([height, width], dtype=torch.float64)
    fits = ((sides > 0) & (sides <= image)).all(-1)  # (batch, TRIES)
    first = fits.byte().argmax(1)
    box = sides[torch.arange(len(u)), first]  # (batch, 2)
    corner = (u[:, -2:] * (image - box + 1)).floor().minimum(image - box)
    central = torch.tensor(_central_box(height, width, ratio), dtype=torch.float64)
    return torch.where(fits.any(1, keepdim=True), torch.cat([corner, box], dim=1), central)


def _central_box(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int, int, int]:
    w = min(width, round(height * ratio[1]))
    h = min(height, round(width / ratio[0]))
    return (height - h) // 2, (width - w) // 2, h, w


def resample(
    images: Tensor, boxes: Tensor, flipped: Tensor, size: int
) -> Tensor:  # (batch, 3, h, w), (batch, 4), (batch,) -> (3, batch, size, size)
    r"""Cut out each image's box, resize it to `size` and mirror it where `flipped`.

    Resizing is linear along each axis, so a sample's crop, resize and flip are two matrices,

    .. math:: Y_c = A_y X_c A_x^\top, \quad
        A_{ij} \propto \max(0,\, 1 - |j + 1/2 - c_i| / \max(1, l / \mathrm{size})),

    :math:`c_i` the centre of output pixel i and l the box's length; rows sum to one and are zero
    outside the box. That is bilinear resizing of the *cropped* image, antialiased where it shrinks
    (PIL, torchvision with ``antialias=True``); where it grows, antialiasing changes nothing.
    A `grid_sample` does the second only. As fast at 32 pixels, twice its time at 96.

    Parameters
    ----------
    images : Tensor (batch, 3, h, w), uint8
    boxes : Tensor (batch, 4)
        Top, left, height, width, in pixels, inside the image.
    flipped : Tensor (batch,)
        True or 1 where the result is mirrored left to right.

    Returns
    -------
    Tensor (3, batch, size, size), float32
        Values in [0, 1]. Colour planes come first: colour operations then run on contiguous memory.
    """
    top, left, height, width = boxes.to(torch.float32).unbind(1)
    rows = _weights(images.shape[2], top, height, torch.zeros_like(top), size)
    columns = _weights(images.shape[3], left, width, flipped.to(torch.float32), size).mT
    planes = images.transpose(0, 1).to(torch.float32, memory_format=torch.contiguous_format)
    out = planes.new_empty(len(planes), len(images), size, size)
    for plane, result in zip(planes.div_(255), out, strict=True):
        torch.bmm(rows.bmm(plane), columns, out=result)
    return out


def _weights(
    length: int, start: Tensor, extent: Tensor, flipped: Tensor, size: int
) -> Tensor:  # (batch,) x 3 -> (batch, size, length)
    pixel = torch.arange(length, device=start.device) + 0.5
    index = torch.arange(size, device=start.device) + 0.5
    start, extent, flipped = (t[:, None, None] for t in (start, extent, flipped))
    index = index[:, None] * (1 - 2 * flipped) + size * flipped
    centre = start + index * (extent / size)  # (batch, size, 1)
    reach = (extent / size).clamp_(min=1)
    weights = (1 - (pixel - centre).abs_() / reach).clamp_(min=0)  # (batch, size, length)
    weights *= (pixel > start) & (pixel < start + extent)
    return weights.div_(weights.sum(-1, keepdim=True))
