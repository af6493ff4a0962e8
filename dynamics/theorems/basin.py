"""Who survives: the basin of the useful rest point."""

import numpy as np
from scipy.optimize import brentq

from analysis.checks.fields import checked
from analysis.checks.numbers import check_numbers
from dynamics.flows.base import Numbers
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.singular_values import ScalarFlow
from dynamics.solvers.ensemble import ensemble
from dynamics.theorems.separatrix import FINE, OFF, half_of_separatrix

SETTLED = 30.0  # e-foldings of the slowest rate at the useful rest point
LARGE = 1e10  # beyond, no p is sensible, and no s its square
ROUNDS, FAN = 6, 200  # of a search by many starts at once: 200^-6 is below rounding


def basin_edges(flow: EigenmodeFlow, s0: float, *, p_max: float = 50.0) -> tuple[float, float]:
    """Return the least and the largest p(0) that survive from s(0) = `s0`.

    >>> low, high = basin_edges(EigenmodeFlow(eta=0.05), 0.01)
    >>> print(f"{low:.3f} {high:.3f}")
    -0.028 1.410

    Raises
    ------
    ValueError
        As `separatrix`; or no p survives from so small an `s0`, and the message says from which on
        some do; or the upper edge lies beyond `p_max`.
    """
    checked("flow", flow, EigenmodeFlow)
    check_numbers("s0", s0, above=0)
    check_numbers("p_max", p_max, above=0)
    goal, least = np.log(s0), np.inf
    reach = max(point.state[1] for point in flow.rest_points())
    saddle = next((x.state for x in flow.rest_points() if x.name == "unstable"), (0.0, -1.0))
    # The two halves leave the saddle itself out.
    found = [saddle[0]] if abs(s0 / saddle[1] - 1) < 10 * OFF else []
    for sign in (1, -1):
        solution, end = half_of_separatrix(flow, sign, p_max, 2 * max(s0, reach))
        times = np.linspace(0, end, FINE)
        depth = solution(times)[1]
        above, least = depth - goal, min(least, depth.min())
        for i in np.flatnonzero(above[:-1] * above[1:] <= 0):
            t = brentq(lambda t, y=solution: y(t)[1] - goal, times[i], times[i + 1], xtol=1e-14)
            found.append(float(solution(t)[0]))
    if len(found) < 2:
        useful = next(x.state[0] for x in flow.rest_points() if x.name == "useful")
        # The border is lowest where ds/dt = 0 on it, at p_+.
        if goal < least and p_max > useful:
            raise ValueError(
                f"no p survives from s0 = {s0:g}: it takes {np.exp(least):.4g} or more"
            )
        raise ValueError(f"no upper edge below p = {p_max} at s = {s0}; raise p_max")
    return min(found), max(found)


def survives(flow: EigenmodeFlow, p0: Numbers, s0: Numbers, tau0: Numbers = 1.0) -> np.ndarray:
    r"""Return whether modes that start at (p0, s0[, tau0]) end at the useful rest point.

    Without decay the answer is exact: with :math:`c = s - p^2/\alpha_p`, a mode lives if c > 0, or
    c = 0 and p > 0, or p > 0 and :math:`\sqrt{-\alpha_p c} < \tau/k`; the paper gives c > 0, which
    is sufficient. With decay a mode lives if it starts above the `separatrix`. With EMA it is
    followed until it is settled.

    Parameters
    ----------
    flow : EigenmodeFlow
        Numbers as parameters; with decays that are both 0, or both above.
    p0, s0, tau0 : float or arrays
        Broadcast together. `tau0` is used by flows with an EMA.

    Returns
    -------
    array of bool
        True where s stays above 0 for ever. A start on the separatrix itself goes by rounding.

    Raises
    ------
    ValueError
        One of the decays is 0 and the other is not: then all collapse, or s grows for ever. Or a
        start is not finite, or an s negative.
    RuntimeError
        With EMA, a mode could not be followed: the flow is too stiff.
    """
    checked("flow", flow, EigenmodeFlow)
    starts = (
        check_numbers("p0", p0, least=-LARGE, most=LARGE),
        check_numbers("s0", s0, least=0, most=LARGE**2),
        check_numbers("tau0", tau0),
    )
    p, s, tau = np.broadcast_arrays(*starts)
    if arrays := [name for name in ("eta", "predictor_decay") if np.ndim(getattr(flow, name))]:
        raise ValueError(f"survives wants numbers; {', '.join(arrays)} is an array: one at a time")
    eta, eta_p = float(flow.eta), float(flow.predictor_decay)
    if (eta > 0) != (eta_p > 0):
        raise ValueError(f"eta = {eta} and eta_p = {eta_p}: both 0 or both above wanted")
    if eta == 0 and flow.beta is None:
        c = flow.balance(p, s)
        limit = (flow.tau / flow.k) ** 2
        return (s > 0) & ((c > 0) | ((p > 0) & (-flow.alpha_p * c < limit)))
    useful = [point for point in flow.rest_points() if point.name == "useful"]
    if not useful:
        return np.zeros(p.shape, dtype=bool)
    if flow.beta is None:
        return _above_separatrix(flow, p, s)
    end = SETTLED / min(abs(rate) for rate in useful[0].eigenvalues if rate)
    w = np.sqrt(s)
    # In w, which may fall to 1e-60 and come back.
    run = ensemble(ScalarFlow.of(flow), (w, p, tau * w), [0.0, end], rtol=1e-9)
    if failed := run.attrs["failed"]:
        raise RuntimeError(f"{failed} of {p.size} modes could not be followed to t = {end:g}")
    last = run["encoder_value"].values[-1] ** 2
    return np.asarray(last > (1e-9 * s if eta == 0 else useful[0].state[1] / 2))


def critical_start(flow: EigenmodeFlow, tau0: float = 0.0) -> float:
    r"""Return the least p(0) that survives from the parabola, s(0) = p(0)²/alpha_p.

    Without EMA, or with tau(0) = 1, it is ``p_-``. A target that starts from 0 raises it: at
    k = 1.25, eta = 0.05 from 0.0528 to 0.118 at beta = 0.04 (the paper's observation 10).

    Raises
    ------
    ValueError
        Nothing survives: there is no useful rest point, or not below p = tau/k. Or `tau0` is not
        finite.
    """
    checked("flow", flow, EigenmodeFlow)
    check_numbers("tau0", tau0)
    if not any(point.name == "useful" for point in flow.rest_points()):
        raise ValueError(f"eta = {flow.eta} is above eta* = {flow.critical_decay}: all collapse")
    low, high = 0.0, float(flow.final_tau / flow.k)
    for _ in range(ROUNDS):
        p = np.linspace(low, high, FAN)
        alive = survives(flow, p, p**2 / flow.alpha_p, tau0)
        if not alive.any():
            raise ValueError(f"nothing between p = {low:g} and {high:g} survives")
        first = int(np.argmax(alive))
        low, high = p[max(first - 1, 0)], p[first]
        if high - low < 1e-12:
            break
    return float((low + high) / 2)


def _above_separatrix(flow: EigenmodeFlow, p: np.ndarray, s: np.ndarray) -> np.ndarray:
    reach, top = 1.2 * max(np.abs(p).max(initial=1.0), 1.0), 1.2 * s.max(initial=1.0)
    border = []
    for sign in (1, -1):
        solution, end = half_of_separatrix(flow, sign, reach, top)
        border.append(solution(np.linspace(0, end, FINE)))
    # Over p it is a graph: s falls from large ones at p < 0, and rises again to the upper edge. No
    # start lies beyond its ends.
    edge, depth = np.concatenate([border[0][:, ::-1], border[1]], axis=1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(s) > np.interp(p, edge, depth))
