"""Chunks of a stored array: how many rows each has, where it lies, and whether it is whole."""

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from analysis.store.checksum import SIZE, is_whole, stated_checksum
from analysis.store.complete import WHAT_TO_DO
from analysis.store.root import array_metadata, committed_chunks, read_root

SCALAR_ROWS = 8192  # rows a chunk of scalars: opening a long run reads a handful of small files
TABLE_ROWS = 64  # of the table of evaluations, of which a run has a few
CHUNK_BYTES = 4 << 20


def rows_per_chunk(shapes: Iterable[tuple[int, ...]], itemsize: int) -> int:
    """Return the power of two of rows whose largest chunk is about 4 MB, in [1, 8192]."""
    largest = max((int(np.prod(shape)) * itemsize for shape in shapes), default=itemsize)
    return min(1 << max(CHUNK_BYTES // largest, 1).bit_length() - 1, SCALAR_ROWS)


def checked_root(path: Path, groups: Collection[str]) -> dict[str, Any]:
    """Read the root metadata of a store, and check the chunks of some of its groups by it.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_root` and `check_chunks`.
    """
    while True:
        root = read_root(path)
        try:
            for key, metadata in array_metadata(root).items():
                if key.rpartition("/")[0] in groups:
                    check_chunks(path, key, metadata, committed_chunks(root, key))
        except ValueError:
            if read_root(path) == root:
                raise
        else:
            return root  # otherwise the run went on meanwhile, and chunks with it


def check_chunks(
    path: Path,
    key: str,
    metadata: dict[str, Any],
    allowed: Sequence[Collection[str]] | None = None,
) -> list[str]:
    """Check that every committed chunk is there and is the one that was written, without decoding.

    Parameters
    ----------
    path : path
        The store.
    key : str
        The array in it.
    metadata : dict
        Of the array.
    allowed : sequence of collections of str, optional
        Which checksum each chunk may end in. Chunks of an older store have none: their length is
        compared with what they say of it.

    Returns
    -------
    list of str
        The checksum of each; of an older store nothing.

    Raises
    ------
    ValueError
        A chunk file is missing, cut off, or another one than was written.
    """
    chunk = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    found = []
    for index in range(-(-metadata["shape"][0] // chunk[0])):
        file = chunk_file(path, key, index, len(chunk))
        try:
            with file.open("rb") as stream:
                if allowed is not None:
                    stream.seek(-min(SIZE, os.fstat(stream.fileno()).st_size), os.SEEK_END)
                    found.append(stated_checksum(stream.read()))
                    if found[-1] in allowed[index]:
                        continue
                    stream.seek(0)
                _refuse(file, stream, metadata["data_type"], chunk, checked=allowed is not None)
        except (FileNotFoundError, NotADirectoryError):
            raise ValueError(f"{file} is missing: {WHAT_TO_DO}") from None
    return found


def _refuse(file: Path, stream: BinaryIO, dtype: str, chunk: list[int], *, checked: bool) -> None:
    """Say what is wrong with a chunk, if anything is."""
    size = os.fstat(stream.fileno()).st_size
    wanted = _whole_size(stream, dtype, chunk) + SIZE * checked
    if size < wanted:
        raise ValueError(f"{file} is truncated: {size} of {wanted} bytes; {WHAT_TO_DO}")
    if not checked:
        return
    stream.seek(0)
    if is_whole(stream.read()):
        raise ValueError(
            f"{file} is a chunk of another place, run or time, by its checksum; {WHAT_TO_DO}"
        )
    raise ValueError(f"{file} is damaged: its checksum is not that of its content; {WHAT_TO_DO}")


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
