"""Settings as fields of frozen dataclasses: of the kind that is annotated, in the range stated."""

import dataclasses
import inspect
import math
import numbers
import os
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a string",
    types.NoneType: "None",
}
SHOWN = 60  # characters of a value in a message
_NO: Any = object()  # what is of no kind that is wanted


def check_fields(instance: Any, of: str = "", *, typed: bool = True) -> None:
    """Check each field of a frozen dataclass, and keep plain what means the same.

    A number of NumPy becomes Python's own, a path where a string is wanted its string, a list where
    a tuple is wanted a tuple. The metadata of a field may have `least`, `above`, `most`, `below`.

    Parameters
    ----------
    instance : dataclass
        In its ``__post_init__``.
    of : str
        What the message calls it, before the name of the field.
    typed : bool
        Names are as on a command line, ``batch-size``; else as in Python.

    Raises
    ------
    ValueError
        A value is of another kind, not finite, or out of its range; of the first such field.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Rate:
    ...     lr: float = dataclasses.field(metadata={"above": 0})
    ...
    ...     def __post_init__(self) -> None:
    ...         check_fields(self)
    >>> Rate("0.1")
    Traceback (most recent call last):
    ValueError: lr is '0.1'; a number wanted
    >>> Rate(0)
    Traceback (most recent call last):
    ValueError: lr is 0; it must be above 0
    """
    kind: Any = type(instance)
    hints = _hints(kind)
    for field in dataclasses.fields(instance):
        if field.init:
            own = field.name.replace("_", "-") if typed else field.name
            name = f"{of} {own}".strip()
            given = getattr(instance, field.name)
            value = checked(name, given, hints[field.name], field.metadata)
            if value is not given:
                object.__setattr__(instance, field.name, value)


def checked(name: str, value: Any, hint: Any, bounds: Mapping[str, Any] | None = None) -> Any:
    """Return a value if it is of the kind `hint` says and within its bounds, plain.

    Parameters
    ----------
    name : str
        As the message calls it.
    value : object
    hint : type or union of types
        As annotated; a protocol stands for anything that can be called.
    bounds : mapping, optional
        `least`, `above`, `most`, `below`, of a number or of each of several.

    Raises
    ------
    ValueError
        It is not.

    Examples
    --------
    >>> checked("warmup", 2, float | None, {"least": 0})
    2
    """
    kinds = kinds_of(hint)
    for kind in kinds:
        found = _as(value, kind)
        if found is not _NO:
            parts = found if isinstance(found, tuple) else (found,)
            for part in parts:
                _check_range(name, value, part, bounds or {}, kind)
            return found
    raise ValueError(f"{name} is {shown(value)}; {_wanted(kinds)} wanted")


def kinds_of(hint: Any) -> tuple[Any, ...]:
    """Return the types that a field may be of, in whichever way several were written.

    >>> kinds_of(int | None) == kinds_of(typing.Optional[int]) == (int, types.NoneType)
    True
    """
    several = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if several else (hint,)


def shown(value: Any) -> str:
    """Return a value as a message shows it: in one line, cut off if it is long.

    >>> shown(int), shown("a" * 100)[-5:]
    ('the class int', 'aa...')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    try:
        words = " ".join(repr(value).split())
    except Exception:  # a number of more digits than Python prints, or an object's own fault
        words = f"a {type(value).__name__}"
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 3]}..."


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _as(value: Any, kind: Any) -> Any:
    """Return `value` as `kind` has it, or `_NO`."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin is typing.Literal:
        return value if value in inner else _NO
    if origin is tuple or origin is Sequence:
        return _sequence(value, inner, fixed=origin is tuple and ... not in inner)
    if origin is not None:  # of what is in it the annotation says more than can be asked
        return value if isinstance(value, origin) else _NO
    if kind in (int, float):
        number = numbers.Integral if kind is int else numbers.Real
        if isinstance(value, bool) or not isinstance(value, number):
            return _NO
        return value if type(value) in (int, kind) else kind(value)
    if kind is bool and type(value).__name__ in ("bool_", "bool"):  # NumPy's is none of Python's
        return bool(value)
    if kind is str and isinstance(value, os.PathLike) and isinstance(os.fspath(value), str):
        return os.fspath(value)
    if getattr(kind, "_is_protocol", False):
        return value if callable(value) and not isinstance(value, type) else _NO
    return value if isinstance(value, kind) else _NO


def _sequence(value: Any, inner: tuple[Any, ...], *, fixed: bool) -> Any:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        return _NO
    if fixed and len(value) != len(inner):
        return _NO
    found = tuple(_as(x, inner[i] if fixed else inner[0]) for i, x in enumerate(value))
    return _NO if _NO in found else found


def _check_range(name: str, given: Any, number: Any, bounds: Mapping[str, Any], kind: Any) -> None:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return
    if not _finite(number):
        raise ValueError(f"{name} is {shown(given)}; a finite number wanted")
    low, high = bounds.get("least", bounds.get("above")), bounds.get("most", bounds.get("below"))
    open_low, open_high = "above" in bounds, "below" in bounds
    under = low is not None and (number < low or (open_low and number == low))
    over = high is not None and (number > high or (open_high and number == high))
    if not (under or over):
        return
    if kind is float and low is not None and high is not None:
        span = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
        raise ValueError(f"{name} is {shown(given)}; it must lie in {span}")
    limit = f"{'above' if open_low else 'at least'} {low}" if under else f"at most {high}"
    raise ValueError(f"{name} is {shown(given)}; it must be {limit}")


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _wanted(kinds: Sequence[Any]) -> str:
    known = [WORDS[kind] for kind in kinds if kind in WORDS]
    for kind in kinds:
        if kind not in WORDS:
            known += _names(kind)
    *others, last = known
    return f"{', '.join(others)} or {last}" if others else last


def _names(kind: Any) -> list[str]:
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)
        return [f"{len(inner)} of them in a tuple" if ... not in inner else "a tuple"]
    if typing.get_origin(kind) is typing.Literal:
        return [repr(value) for value in typing.get_args(kind)]
    own = not str(getattr(kind, "__module__", "")).startswith("collections")
    if own and inspect.isclass(kind) and inspect.isabstract(kind):
        public = [sub.__name__ for sub in kind.__subclasses__() if sub.__name__[0] != "_"]
        if public:
            return [f"a {name}" for name in public]
    return [f"a {getattr(kind, '__name__', kind)}"]
