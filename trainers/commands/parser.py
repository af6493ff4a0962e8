"""The fields of frozen dataclasses as flags of a command line."""

import argparse
import dataclasses
import re
import types
import typing
from collections.abc import Collection
from typing import Any

from analysis.commands.values import VALUES, Value
from trainers.options import flag

OPEN = re.compile(r",? \(default: [^)]*\)")


def add_options(
    parser: argparse._ActionsContainer,
    instance: Any,
    prefix: str = "",
    only: Collection[str] | None = None,
) -> None:
    """Add a flag for each field of the dataclass `instance`, whose values are the defaults.

    Parameters
    ----------
    parser : parser or group
    instance : dataclass
    prefix : str
        Of the flags.
    only : collection of str, optional
        The fields that are added; by default all.
    """
    hints = typing.get_type_hints(type(instance))
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if "help" in field.metadata and (only is None or field.name in only):
            parser.add_argument(
                flag(prefix, field.name),
                dest=prefix + field.name,
                type=parse_as(hints[field.name]),
                default=argparse.SUPPRESS,
                help=_with_default(field.metadata["help"], value).replace("%", "%%"),
            )


def _with_default(text: str, value: Any) -> str:
    # What an option that is left open stands for is in its own line.
    if value in (None, ""):
        return text
    shown = ("no", "yes")[value] if isinstance(value, bool) else value
    return f"{OPEN.sub('', text)} (default: {shown})"


def apply_options(instance: Any, parsed: argparse.Namespace, prefix: str = "") -> Any:
    """Return `instance` with the fields that were given on the command line.

    Raises
    ------
    ValueError
        The dataclass refuses a value.
    """
    names = {prefix + field.name: field.name for field in dataclasses.fields(instance)}
    given = {names[key]: value for key, value in vars(parsed).items() if key in names}
    return dataclasses.replace(instance, **given) if given else instance


def parse_as(hint: Any) -> Value:
    """Return the reader of a field's type; ``none`` is a value that is left open."""
    if isinstance(hint, types.UnionType):
        inner = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
        return VALUES[inner].or_none
    return VALUES[hint]
