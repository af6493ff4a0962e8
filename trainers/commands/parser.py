"""The fields of frozen dataclasses as flags of a command line."""

import argparse
import dataclasses
import re
import types
import typing
from collections.abc import Collection
from typing import Any

from analysis.checks.fields import kinds_of
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

    Fields of other kinds than a flag can say, another dataclass or a tensor, get none.

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
        value, read = getattr(instance, field.name), parse_as(hints[field.name])
        if read is not None and field.init and (only is None or field.name in only):
            parser.add_argument(
                flag(prefix, field.name),
                dest=prefix + field.name,
                type=read,
                default=argparse.SUPPRESS,
                help=_with_default(field.metadata.get("help", ""), value).replace("%", "%%"),
            )


def _with_default(text: str, value: Any) -> str:
    # What an option that is left open stands for is in its own line.
    if value in (None, ""):
        return text
    shown = ("no", "yes")[value] if isinstance(value, bool) else value
    return f"{OPEN.sub('', text)} (default: {shown})".strip()


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


def parse_as(hint: Any) -> Value | None:
    """Return the reader of a field's type, if it has one; ``none`` is a value that is left open."""
    kinds = kinds_of(hint)
    inner = [_spelled(kind) for kind in kinds if kind is not types.NoneType]
    if len(inner) != 1 or inner[0] not in VALUES:
        return None
    return VALUES[inner[0]].or_none if len(kinds) > 1 else VALUES[inner[0]]


def _spelled(kind: Any) -> Any:
    words = typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()
    return str if words and all(isinstance(word, str) for word in words) else kind
