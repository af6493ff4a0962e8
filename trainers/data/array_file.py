"""An ``.npy`` file of bytes: laid out whole before anything is in it, and mapped for reading."""

import io
import mmap
import os
from pathlib import Path

import numpy as np

from analysis.checks.one_line import one_line
from analysis.store.atomic import fsync

Shape = tuple[int, ...]


def make_array(file: Path, shape: Shape) -> tuple[int, bool]:
    """Let a file be an array of a shape; what it held of another length along the first dim stays.

    What was not written yet takes no room on most file systems, and is zero.

    Returns
    -------
    offset : int
        Where its values begin, in bytes.
    kept : bool
        Whether the file was such an array before, of whatever length.
    """
    head, before = _head(shape), b""
    if file.is_file():
        with file.open("rb") as stream:
            before = stream.read(len(head))
    kept = _of_rows(before) == shape[1:]
    with file.open("r+b" if kept else "wb") as out:
        out.write(head)
        out.truncate(len(head) + _count(shape))
    fsync(file)
    return len(head), kept


def _head(shape: Shape) -> bytes:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return head.getvalue()


def _of_rows(head: bytes) -> Shape | None:
    """Return the shape of a row, if bytes are the whole head of such an array."""
    stream = io.BytesIO(head)
    try:
        np.lib.format.read_magic(stream)
        shape, turned, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, EOFError):
        return None
    return shape[1:] if dtype == np.uint8 and not turned and stream.tell() == len(head) else None


class MappedArray:
    """The array of a file, mapped for reading: what is asked of it is read, and no more.

    Parameters
    ----------
    file : path

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is no array of bytes, or shorter or longer than it says.
    """

    def __init__(self, file: Path) -> None:
        with file.open("rb") as stream:
            try:
                np.lib.format.read_magic(stream)
                shape, turned, dtype = np.lib.format.read_array_header_1_0(stream)
            except (ValueError, EOFError) as error:
                raise ValueError(f"{file} is no .npy file: {one_line(error)}") from None
            self._offset, size = stream.tell(), stream.seek(0, os.SEEK_END)
            count = _count(shape)
            if turned or dtype != np.uint8 or count < 0 or size != self._offset + count:
                raise ValueError(
                    f"{file} says it has shape {shape} {dtype}, and holds {size} bytes"
                )
            self._mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self.values = np.frombuffer(self._mapped, np.uint8)[self._offset :].reshape(shape)
        """The whole array; touching a part reads it."""

    def rows(self, numbers: np.ndarray) -> np.ndarray:  # (k,) -> (k, ...)
        """Read rows into memory; all are asked of the disk before the first is waited for."""
        each = self.values[0].nbytes if len(self.values) else 0
        if hasattr(self._mapped, "madvise"):  # not everywhere
            for number in numbers.tolist():
                first = self._offset + number * each
                page = first - first % mmap.PAGESIZE
                self._mapped.madvise(mmap.MADV_WILLNEED, page, first + each - page)
        return self.values.take(numbers, axis=0)


def _count(shape: Shape) -> int:
    count = 1
    for side in shape:
        count *= side
    return count if min(shape, default=0) >= 0 else -1
