"""Options: the fields of frozen dataclasses, as command-line flags and as JSON.

A nested dataclass gives dotted flags (``--predictor.eps``) and a JSON object with its `kind`.
"""

import argparse
import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn


def option(default: Any, help: str) -> Any:
    """Return a dataclass field with its line of ``--help``."""
    return dataclasses.field(default=default, metadata={"help": help})


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
