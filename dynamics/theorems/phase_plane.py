"""The (p, s) plane of a mode as a dataset: the field, where it rests, who survives."""

from typing import Any

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from analysis.checks.numbers import check_count, check_numbers, check_rising
from dynamics.flows.base import VARIABLES
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.theorems.basin import survives
from dynamics.theorems.separatrix import separatrix

P, S = "predictor_eigenvalue", "correlation_eigenvalue"


def phase_portrait(
    flow: EigenmodeFlow,
    p: tuple[float, float] = (-0.5, 2.0),
    s: tuple[float, float] = (0.0, 1.0),
    *,
    points: int = 161,
    linear_below: float | None = None,
) -> xr.Dataset:
    """Return all that a phase portrait shows, for `analysis.figures.theory.plot_phase`.

    Parameters
    ----------
    flow : EigenmodeFlow
        Without EMA, numbers as parameters.
    p, s : pairs
        Range of the axes.
    points : int
        Of the grid, along each axis.
    linear_below : float, optional
        For an s that spans decades: its axis is about linear below this, and logarithmic above
        (even in asinh). By default linear.

    Returns
    -------
    Dataset
        On the grid `predictor_eigenvalue` x `correlation_eigenvalue`: `p_rate`, `s_rate`,
        `survives`. Along `rest`: `rest_p`, `rest_s`, `rest_name`, `rest_stability`. Along `point`,
        where there is a saddle: `separatrix_p`, `separatrix_s`. The flow's parameters in ``attrs``.
        With `linear_below`, s has it in its own.

    Raises
    ------
    ValueError
        The flow has an EMA: its space has three dimensions. Or an axis does not rise, s begins
        below 0, there are fewer than 2 points, or `linear_below` is not above 0.
    """
    checked("flow", flow, EigenmodeFlow)
    check_rising("p", p)
    check_numbers("s", check_rising("s", s), least=0)
    check_count("points", points, least=2)
    if flow.beta is not None:
        raise ValueError("a phase portrait is of (p, s) alone; leave beta out, or use integrate")
    across, up = np.linspace(*p, points), np.linspace(*s, points)
    named: dict[str, Any] = dict(VARIABLES[S].attrs)
    if linear_below is not None:
        check_numbers("linear_below", linear_below, above=0)
        first, last = (float(np.arcsinh(end / linear_below)) for end in s)
        up = linear_below * np.sinh(np.linspace(first, last, points))
        named["linear_below"] = linear_below
    grid_p, grid_s = np.meshgrid(across, up)
    dp, ds = flow(0.0, grid_p, grid_s)
    out = xr.Dataset(
        {
            "p_rate": ((S, P), dp, {"symbol": r"$\dot p_j$"}),
            "s_rate": ((S, P), ds, {"symbol": r"$\dot s_j$"}),
        },
        {P: (P, across, VARIABLES[P].attrs), S: (S, up, named)},
        {
            **{"alpha_p": float(flow.alpha_p), "k": float(flow.k), "tau": float(flow.tau)},
            **{"eta": float(flow.eta), "eta_p": float(flow.predictor_decay)},
        },
    )
    rest = flow.rest_points()
    out = out.assign(
        rest_p=("rest", [point.state[0] for point in rest]),
        rest_s=("rest", [point.state[1] for point in rest]),
        rest_name=("rest", [point.name for point in rest]),
        rest_stability=("rest", [point.stability for point in rest]),
    )
    if (flow.eta > 0) == (flow.predictor_decay > 0):
        out["survives"] = (S, P), survives(flow, grid_p, np.maximum(grid_s, 1e-12))
    if any(r.stability == "saddle" for r in rest):
        reach = 1.2 * max(map(abs, p))
        curve = separatrix(flow, p_max=reach, s_max=1.2 * s[1])
        out["separatrix_p"], out["separatrix_s"] = curve[P], curve[S]
    return out
