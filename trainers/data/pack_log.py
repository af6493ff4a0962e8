"""What a packing has come to: a line of what is packed, then a line a block that is on the disk.

A line that was cut off by a kill is no line: its block is packed again.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from analysis.store.atomic import write_whole
from trainers.data.blocks import Block

NAME = "packing.jsonl"
FORMAT = "eigenspace packing 1"


class Plan(NamedTuple):
    """What is packed: everything but the images themselves."""

    folder: str
    """Absolute."""
    side: int
    images: int


def read_log(out: Path) -> "tuple[Plan, dict[tuple[str, int], tuple[str, str]]] | None":
    """Return the plan of a packing that has begun, and of each block its state and pixels' hash.

    None where none has begun, or what has its name is no such log.
    """
    try:
        lines = (out / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    try:
        first = json.loads(lines[0])
        if first.pop("format") != FORMAT:
            return None
        plan = Plan(**first)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    done: dict[tuple[str, int], tuple[str, str]] = {}
    for line in lines[1:]:
        try:
            part, number, state, pixels = json.loads(line)
            done[part, number] = state, pixels
        except (ValueError, TypeError):
            continue
    return plan, done


class PackLog:
    """The log of a packing that is held for writing.

    Parameters
    ----------
    out : path
        The folder that is packed into.
    plan : Plan
    """

    def __init__(self, out: Path, plan: Plan) -> None:
        found = read_log(out)
        self.done = found[1] if found else {}
        """Of each block (part, number): state of its files, and hash of its pixels."""
        self._file = out / NAME
        lines: list[Any] = [{"format": FORMAT} | plan._asdict()]
        lines += [[*block, *what] for block, what in self.done.items()]
        write_whole(self._file, "".join(f"{json.dumps(line)}\n" for line in lines), durable=True)

    def add(self, block: Block, state: str, pixels: str) -> None:
        """Note that a block is on the disk."""
        self.done[block.part, block.number] = state, pixels
        line = json.dumps([block.part, block.number, state, pixels])
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def forget(self, part: str) -> None:
        """Take no block of a part as done: its array is new."""
        self.done = {key: what for key, what in self.done.items() if key[0] != part}

    def state(self, block: Block) -> str:
        """Return of what state the files of a block were when it was packed, "" if it was not."""
        return self.done.get((block.part, block.number), ("", ""))[0]

    def pixels(self, block: Block) -> str:
        """Return the hash of the pixels of a block that is packed."""
        return self.done[block.part, block.number][1]
