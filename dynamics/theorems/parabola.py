r"""On the parabola s = p²/alpha_p: one equation, solved in closed form.

.. math:: \dot p = p^2 (\tau - k p) - \eta p = -k\, p (p - p_-)(p - p_+)

Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eq. 16; the caption of its Fig. 4 forgets the k.
"""

import numpy as np
import xarray as xr
from scipy.integrate import cumulative_simpson

from analysis.checks.fields import checked
from analysis.checks.numbers import check_numbers
from analysis.linalg.labelled import check_labelled
from dynamics.flows.base import check_one_decay
from dynamics.flows.eigenmodes import EigenmodeFlow


def speed(flow: EigenmodeFlow, p: np.ndarray | float) -> np.ndarray:
    r"""Return dp/dt on the parabola, with the constant `tau` of the flow (Eq. 16).

    Raises
    ------
    ValueError
        Encoder and predictor decay at different rates: trajectories leave the parabola. Or a p is
        not finite.
    """
    checked("flow", flow, EigenmodeFlow)
    check_one_decay(flow.eta, flow.predictor_decay)
    p = check_numbers("p", p)
    return np.asarray(p**2 * (flow.tau - flow.k * p) - flow.eta * p)


def time_to_reach(flow: EigenmodeFlow, start: float, end: float) -> float:
    r"""Return the time from p = `start` to p = `end` on the parabola, by partial fractions.

    .. math:: t = -\frac{G(p) - G(p_0)}{k}, \quad G(p) = \frac{\ln|p|}{p_- p_+}
        + \frac{\ln|p - p_-|}{p_- (p_- - p_+)} + \frac{\ln|p - p_+|}{p_+ (p_+ - p_-)}

    Parameters
    ----------
    flow : EigenmodeFlow
        With a constant tau, one decay, and 0 < eta < `critical_decay`.

    Returns
    -------
    float
        Infinite if a rest point lies between, or the flow goes the other way.

    Raises
    ------
    ValueError
        There are no three rest points, or the flow has an EMA; or a p is not finite.
    """
    checked("flow", flow, EigenmodeFlow)
    check_one_decay(flow.eta, flow.predictor_decay)
    check_numbers("start and end", [start, end])
    low, high = _pair(flow)
    if end == start:
        return 0.0
    inside = sorted((start, end))
    blocked = any(inside[0] <= rest <= inside[1] for rest in (0.0, low, high))
    if blocked or speed(flow, start) * (end - start) <= 0:
        return float("inf")

    def G(p: float) -> float:
        return float(
            np.log(abs(p)) / (low * high)
            + np.log(abs(p - low)) / (low * (low - high))
            + np.log(abs(p - high)) / (high * (high - low))
        )

    return -(G(end) - G(start)) / float(flow.k)


def target_scale_on_parabola(p: xr.DataArray, beta: float, tau0: float = 0.0) -> xr.DataArray:
    r"""Return tau along a trajectory p(t) on the parabola (Eq. 15, for any start).

    .. math:: \tau(t) = \frac{e^{-\beta t}}{p(t)}
        \Big[p(0) \tau(0) + \beta \int_0^t p(t') e^{\beta t'} dt'\Big]

    Parameters
    ----------
    p : DataArray (step, ...)
        With the coordinate `time`, fine enough for Simpson's rule.
    beta : float
        Rate of the EMA.
    tau0 : float
        The paper has W_a(0) = 0, tau0 = 0; a target that begins as a copy has 1.

    Returns
    -------
    DataArray (step, ...)
        NaN where p is 0.

    Raises
    ------
    ValueError
        `p` has no coordinate `time`; `beta` is negative, or a number not finite.
    """
    check_numbers("beta", beta, least=0)
    check_numbers("tau0", tau0)
    check_labelled(p, "p", ("step",))
    if "time" not in p.coords:
        raise ValueError(f"p needs the coordinate 'time'; it has {sorted(map(str, p.coords))}")
    t = p["time"].values - p["time"].values[0]
    axis = p.get_axis_num("step")
    shape = [1] * p.ndim
    shape[axis] = -1
    grown = np.exp(beta * t).reshape(shape)
    integral = cumulative_simpson(p.values * grown, x=t, axis=axis, initial=0)
    first = p.isel(step=[0]).values * tau0
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = np.where(p.values == 0, np.nan, (first + beta * integral) / (grown * p.values))
    return p.copy(data=tau).rename("tau")


def _pair(flow: EigenmodeFlow) -> tuple[float, float]:
    if flow.beta is not None:
        raise ValueError("time_to_reach is for a constant tau; integrate a flow with an EMA")
    states = {point.name: point.state[0] for point in flow.rest_points()}
    if "unstable" not in states or not states["unstable"] < states["useful"]:
        raise ValueError(f"eta = {flow.eta} has no three rest points; 0 < eta < eta* wanted")
    return states["unstable"], states["useful"]
