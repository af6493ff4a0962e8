"""Sweeps of one parameter of a mode's flow: who survives, and by which way."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import xarray as xr
from tqdm import tqdm

from analysis.checks.fields import checked, shown
from analysis.checks.numbers import check_numbers
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.solvers.integrate import integrate
from dynamics.theorems.basin import survives

SYMBOLS = {
    "alpha_p": r"$\alpha_p$",
    "sigma2": r"$\sigma^2$",
    "eta": r"$\eta$",
    "eta_p": r"$\eta_p$",
    "tau": r"$\tau$",
    "beta": r"$\beta$",
}


def basin_map(
    flow: EigenmodeFlow,
    over: str,
    values: Sequence[float] | np.ndarray,
    p0: Sequence[float] | np.ndarray,
    s0: float | None = None,
    tau0: float = 1.0,
) -> xr.Dataset:
    r"""Return which starts survive at which value of a parameter.

    Parameters
    ----------
    flow : EigenmodeFlow
        With numbers as parameters; that of `over` is replaced.
    over : str
        A parameter of it.
    values, p0 : arrays
    s0 : float, optional
        By default on the parabola, :math:`s = p^2/\alpha_p`.
    tau0 : float
        For flows with an EMA.

    Returns
    -------
    Dataset (over, p0)
        `survives`; and along `over` the p of the rest points, `unstable` and `useful`, NaN above
        the critical decay.

    Raises
    ------
    ValueError
        `flow` has no such parameter; a number is not finite, or `s0` not above 0; or as `survives`.
    """
    _check(flow, over)
    start = check_numbers("p0", p0)
    _check_values(over, values)
    check_numbers("tau0", tau0)
    if s0 is not None:
        check_numbers("s0", s0, above=0)
    alive, rest = [], []
    for value in tqdm(values, f"basin over {over}", disable=None, leave=False):
        one = replace(flow, **{over: float(value)})
        alive.append(survives(one, start, start**2 / one.alpha_p if s0 is None else s0, tau0))
        states = {point.name: point.state[0] for point in one.rest_points()}
        rest.append([states.get(name, np.nan) for name in ("unstable", "useful")])
    low, high = np.array(rest).T
    return xr.Dataset(
        {
            "survives": ((over, "p0"), np.array(alive)),
            "unstable": (over, low, {"symbol": "$p_-$"}),
            "useful": (over, high, {"symbol": "$p_+$"}),
        },
        {
            over: (over, np.asarray(values, dtype=float), {"symbol": SYMBOLS[over]}),
            "p0": ("p0", start, {"symbol": "$p_j(0)$"}),
        },
        {"s0": "p^2/alpha_p" if s0 is None else s0, "flow": str(flow)},
    )


def trajectories(
    flow: EigenmodeFlow,
    over: str,
    values: Sequence[float],
    times: np.ndarray,
    start: tuple[float, float, float],
) -> xr.Dataset:
    """Return the way of a mode at each value of a parameter: p, s, tau and the alignment rate.

    Parameters
    ----------
    flow, over, values
        As for `basin_map`.
    times : array (time)
    start : (float, float, float)
        p, s and, for flows with an EMA, tau.

    Returns
    -------
    Dataset (over, time)
        `predictor_eigenvalue`, `correlation_eigenvalue`, `mode_alignment_rate` and, with an EMA,
        `tau`.

    Raises
    ------
    ValueError
        As for `basin_map` and `integrate`.
    """
    _check(flow, over)
    _check_values(over, values)
    if not hasattr(start, "__len__"):
        raise ValueError(f"start is {shown(start)}; p, s and tau in a tuple wanted")
    runs = []
    for value in values:
        one = replace(flow, **{over: value})
        run = integrate(one, start[: len(one.variables)], times).isel(mode=0, drop=True)
        rate = one.mode_alignment_rate(*(run[name].values for name in one.variables))
        run = run.assign(mode_alignment_rate=("step", rate)).swap_dims(step="time")
        runs.append(run.drop_vars("step"))
    dim = xr.DataArray(list(values), dims=over, name=over)
    return xr.concat(runs, dim=dim, combine_attrs="drop_conflicts")


def _check_values(over: str, values: Sequence[float] | np.ndarray) -> None:
    if check_numbers(over, values).ndim != 1:
        raise ValueError(f"{over} is {shown(values)}; several values of it, in a list, wanted")


def _check(flow: EigenmodeFlow, over: str) -> None:
    checked("flow", flow, EigenmodeFlow)
    known = [field.name for field in fields(flow)]
    if over not in known:
        raise ValueError(f"{over!r} is no parameter of EigenmodeFlow; choose from {known}")
    if over == "tau" and flow.beta is not None:
        raise ValueError("with an EMA tau is part of the state; sweep another, or leave beta out")
