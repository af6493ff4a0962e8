"""Chunks of a stored array: how many rows each has, where it lies, and whether it is whole."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

SCALAR_ROWS = 8192  # rows a chunk of scalars: opening a long run reads a handful of small files
TABLE_ROWS = 64  # of the table of evaluations, of which a run has a few
CHUNK_BYTES = 4 << 20


def rows_per_chunk(shapes: Iterable[tuple[int, ...]], itemsize: int) -> int:
    """Return the power of two of rows whose largest chunk is about 4 MB, in [1, 8192]."""
    largest = max((int(np.prod(shape)) * itemsize for shape in shapes), default=itemsize)
    return min(1 << max(CHUNK_BYTES // largest, 1).bit_length() - 1, SCALAR_ROWS)


def check_chunks(path: Path, key: str, metadata: dict[str, Any]) -> None:
    """Check that every committed chunk is there in full, without decoding it.

    Raises
    ------
    ValueError
        A chunk file is missing or shorter than what was written.
    """
    chunk = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    for index in range(-(-metadata["shape"][0] // chunk[0])):
        file = chunk_file(path, key, index, len(chunk))
        try:
            with file.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                wanted = _whole_size(stream, metadata["data_type"], chunk)
        except FileNotFoundError:
            raise ValueError(f"{file} is missing: restore it, or resume the run") from None
        if size < wanted:
            raise ValueError(
                f"{file} is truncated: {size} of {wanted} bytes; restore it, or resume the run"
            )


def _whole_size(stream: BinaryIO, dtype: str, chunk: list[int]) -> int:
    """Return how long a chunk is by what it says of itself."""
    if dtype == "string":  # vlen-utf8: the number of strings, then each behind its length
        content = stream.read()
        at = 4
        for _ in range(int.from_bytes(content[:4], "little")):
            at += 4 + int.from_bytes(content[at : at + 4], "little")
            if at > len(content):
                break
        return at
    if len(chunk) > 1:  # bytes 12 to 15 of a Blosc buffer hold its own length
        return int.from_bytes(stream.read(16)[12:], "little") or 16
    return int(np.prod(chunk)) * np.dtype(dtype).itemsize


def chunk_file(path: Path, key: str, index: int, ndim: int) -> Path:
    """Return the file of chunk `index` along step; chunks are whole in all other dims."""
    return path.joinpath(key, "c", str(index), *["0"] * (ndim - 1))
