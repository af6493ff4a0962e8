"""Grey images: three planes that are one, for a network that sees one."""

import torch
from torch import Tensor

from trainers.data.mapped_images import Images

ROWS = 1024  # looked at together


def first_coloured(images: Images) -> int | None:  # (n, 3, h, w)
    """Return the number of the first image whose planes differ, None if all are grey.

    Examples
    --------
    >>> grey = torch.full((3, 3, 2, 2), 7, dtype=torch.uint8)
    >>> grey[2, 0, 1, 1] = 8
    >>> first_coloured(grey), first_coloured(grey[:2])
    (2, None)
    """
    for start in range(0, len(images), ROWS):
        rows = images[start : start + ROWS]
        differ = (rows != rows[:, :1]).flatten(1).any(1)
        if differ.any():
            return start + int(differ.int().argmax())
    return None


def check_grey(what: str, images: Images) -> None:
    """Check that all images are grey.

    Raises
    ------
    ValueError
        One has colours.
    """
    if (number := first_coloured(images)) is not None:
        raise ValueError(
            f"image {number} of {what} has colours, and channels is 1, which is for grey images; "
            "leave it out, or save them in grey"
        )


def seen(x: Tensor, channels: int) -> Tensor:  # (n, 3, h, w) -> (n, channels, h, w)
    """Return views as a network of `channels` sees them: all planes, or the first."""
    if channels == x.shape[1]:
        return x
    return x[:, :channels].contiguous(memory_format=torch.channels_last)
