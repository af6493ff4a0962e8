"""The (p, s) plane as a grid, even along the axes that a portrait has."""

from typing import Any

import numpy as np

from analysis.checks.numbers import check_count, check_numbers, check_rising
from dynamics.flows.base import VARIABLES

P, S = "predictor_eigenvalue", "correlation_eigenvalue"


def plane(
    p: tuple[float, float], s: tuple[float, float], points: int, linear_below: float | None
) -> dict[str, tuple[str, np.ndarray, dict[str, Any]]]:
    """Return the coordinates of a portrait's grid, `predictor_eigenvalue` and s.

    Parameters
    ----------
    p, s : pairs
        Range of the axes.
    points : int
        Along each axis.
    linear_below : float, optional
        For an s that spans decades: its axis is about linear below this, and logarithmic above
        (even in asinh); s then has it in its attributes.

    Raises
    ------
    ValueError
        An axis does not rise, s begins below 0, there are fewer than 2 points, or `linear_below`
        is not above 0.

    Examples
    --------
    >>> plane((0.0, 1.0), (0.0, 2.0), 3, None)["correlation_eigenvalue"][1].tolist()
    [0.0, 1.0, 2.0]
    """
    check_rising("p", p)
    check_numbers("s", check_rising("s", s), least=0)
    check_count("points", points, least=2)
    across, up = np.linspace(*p, points), np.linspace(*s, points)
    named: dict[str, Any] = dict(VARIABLES[S].attrs)
    if linear_below is not None:
        check_numbers("linear_below", linear_below, above=0)
        first, last = (float(np.arcsinh(end / linear_below)) for end in s)
        up = linear_below * np.sinh(np.linspace(first, last, points))
        named["linear_below"] = linear_below
    return {P: (P, across, VARIABLES[P].attrs), S: (S, up, named)}
