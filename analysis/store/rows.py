"""Rows on their way into a store: checked whole, across variables, before any of them is taken."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.checks.fields import checked
from analysis.checks.names import nearest
from analysis.store.buffer import TEXT, Column
from analysis.store.evaluations import canonical_json
from analysis.store.schema import COORDINATES, GROUPS, Variable

LARGEST = 2**53  # whole numbers beyond it are not exact in float64


def checked_rows(
    group: str,
    rows: Mapping[str, ArrayLike],
    held: Mapping[str, Column] | None,
    last: int,
    declared: Mapping[str, Variable] | None = None,
) -> dict[str, np.ndarray]:
    """Return `rows` as the arrays that the columns of a group take.

    Parameters
    ----------
    group : str
        A key of `schema.GROUPS`.
    rows : mapping of name to array, dims ``(row, *dims)``
        With `step`.
    held : mapping of name to Column or None
        What the store holds so far, None before the first row.
    last : int
        The last step of the group, -1 before the first row.
    declared : mapping of name to Variable, optional
        What this store has beside the schema.

    Raises
    ------
    ValueError
        A name is not in the schema, or variables, lengths, shapes or dtypes differ from those of
        the first row or from each other; a matrix is not square; a step or a number of samples is
        not whole; a coordinate is not finite; steps do not rise.
    """
    known = COORDINATES | GROUPS[group] | dict(declared or {})
    for name in rows:
        if name not in known:
            raise ValueError(_unknown(name, known))
    if held is not None and rows.keys() != held.keys():
        raise ValueError(
            f"this store holds {sorted(held)}; got {sorted(rows)}: "
            "the variables of a run are those of its first snapshot"
        )
    arrays = {name: _column(name, values, known[name]) for name, values in rows.items()}
    steps = arrays["step"]
    for name, values in arrays.items():
        if len(values) != len(steps):
            raise ValueError(f"{name!r} has {len(values)} rows, step has {len(steps)}")
        if held is not None:
            _check_like_first(name, values, held[name])
    _check_features({name: values.shape[1:] for name, values in arrays.items()}, known)
    least = 0 if group == "evaluation" else 1  # several evaluations may be of one step
    if np.any(np.diff(steps, prepend=last) < least):
        raise ValueError(f"steps must rise: got {steps.tolist()[:5]} after {last}")
    return arrays


def check_variable_attrs(attrs: Mapping[str, Mapping[str, Any]]) -> None:
    """Check attributes of single variables, by ``predictor`` or ``metrics/loss``.

    Raises
    ------
    ValueError
        There is no such variable, or they are no plain JSON.
    """
    known = {f"{group}/{name}".lstrip("/") for group, names in GROUPS.items() for name in names}
    known |= {*COORDINATES}
    for name, values in checked("variable_attrs", attrs, Mapping).items():
        declared = str(name).startswith("metrics/") and name[len("metrics/") :].isidentifier()
        if name not in known and not declared:
            raise ValueError(f"variable_attrs: {_unknown(name, known)}")
        canonical_json(f"variable_attrs of {name}", values)


def one_row(name: str, values: Any) -> np.ndarray:
    """Return the values of one row with the leading dim of many.

    Raises
    ------
    ValueError
        They are no array of numbers, or some are masked.
    """
    return _array(name, values)[None]


def _unknown(name: object, known: Collection[str]) -> str:
    close = nearest(str(name), known)
    hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(sorted(known))}"
    return f"{name!r} is not a variable of the schema; {hint}"


def _array(name: str, values: Any) -> np.ndarray:
    if np.ma.is_masked(values):
        raise ValueError(f"{name!r} has masked values; say by NaN what is not known")
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged, or a tensor of another device
        raise ValueError(f"{name!r} is no array of numbers: {error}") from None


def _column(name: str, values: Any, variable: Variable) -> np.ndarray:
    if variable.kind == "text":
        return _text(name, values)
    array = np.atleast_1d(_array(name, values))
    if array.ndim - 1 != len(variable.dims):
        dims = ("step", *variable.dims)
        raise ValueError(f"{name!r} has shape {array.shape[1:]} per step; its dims are {dims}")
    if variable.dims:
        if array.dtype.kind != "f" or array.itemsize > 8:
            raise ValueError(
                f"{name!r} has dtype {array.dtype}; wanted real floats of up to 64 bit"
            )
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name!r} has dtype {array.dtype}; wanted real numbers")
    if variable.kind == "count":
        return _whole(name, array)
    if name in COORDINATES and not (good := np.isfinite(array)).all():
        raise ValueError(f"{name!r} is {_first(array, ~good)}; a finite number wanted")
    return array.astype(np.float64)


def _whole(name: str, array: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        good = (array >= 0) & (array <= LARGEST) & (array == np.floor(array))
    if not good.all():
        raise ValueError(f"{name!r} is {_first(array, ~good)}; a whole number, 0 or more, wanted")
    return array.astype(np.int64)


def _text(name: str, values: Sequence[Any]) -> np.ndarray:
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"{name!r} is {value!r}; a string wanted")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{name!r} is {value!r}, which is no UTF-8: {error}") from None
    return np.array(list(values), dtype=TEXT)


def _first(array: np.ndarray, bad: np.ndarray) -> Any:
    return array[bad][0].item()


def _check_like_first(name: str, values: np.ndarray, column: Column) -> None:
    if values.shape[1:] != column.shape:
        raise ValueError(f"{name!r} has shape {values.shape[1:]}; this store holds {column.shape}")
    if column.shape and values.dtype != column.dtype:
        raise ValueError(f"{name!r} has dtype {values.dtype}; this store holds {column.dtype}")


def _check_features(shapes: Mapping[str, tuple[int, ...]], known: Mapping[str, Variable]) -> None:
    """Check that all variables have one number of features; `row` x `col` is square."""
    sizes: dict[str, tuple[str, int]] = {}
    for name, shape in shapes.items():
        for dim, size in zip(known[name].dims, shape, strict=True):
            if size == 0:
                raise ValueError(f"{name!r} has shape {shape}; at least one feature wanted")
            whose, wanted = sizes.setdefault("row" if dim == "col" else dim, (name, size))
            if size != wanted:
                beside = "square" if whose == name else f"{wanted} as in {whose!r}"
                raise ValueError(f"{name!r} has shape {shape}; {beside} wanted")
