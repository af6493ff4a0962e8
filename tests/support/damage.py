"""Ways in which files go wrong: bits that flip, files that are cut, blanked, exchanged, mutated."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def files_of(run: Path) -> list[Path]:
    """Return every file of a run."""
    return sorted(file for file in run.rglob("*") if file.is_file())


def spread(files: list[Path], trials: int, rng: random.Random) -> list[Path]:
    """Return `trials` files: all of them again and again, each round in another order."""
    chosen: list[Path] = []
    while len(chosen) < trials:
        chosen += rng.sample(files, len(files))
    return chosen[:trials]


def flip(content: bytes, rng: random.Random) -> bytes:
    """Flip one bit."""
    bit = rng.randrange(8 * len(content))
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Lose the end."""
    return content[: rng.randrange(len(content))]


def blank(content: bytes, rng: random.Random) -> bytes:
    """Zero a block, as of a disk that never got it."""
    start = rng.randrange(len(content))
    end = min(start + rng.choice([1, 64, 512, 4096]), len(content))
    return content[:start] + bytes(end - start) + content[end:]


def lengthen(content: bytes, rng: random.Random) -> bytes:
    """Gain bytes at the end."""
    return content + rng.randbytes(rng.choice([1, 4, 512]))


def scramble(content: bytes, rng: random.Random) -> bytes:
    """Become something else of the same length."""
    return rng.randbytes(len(content))


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [cut, blank, lengthen, scramble]


@contextmanager
def holding(file: Path, content: bytes) -> Iterator[None]:
    """Let a file have another content, and its own one again afterwards."""
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(before)


@contextmanager
def exchanged(one: Path, other: Path) -> Iterator[None]:
    """Let two files have each other's content."""
    first, second = one.read_bytes(), other.read_bytes()
    with holding(one, second), holding(other, first):
        yield


def mutant(text: bytes, rng: random.Random) -> bytes:
    """Return JSON in which something was removed, or is of another kind or size."""
    root = json.loads(text)
    places = [*_places(root)]
    while True:
        inner, key = rng.choice(places)
        before = inner[key]
        kind = rng.randrange(3)
        if kind == 0:
            del inner[key]
        elif kind == 1:
            inner[key] = rng.choice([None, True, -1, 7, 0.5, "", "x", [], {}, [1], {"a": 1}])
        elif type(before) is int:
            inner[key] = rng.choice([0, before + 1, before - 1, -before, 2 * before, 10**18])
        if kind == 0 or inner[key] != before or type(inner[key]) is not type(before):
            return json.dumps(root).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def refusal(use: Callable[[], Any], run: Path) -> tuple[str, Any]:
    """Return what is said and no result where `use` is refused, else "" and the result.

    Anything but a ValueError or OSError in one line that names a file of the run is an error here.
    """
    try:
        return "", use()
    except (ValueError, OSError) as error:
        said = str(error)
    assert said, "an error says nothing"
    assert "\n" not in said, said
    assert str(run) in said, said
    return said, None
