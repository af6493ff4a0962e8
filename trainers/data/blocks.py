"""Blocks of images: what is decoded and written at a time, by this process or by one of several.

``python -m trainers.data.blocks`` writes the blocks that it is told of on stdin, a line of JSON
each, and answers each with a line; where whoever started it is gone, it ends.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from analysis.store.atomic import reason
from trainers.data.image_files import decode_image

BLOCK = 256
"""Images in a block; the last of a part may have fewer. It is part of the format: hashes are of
blocks."""


class Block(NamedTuple):
    """Some images of a part, one after another."""

    part: str
    number: int
    """From 0 in its part."""
    names: tuple[str, ...]
    """Of the files, below their folder."""

    def state(self, folder: Path) -> str:
        """Return the hash of the names, sizes and times of the files, as they are now."""
        digest = hashlib.blake2b(digest_size=16)
        for name in self.names:
            found = os.stat(folder / name)
            line = f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0"
            digest.update(line.encode("utf-8", "surrogateescape"))  # a name may be no text
        return digest.hexdigest()


class Written(NamedTuple):
    """What came of a block: the hash of its pixels, or what of it cannot be read."""

    pixels: str
    refused: tuple[str, ...] = ()


def blocks_of(part: str, names: list[str]) -> Iterator[Block]:
    """Yield the blocks of a part in order."""
    for number, first in enumerate(range(0, len(names), BLOCK)):
        yield Block(part, number, tuple(names[first : first + BLOCK]))


def pixel_hash(images: np.ndarray) -> str:  # (n, 3, h, w)
    """Return the hash of the pixels of a block."""
    return hashlib.blake2b(np.ascontiguousarray(images).data, digest_size=16).hexdigest()


class Task(NamedTuple):
    """A block, and where its pixels go."""

    folder: str
    """Of the images."""
    block: Block
    file: str
    """An array (n, 3, side, side), uint8."""
    offset: int
    """Where in it the first image of the part begins, in bytes."""
    side: int

    def to_line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(self)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Rebuild it from what `to_line` returned."""
        folder, (part, number, names), *rest = json.loads(line)
        return cls(folder, Block(part, number, tuple(names)), *rest)


def write_block(task: Task) -> Written:
    """Decode a block to its place, and wait until the disk has it.

    Nothing is written of a block in which an image cannot be read: all such images are named.

    Raises
    ------
    OSError
        The array cannot be written: the disk is full, say.
    """
    folder, block, side = Path(task.folder), task.block, task.side
    images = np.empty((len(block.names), 3, side, side), np.uint8)
    refused = []
    for image, name in zip(images, block.names, strict=True):
        try:
            image[...] = decode_image(folder / name, side)
        except OSError as error:
            refused.append(str(error))
    if refused:
        return Written("", tuple(refused))
    try:
        with open(task.file, "r+b") as out:
            out.seek(task.offset + block.number * BLOCK * images[0].nbytes)
            out.write(images.data)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise OSError(f"{task.file} could not be written: {reason(error)}") from error
    return Written(pixel_hash(images))


def answer(line: str) -> str:
    """Do the task of a line; return as a line what came of it, or why it could not be done."""
    task = Task.from_line(line)
    try:
        return json.dumps(write_block(task))
    except OSError as error:
        return json.dumps({"error": str(error)})


def written(line: str) -> Written:
    """Return what a line of `answer` says.

    Raises
    ------
    OSError
        The block could not be written.
    """
    said = json.loads(line)
    if isinstance(said, dict):
        raise OSError(said["error"])
    pixels, refused = said
    return Written(pixels, tuple(refused))


if __name__ == "__main__":
    for _line in sys.stdin:
        print(answer(_line), flush=True)
