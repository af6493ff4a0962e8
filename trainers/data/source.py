"""Images and labels as they were read, whatever they were read from."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from trainers.data.mapped_images import Images

Triple = tuple[float, float, float]


class Source(NamedTuple):
    """Images as they were read: (n, 3, h, w) uint8 and (n,) int64 labels, -1 for none."""

    classes: tuple[str, ...]
    x_train: Images
    y_train: Tensor
    x_test: Images
    y_test: Tensor
    drawn: str = ""
    """What pixels follow from that are computed here; empty where they were read."""
    notes: tuple[str, ...] = ()
    """What was left out, held out or found missing, for the user to see."""
    mean: Triple | None = None
    """Of each channel, in units of white: what views are normalised by, where the data say so."""
    std: Triple | None = None
    hashed: str = ""
    """The hash of the fingerprint, where it is known; empty where it is to be taken."""


def planes(what: str, images: np.ndarray) -> Tensor:  # -> (n, 3, h, w)
    """Return images (n, h, w, 3), (n, 3, h, w), or grey, as bytes of three planes.

    Raises
    ------
    ValueError
        They are of another shape or dtype, or there is none; `what` they are stands in it.
    """
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise ValueError(
            f"{what} has shape {images.shape} and {images.dtype}; (n, height, width, 3) or "
            f"(n, 3, height, width) uint8 wanted{_BYTES.get(images.dtype.kind, '')}"
        )
    x = torch.from_numpy(images)
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[3] in (1, 3):
        x = x.permute(0, 3, 1, 2)
    if x.shape[1] not in (1, 3):
        raise ValueError(f"{what} has shape {images.shape}; 3 channels, or 1 if grey, wanted")
    if x.numel() == 0:
        raise ValueError(f"{what} has no images: its shape is {images.shape}")
    return x.expand(-1, 3, -1, -1).contiguous()


_BYTES = {
    "f": "; (255 * x).round().astype('uint8') makes it of values from 0 to 1",
    "u": "; (x / white * 255).round().astype('uint8') makes it, with white the largest value",
    "i": "; x.astype('uint8') makes it of values from 0 to 255",
    "b": "; x.astype('uint8') * 255 makes it",
}
