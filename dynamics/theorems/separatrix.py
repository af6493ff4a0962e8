"""The separatrix: the curve in the (p, s) plane that parts collapse from survival."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from analysis.checks.fields import checked
from analysis.checks.numbers import check_count, check_numbers
from dynamics.flows.base import VARIABLES
from dynamics.flows.eigenmodes import EigenmodeFlow

OFF = 1e-6  # from the saddle along its stable direction, relative to p_-
FINE = 20_000  # along a half of it, most at an s too small to see

Curve = Callable[..., np.ndarray]


def separatrix(
    flow: EigenmodeFlow, *, p_max: float = 2.0, s_max: float = 1.0, points: int = 400
) -> xr.Dataset:
    r"""Return the curve in the (p, s) plane that parts collapse from survival.

    It is the stable manifold of the unstable rest point :math:`(p_-, s_-)`, followed backwards in
    time. The line ``p = p_-``, which a look at the parabola alone suggests, meets it in one point
    only: a mode with a large s survives from a negative p, and one with a p well above tau/k
    dies, since too large a predictor shrinks s to nothing before it has come down (the *upper
    edge*).

    Parameters
    ----------
    flow : EigenmodeFlow
        Without EMA, 0 < eta < `critical_decay`, and a predictor's decay above 0.
    p_max, s_max : float
        The curve ends where :math:`|p|` or s grows beyond.
    points : int
        Along each of its two halves, evenly in length where `p_max` and `s_max` are 1.

    Returns
    -------
    Dataset (point)
        `predictor_eigenvalue` and `correlation_eigenvalue`, from the negative end to the upper
        edge.

    Raises
    ------
    ValueError
        The flow has an EMA (its separatrix is a surface: `survives`), or no unstable rest point; or
        an end of the curve is not above 0, or it has fewer than 2 points.
    """
    checked("flow", flow, EigenmodeFlow)
    check_numbers("p_max", p_max, above=0)
    check_numbers("s_max", s_max, above=0)
    check_count("points", points, least=2)
    pieces = []
    for sign in (1, -1):
        solution, end = half_of_separatrix(flow, sign, p_max, s_max)
        p, x = solution(np.linspace(0, end, FINE))
        length = np.hypot(np.diff(p) / p_max, np.diff(np.exp(x)) / s_max).cumsum()
        places = np.linspace(0, length[-1], points)
        y = solution(np.interp(places, np.append(0.0, length), np.linspace(0, end, FINE)))
        pieces.append(np.stack([y[0], np.exp(y[1])]))
    # The first half leads to large s and negative p.
    p, s = np.concatenate([pieces[0][:, ::-1], pieces[1]], axis=1)
    names = flow.variables
    return xr.Dataset(
        {
            name: ("point", values, VARIABLES[name].attrs)
            for name, values in zip(names, (p, s), strict=True)
        }
    )


def half_of_separatrix(
    flow: EigenmodeFlow, sign: int, p_max: float, s_max: float
) -> tuple[Curve, float]:
    """Return one half of it as a function of its length, (p, log s), and where that ends.

    It is followed backwards in time; s spans many decades.

    Raises
    ------
    ValueError
        The flow has an EMA, or no saddle.
    """
    if flow.beta is not None:
        raise ValueError("with an EMA the separatrix is a surface; ask survives(flow, p0, s0)")
    saddle = [point for point in flow.rest_points() if point.name == "unstable"]
    if not saddle or saddle[0].stability != "saddle":
        raise ValueError(f"eta = {flow.eta} has no saddle; 0 < eta < {flow.critical_decay} wanted")
    p, s = saddle[0].state
    values, vectors = np.linalg.eig(flow.jacobian(np.array(p), np.array(s)))
    stable = vectors[:, np.argmin(values.real)].real
    stable = stable * np.sign(stable[1]) / np.linalg.norm(stable)
    first = np.array([p, s]) + sign * OFF * p * stable * min(1.0, s / p)

    def backwards(_: float, y: np.ndarray) -> np.ndarray:
        # By arc length: in time, the upper edge comes from infinity in a moment.
        grown, pull = np.exp(min(y[1], 50.0)), flow.tau - flow.k * y[0]
        dp = flow.alpha_p * grown * pull - flow.predictor_decay * y[0]
        velocity = np.array([-dp, -2 * (y[0] * pull - flow.eta)])
        return velocity / np.hypot(*velocity)

    def outside(_: float, y: np.ndarray) -> float:
        return float(max(abs(y[0]) / p_max, np.exp(min(y[1], 50.0)) / s_max) - 1)

    outside.terminal = True  # type: ignore[attr-defined]
    # log s falls by this much while p decays, from 2 tau/k on.
    deepest = flow.tau**2 / (flow.k * flow.predictor_decay)
    out = solve_ivp(
        backwards,
        (0, 4 * (p_max + float(deepest)) + 200.0),
        [first[0], np.log(first[1])],
        events=outside,
        dense_output=True,
        rtol=1e-10,
        atol=1e-12,
        method="DOP853",
    )
    assert out.sol is not None  # dense_output
    return out.sol, float(out.t[-1])
