"""The fields of frozen dataclasses as flags of a command line, and a parser that refuses well."""

import argparse
import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from trainers.options import flag


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in one line, with a suggestion where a name is close."""

    hints: Mapping[str, str] = {}  # flags of other choices, and where they belong

    def error(self, message: str) -> NoReturn:
        """Print one line on stderr and leave with exit code 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def parse_strictly(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse, and name the first argument that nobody knows."""
        parsed, unknown = self.parse_known_args(arguments)
        if unknown:
            self.refuse(unknown[0])
        return parsed

    def refuse(self, argument: str) -> NoReturn:
        """Refuse an unknown argument, saying what was probably meant."""
        name = argument.split("=")[0]
        if name in self.hints:
            self.error(f"{name} {self.hints[name]}")
        known = [flag for action in self._actions for flag in action.option_strings]
        close = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else "--help lists the options"
        self.error(f"unknown argument {argument!r}; {hint}")


def add_options(parser: argparse.ArgumentParser, instance: Any, prefix: str = "") -> None:
    """Add one flag per field of the dataclass `instance`, whose values are the defaults."""
    hints = typing.get_type_hints(type(instance))
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if "help" in field.metadata:
            parser.add_argument(
                flag(prefix, field.name),
                dest=prefix + field.name,
                type=parse_as(hints[field.name]),
                default=argparse.SUPPRESS,
                metavar=field.name.upper(),
                help=(field.metadata["help"] + _default(value)).replace("%", "%%"),
            )


def _default(value: Any) -> str:
    # What an option that is left open stands for is in its own line.
    return "" if value is None else f" (default: {value})"


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


def parse_as(hint: Any) -> Callable[[str], Any]:
    """Return the parser of a field's type; ``1/2`` is a float, ``none`` is an absent value."""
    if isinstance(hint, types.UnionType):
        inner = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
        return _named(inner, lambda text: None if text == "none" else _PARSERS[inner](text))
    return _named(hint, _PARSERS[hint])


def _named(kind: type, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    # argparse puts the name of the parser into its message: "invalid int value: 'x'".
    def parser(text: str) -> Any:
        return parse(text)

    parser.__name__ = kind.__name__
    return parser


def _boolean(text: str) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"{text!r} is neither true nor false")
    return words[text.lower()]


def _float(text: str) -> float:
    above, slash, below = text.partition("/")
    if slash and not float(below):
        raise ValueError(f"{text!r} divides by zero")
    return float(above) / float(below) if slash else float(text)


def _int(text: str) -> int:
    return int(text.replace("_", ""))


_PARSERS: dict[Any, Callable[[str], Any]] = {str: str, int: _int, float: _float, bool: _boolean}
