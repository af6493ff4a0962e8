"""Options: the fields of frozen dataclasses, their lines of help, their checks, and as JSON.

A nested dataclass gives dotted flags (``--predictor.eps``) and a JSON object with its `kind`.
"""

import dataclasses
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from analysis.checks.fields import checked, shown
from analysis.checks.names import unknown
from analysis.checks.one_line import one_line
from trainers.named import find, is_named, name_of

T = TypeVar("T")
# Beyond these a machine, and not the library, says no, and late.
WIDE, DEEP = 1 << 16, 64


def option(default: Any, help: str, **bounds: float) -> Any:
    """Return a dataclass field with its line of ``--help`` and its range.

    `bounds` are `least`, `above`, `most`, `below`, which `analysis.checks.fields` asks for.
    """
    return dataclasses.field(default=default, metadata={"help": help, **bounds})


def choose(kind: str, name: str, table: Mapping[str, T], where: str = "") -> T:
    """Return ``table[name]``; `kind` says in the error what `name` was meant to be.

    Raises
    ------
    ValueError
        There is no such name; the message has the closest in the table, and all of them if they
        are few; else `where` says where they are listed.

    Examples
    --------
    >>> choose("data", "stl01", {"cifar10": 32, "stl10": 96})
    Traceback (most recent call last):
    ValueError: data 'stl01' is not known; choose from ['cifar10', 'stl10']; did you mean 'stl10'?
    """
    if not isinstance(name, str):
        raise ValueError(f"{kind} is {shown(name)}; choose from {sorted(table)}")
    if name in table:
        return table[name]
    raise ValueError(unknown(kind, name, sorted(table), where))


def check_frozen(kind: str, part: Any) -> None:
    """Check that a part of a config, or its class, is a dataclass whose fields cannot be set anew.

    Raises
    ------
    ValueError
        It is none: what is stored of a run could be another thing than what trained it.

    Examples
    --------
    >>> check_frozen("loss", dataclasses.make_dataclass("L1", ["weight"])(2.0))
    Traceback (most recent call last):
    ValueError: loss is L1(weight=2.0), which can be changed; put @dataclass(frozen=True) above it
    """
    if not dataclasses.is_dataclass(part):
        raise ValueError(f"{kind} is {shown(part)}; a frozen dataclass wanted")
    own = part if isinstance(part, type) else type(part)
    why = ""
    if not own.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        why = "which can be changed"
    elif "__dataclass_fields__" not in vars(own) and (names := [*inspect.get_annotations(own)]):
        why = f"whose {names[0]!r} is no field"
    if why:
        raise ValueError(f"{kind} is {shown(part)}, {why}; put @dataclass(frozen=True) above it")


def flag(prefix: str, name: str) -> str:
    """Return the flag of a field: ``--batch-size``, ``--predictor.eps``."""
    return f"--{prefix}{flagged(name)}"


def flagged(name: str) -> str:
    """Return an option's name as it is typed."""
    return name.replace("_", "-")


def to_json(instance: Any) -> dict[str, Any]:
    """Return a dataclass as plain values, with the name of its class as `kind`.

    Of a class that is not ours that is ``package.module:name``.

    Raises
    ------
    ValueError
        It is not found again by its name, or a field is nothing that JSON has.
    """
    values = {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}
    kind = type(instance)
    nested = {}
    for name, value in values.items():
        try:
            nested[name] = to_json(value) if dataclasses.is_dataclass(value) else value
            json.dumps(nested[name])
        except TypeError:
            raise ValueError(
                f"{kind.__name__}: {name} is {shown(value)}, which a run cannot keep; numbers, "
                "words, True, False, None and lists of them wanted"
            ) from None
    ours = kind.__module__.partition(".")[0] == "trainers"
    return {"kind": kind.__name__ if ours else name_of("a part of the config", kind)} | nested


def read_json(what: str, text: str) -> dict[str, Any]:
    """Return what a JSON object says; `what` it is, for the error.

    Raises
    ------
    ValueError
        It is no JSON, or of something else.
    """
    try:
        values = json.loads(checked(what, text, str))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{what} is no JSON ({one_line(error)}): {shown(text)}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{what} is {shown(values)}; a JSON object wanted")
    return values


def from_json(values: Mapping[str, Any], kinds: Mapping[str, Callable[..., Any]]) -> Any:
    """Rebuild what `to_json` wrote from the classes in `kinds`.

    Raises
    ------
    ValueError
        A kind or a field is not known: the config is of another version of the library.
    """
    built = {k: from_json(v, kinds) if isinstance(v, Mapping) else v for k, v in values.items()}
    kind = built.pop("kind", None)
    if is_named(kind):
        return _own(str(kind), built)
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(
            f"config has kind {shown(kind)}, of another version of the library; this one knows "
            f"{', '.join(sorted(kinds))}"
        )
    try:
        return kinds[kind](**built)
    except TypeError as error:
        raise ValueError(f"config is of another version of the library: {error}") from None


def _own(kind: str, values: Mapping[str, Any]) -> Any:
    found = find("a part of the config", kind)
    try:
        return found(**values)
    except Exception as error:  # whatever a stranger's class does
        raise ValueError(
            f"{kind} is no longer what the config was written with: {one_line(error)}"
        ) from error
