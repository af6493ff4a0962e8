"""Images in a file that may be larger than memory: what is asked for is read, and nothing else."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from trainers.data.array_file import MappedArray


class MappedImages:
    """Images (n, 3, h, w) uint8 of a file, of which nothing is held in memory.

    Indexing reads; `only` does not, and `split` a part at a time. What was read may stay in the
    system's cache of files, which gives way where memory is wanted.

    Parameters
    ----------
    array : MappedArray (m, 3, h, w)
    numbers : array (n,), optional
        Which of them, in this order; all by default.
    """

    device = torch.device("cpu")
    dtype = torch.uint8

    def __init__(self, array: MappedArray, numbers: np.ndarray | None = None) -> None:
        self._array = array
        self._numbers = np.arange(len(array.values)) if numbers is None else numbers
        self.shape = (len(self._numbers), *array.values.shape[1:])

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, which: Tensor | slice) -> Tensor:  # (k,) -> (k, 3, h, w)
        """Read the images of these numbers, or where a mask is true."""
        chosen = self._numbers[which if isinstance(which, slice) else which.cpu().numpy()]
        return torch.from_numpy(self._array.rows(chosen))

    def only(self, which: Tensor) -> "MappedImages":  # (k,)
        """Return the images of these numbers, or where a mask is true, unread."""
        return MappedImages(self._array, self._numbers[which.cpu().numpy()])

    def split(self, n: int) -> Iterator[Tensor]:
        """Read them one after another, `n` at a time."""
        return (self[first : first + n] for first in range(0, len(self), n))


Images = Tensor | MappedImages


def only(images: Images, which: Tensor) -> Images:
    """Return the images of these numbers, or where a mask is true; mapped ones stay unread."""
    return images.only(which) if isinstance(images, MappedImages) else images[which]


def moved(images: Images, device: torch.device | str) -> Images:
    """Return images on a device; mapped ones stay on the disk, and what is read of them moves."""
    return images if isinstance(images, MappedImages) else images.to(device)
