"""Kinds of values on a command line: how they are read, what is wanted, how help shows them."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.store.address import address_of


@dataclass(frozen=True)
class Value:
    """A kind of value, called on the text that came; a ValueError where it is none."""

    read: Callable[[str], Any]
    wanted: str
    """In an error, "a whole number"."""
    shape: str
    """In help, "N"."""

    def __call__(self, text: str) -> Any:
        """Return the value that `text` stands for."""
        return self.read(text)

    @property
    def or_none(self) -> "Value":
        """The same, or the word ``none`` for a value that is left open."""
        read = self.read
        return Value(
            lambda text: None if text == "none" else read(text),
            f"{self.wanted}, or none,",
            self.shape,
        )


def _number(text: str) -> float:
    above, slash, below = text.partition("/")
    if slash and not float(below):
        raise ValueError(f"{text!r} divides by zero")
    return float(above) / float(below) if slash else float(text)


def _switch(text: str) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"{text!r} is neither yes nor no")
    return words[text.lower()]


def _run(text: str) -> Path:
    if address_of(text) is None and not Path(text).exists():
        raise ArgumentTypeError(f"{text!r}, which is not there; a run's directory wanted")
    return Path(text)


RUN = Value(_run, "a run's directory", "RUN")
"""Looked for at once: before what reads it is loaded."""

VALUES: dict[Any, Value] = {
    int: Value(lambda text: int(text.replace("_", "")), "a whole number", "N"),
    float: Value(_number, "a number", "X"),
    bool: Value(_switch, "yes or no", "yes|no"),
    str: Value(str, "a word", "NAME"),
    Path: Value(Path, "a path", "PATH"),
}
"""By the type that a value has in Python."""
