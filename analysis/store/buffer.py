"""The chunk of an array that is being filled: what a writer holds in memory."""

from typing import Any

import numpy as np
import zarr

Block = tuple[str, int, np.ndarray]  # array, chunk number, the whole chunk
TEXT = np.dtypes.StringDType()


def fill_value(dtype: "np.dtype[Any]") -> Any:
    """Return what stands behind the last row of a part-full chunk: NaN, -1 or an empty string."""
    if isinstance(dtype, np.dtypes.StringDType):
        return ""
    return np.nan if dtype.kind == "f" else -1


class Column:
    """The chunk of one array that is being filled."""

    def __init__(self, key: str, rows: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.key, self.rows, self.shape, self.dtype = key, rows, shape, dtype
        self.length = 0
        self.dirty = False
        self._block = self._empty()

    def _empty(self) -> np.ndarray:
        return np.full((self.rows, *self.shape), fill_value(self.dtype), self.dtype)

    def load(self, array: "zarr.Array[Any]", length: int) -> None:
        """Continue behind `length` stored rows: the part-full chunk comes back into memory."""
        self.length = length
        tail = length % self.rows
        if tail:
            self._block[:tail] = np.asarray(array[length - tail : length])

    def extend(self, values: np.ndarray) -> list[Block]:
        """Copy rows in; return the chunks they filled."""
        full = []
        while len(values):
            at = self.length % self.rows
            taken = values[: self.rows - at]
            self._block[at : at + len(taken)] = taken
            self.length += len(taken)
            self.dirty = True
            values = values[len(taken) :]
            if self.length % self.rows == 0:
                full.append((self.key, self.length // self.rows - 1, self._block))
                self._block, self.dirty = self._empty(), False
        return full

    def tail(self) -> list[Block]:
        """Return a copy of the part-full chunk, if it holds rows that were not handed out yet."""
        if not self.dirty:
            return []
        self.dirty = False
        return [(self.key, self.length // self.rows, self._block.copy())]
