"""Picking from a table by name, with a helpful refusal."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def choose(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return ``table[name]``; `kind` says in the error what `name` was meant to be.

    Raises
    ------
    ValueError
        There is no such name; the message lists the table and the closest name in it.

    Examples
    --------
    >>> choose("data", "stl01", {"cifar10": 32, "stl10": 96})
    Traceback (most recent call last):
    ValueError: data 'stl01' is not known; choose from ['cifar10', 'stl10']; did you mean 'stl10'?
    """
    if name in table:
        return table[name]
    close = difflib.get_close_matches(name.lower(), table, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"{kind} {name!r} is not known; choose from {sorted(table)}{hint}")
