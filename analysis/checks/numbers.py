"""What is asked of numbers that come in: real, finite, in range; one line if they are not."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.checks.fields import shown


def check_numbers(
    name: str,
    values: ArrayLike,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> np.ndarray:
    """Return one number or an array of them as float64, if all lie in their range.

    Parameters
    ----------
    name : str
        As the message calls them.
    values : float or array
    above, least, most : float, optional
        They are larger than `above`, not less than `least`, not more than `most`.

    Raises
    ------
    ValueError
        There is none, or one is not real, not finite, or out of range: the message has the first.
    """
    try:
        given = np.asarray(values)
    except (ValueError, TypeError, RuntimeError):  # ragged, or a tensor that is not for NumPy
        given = np.empty(1, object)
    if given.dtype.kind not in "fiu":
        raise ValueError(f"{name} is {shown(values)}; a real number wanted")
    if not given.size:
        raise ValueError(f"{name} is empty; one number or more wanted")
    numbers = given.astype(float)
    good = np.isfinite(numbers)
    wanted = ["finite"]
    if above is not None:
        good &= numbers > above
        wanted.append(f"above {above:g}")
    if least is not None:
        good &= numbers >= least
        wanted.append(f"{least:g} or more")
    if most is not None:
        good &= numbers <= most
        wanted.append(f"at most {most:g}")
    if not good.all():
        bad = numbers[~good].flat[0]
        raise ValueError(f"{name} is {bad}; {' and '.join(wanted)} wanted")
    return numbers


def check_count(name: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """Return a whole number from `least` to `most`.

    Raises
    ------
    ValueError
        It is another number, or none.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not least <= value <= (value if most is None else most):  # type: ignore[operator]
        span = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {shown(value)}; a whole number {span} wanted")
    return int(value)  # type: ignore[call-overload]


def check_rising(name: str, values: ArrayLike) -> np.ndarray:
    """Return two or more finite numbers, each larger than the one before, as float64.

    Raises
    ------
    ValueError
        They are not.
    """
    numbers = np.asarray(values)
    fine = numbers.dtype.kind in "fiu" and numbers.ndim == 1 and numbers.size > 1
    if not (fine and np.isfinite(numbers).all() and (np.diff(numbers) > 0).all()):
        raise ValueError(
            f"{name} must rise: two or more finite numbers wanted, each larger than the one before"
        )
    return numbers.astype(float)
