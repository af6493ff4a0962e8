"""The (p, s) plane of a mode as a dataset: the field, where it rests, who survives."""

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.theorems.basin import survives
from dynamics.theorems.plane import P, S, plane
from dynamics.theorems.separatrix import separatrix


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
    points, linear_below
        As for `plane`.

    Returns
    -------
    Dataset
        On the grid `predictor_eigenvalue` x `correlation_eigenvalue`: `p_rate`, `s_rate`,
        `survives`. Along `rest`: `rest_p`, `rest_s`, `rest_name`, `rest_stability`. Along `point`,
        where there is a saddle: `separatrix_p`, `separatrix_s`. The flow's parameters and a title
        in ``attrs``.

    Raises
    ------
    ValueError
        The flow has an EMA: its space has three dimensions. Or as for `plane`.
    """
    checked("flow", flow, EigenmodeFlow)
    if flow.beta is not None:
        raise ValueError("a phase portrait is of (p, s) alone; leave beta out, or use integrate")
    axes = plane(p, s, points, linear_below)
    grid_p, grid_s = np.meshgrid(axes[P][1], axes[S][1])
    dp, ds = flow(0.0, grid_p, grid_s)
    known = {"alpha_p": flow.alpha_p, "k": flow.k, "tau": flow.tau}
    known |= {"eta": flow.eta, "eta_p": flow.predictor_decay}
    out = xr.Dataset(
        {
            "p_rate": ((S, P), dp, {"symbol": r"$\dot p_j$"}),
            "s_rate": ((S, P), ds, {"symbol": r"$\dot s_j$"}),
        },
        axes,
        {name: float(value) for name, value in known.items()},
    )
    out.attrs["title"] = rf"$\eta$ = {flow.eta:.3g}, $\tau$ = {flow.tau:.3g}, $k$ = {flow.k:.3g}"
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
