"""The (p, s) plane of one mode among others that act on it, at what they are now."""

import dataclasses

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from analysis.checks.numbers import check_numbers
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.set_predictor import ClosedFormFlow
from dynamics.theorems.plane import P, S, plane


def cosine_portrait(
    flow: CosineFlow,
    others: tuple[np.ndarray, np.ndarray],
    p: tuple[float, float] = (-0.5, 2.0),
    s: tuple[float, float] = (0.0, 1.0),
    *,
    points: int = 161,
    linear_below: float | None = None,
) -> xr.Dataset:
    r"""Return the plane of a mode under the cosine flow, with N and mu held where all modes are.

    .. math:: \dot p = \alpha_p s (1 - \mu k p)/N - \eta_p p, \quad
        \dot s = 2 p s (1 - \mu k p)/N - 2 \eta s, \quad k = \sum k_j s_j / \sum s_j

    This is the field of `EigenmodeFlow` at :math:`\tau = 1/\mu`, decays :math:`\eta N/\mu` and time
    in N/mu, and it moves with N and mu: where it rests with a decay, no mode stays, and there is
    no edge of survival. What is left of it is `threshold`, :math:`p = 1/(\mu k)`: modes below it
    grow, at the cost of those above.

    Parameters
    ----------
    flow : CosineFlow
    others : (p, s), arrays (mode)
        All modes, those of a run's last snapshot, say; s at least 0.
    p, s, points, linear_below
        As for `phase_portrait`. An EMA is left out: the target's scale has no say in a cosine.

    Returns
    -------
    Dataset
        On the grid `p_rate` and `s_rate`; `threshold`; in ``attrs`` mu and N (`norm`), the flow's
        numbers, and a title.

    Raises
    ------
    ValueError
        No mode has a prediction, or numbers are not finite; or as for `plane`.

    Examples
    --------
    Two modes of p = 1 and 1/2 and s = 1, without noise: mu = 1.5/1.25, as in `CosineFlow`.

    >>> now = np.array([1.0, 0.5]), np.ones(2)
    >>> float(cosine_portrait(CosineFlow(sigma2=0.0), now, points=3)["threshold"].round(4))
    0.8333
    """
    checked("flow", flow, CosineFlow)
    now_p, now_s = (
        check_numbers(f"{name} of others", x) for name, x in zip("ps", others, strict=True)
    )
    check_numbers("s of others", now_s, least=0)
    axes = plane(p, s, points, linear_below)
    prediction = float((flow.k * now_p**2 * now_s).sum())
    if not prediction > 0:
        raise ValueError("p² s is 0 in every mode: a cosine has no direction there")
    mu = float((now_p * now_s).sum()) / prediction
    same = float((flow.k * now_s).sum())
    norm, k = float(np.sqrt(prediction * same)), same / float(now_s.sum())
    grid_p, grid_s = np.meshgrid(axes[P][1], axes[S][1])
    pull = (1 - mu * k * grid_p) / norm
    rates = {
        "p_rate": flow.alpha_p * grid_s * pull - flow.predictor_decay * grid_p,
        "s_rate": 2 * grid_s * (grid_p * pull - flow.eta),
    }
    known = {"alpha_p": flow.alpha_p, "eta": flow.eta, "eta_p": flow.predictor_decay}
    attrs = {name: float(value) for name, value in known.items()} | {"k": k, "mu": mu, "norm": norm}
    title = f"cosine, $\\mu$ = {mu:.3g}, $N$ = {norm:.3g}\n$k$ = {k:.3g}, $\\eta$ = {flow.eta:.3g}"
    return xr.Dataset(
        {
            **{name: ((S, P), values) for name, values in rates.items()},
            "threshold": ((), 1 / (mu * k) if mu else np.inf, {"symbol": r"$p = 1/(\mu k)$"}),
        },
        axes,
        attrs | {"title": title},
    )


def rule_portrait(
    flow: ClosedFormFlow,
    others: np.ndarray,
    p: tuple[float, float] = (-0.5, 2.0),
    s: tuple[float, float] = (0.0, 1.0),
    *,
    points: int = 161,
    linear_below: float | None = None,
) -> xr.Dataset:
    r"""Return the curve p(s) on which a rule that sets W_p holds a mode, and which way it goes.

    Of a mode that is added to all others at what they are now: a rule may divide by the largest
    eigenvalue or by a norm, and a cosine has its N.

    Parameters
    ----------
    flow : ClosedFormFlow
        An EMA is left out, for its `tau`: at rest the target is the network.
    others : array (mode)
        s of all modes, those of a run's last snapshot, say; at least 0.
    p, s, points, linear_below
        As for `phase_portrait`.

    Returns
    -------
    Dataset
        Along `correlation_eigenvalue`: `rule_p` and `rule_rate`, the rate of s. The axes, the
        flow's numbers and a title.

    Raises
    ------
    ValueError
        There is no mode, or a number is not finite; or as for `plane`.

    Examples
    --------
    The square root of F, one mode at s = 1 beside: p = sqrt(s), and 2 p s (1 - p) - 0 its rate.

    >>> curve = rule_portrait(ClosedFormFlow(), np.ones(1), s=(0.0, 0.25), points=2)
    >>> print(curve["rule_p"].values, curve["rule_rate"].values)
    [0.  0.5] [0.    0.125]
    """
    checked("flow", flow, ClosedFormFlow)
    now = check_numbers("others", others, least=0)
    if now.ndim != 1:
        raise ValueError(f"others has shape {now.shape}; s of each mode, (mode), wanted")
    axes = plane(p, s, points, linear_below)
    cross = np.broadcast_to(np.asarray(flow.cross, dtype=float), now.shape)
    same = np.broadcast_to(np.asarray(flow.same, dtype=float), now.shape)
    # The mode that is added is as all of them together.
    total = now.sum()
    k = float((same / cross * now).sum() / total) if total else float((same / cross).mean())
    with_one = dataclasses.replace(
        flow,
        same=np.append(same, k * cross.mean()),
        cross=np.append(cross, cross.mean()),
        beta=None,
    )
    curve_p, rate = np.empty((2, points))
    for i, value in enumerate(axes[S][1]):
        w = np.sqrt(np.append(now, value) / with_one.cross)
        (dw,) = with_one(0.0, w)
        curve_p[i] = with_one.predictor(w)[-1]
        rate[i] = 2 * w[-1] * dw[-1] * cross.mean()
    title = rf"$W_p$ as it is set: $k$ = {k:.3g}, $\eta$ = {flow.eta:.3g}"
    return xr.Dataset(
        {"rule_p": (S, curve_p), "rule_rate": (S, rate, {"symbol": r"$\dot s_j$"})},
        axes,
        {"k": k, "eta": float(flow.eta), "title": title},
    )
