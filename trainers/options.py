"""Options: the fields of frozen dataclasses, their lines of help, their checks, and as JSON.

A nested dataclass gives dotted flags (``--predictor.eps``) and a JSON object with its `kind`.
"""

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def option(default: Any, help: str) -> Any:
    """Return a dataclass field with its line of ``--help``."""
    return dataclasses.field(default=default, metadata={"help": help})


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


def flag(prefix: str, name: str) -> str:
    """Return the flag of a field: ``--batch-size``, ``--predictor.eps``."""
    return f"--{prefix}{flagged(name)}"


def flagged(name: str) -> str:
    """Return an option's name as it is typed."""
    return name.replace("_", "-")


def check_finite(instance: Any, prefix: str = "") -> None:
    """Check that every number of a dataclass, and of those in it, is finite.

    Raises
    ------
    ValueError
        One is infinite or NaN: every comparison with a range would let one of the two pass.
    """
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if dataclasses.is_dataclass(value):
            check_finite(value, f"{prefix}{field.name}.")
        elif isinstance(value, float) and not math.isfinite(value):
            name = f"{prefix}{flagged(field.name)}".removeprefix("method.")
            raise ValueError(f"{name} is {value}; a finite number wanted")


def to_json(instance: Any) -> dict[str, Any]:
    """Return a dataclass as plain values, with the name of its class as `kind`."""
    values = {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}
    nested = {k: to_json(v) if dataclasses.is_dataclass(v) else v for k, v in values.items()}
    return {"kind": type(instance).__name__} | nested


def from_json(values: Mapping[str, Any], kinds: Mapping[str, Callable[..., Any]]) -> Any:
    """Rebuild what `to_json` wrote from the classes in `kinds`.

    Raises
    ------
    ValueError
        A kind or a field is not known: the config is of another version of the library.
    """
    built = {k: from_json(v, kinds) if isinstance(v, Mapping) else v for k, v in values.items()}
    kind = built.pop("kind", None)
    if kind not in kinds:
        raise ValueError(f"config has kind {kind!r}; this version knows {sorted(kinds)}")
    try:
        return kinds[kind](**built)
    except TypeError as error:
        raise ValueError(f"config is of another version of the library: {error}") from None
