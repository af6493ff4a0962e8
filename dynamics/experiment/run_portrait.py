"""The (p, s) plane of a run's own flow, whichever it is, where the run ends."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from dynamics.experiment.own_flow import Modes
from dynamics.flows.base import Numbers
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.set_predictor import ClosedFormFlow
from dynamics.theorems.coupled_plane import cosine_portrait, rule_portrait
from dynamics.theorems.phase_plane import phase_portrait

ALIVE = 0.01  # of the largest s
ALIKE = 1.05  # k of one mode over that of another, which are drawn as one


def changed(flow: Modes, given: Mapping[str, float]) -> Modes:
    """Return the flow with some of its numbers changed; `sigma2` is that of all modes.

    Raises
    ------
    ValueError
        The flow has no such number.

    Examples
    --------
    >>> changed(ClosedFormFlow(), {"sigma2": 0.5, "eta": 0.1}).same
    1.5
    """
    numbers: dict[str, Any] = dict(given)
    if isinstance(flow, ClosedFormFlow) and "sigma2" in numbers:
        numbers |= {"same": 1 + numbers.pop("sigma2"), "cross": 1.0}
    known = {field.name for field in dataclasses.fields(flow)}
    if foreign := sorted(numbers.keys() - known):
        raise ValueError(
            f"{foreign[0]} is given, and the run's flow, {type(flow).__name__}, has none; "
            "leave it out"
        )
    return dataclasses.replace(flow, **numbers)


def run_portrait(
    flow: Modes,
    last: tuple[np.ndarray, np.ndarray],
    p: tuple[float, float],
    s: tuple[float, float],
    *,
    linear_below: float | None = None,
) -> xr.Dataset:
    r"""Return the portrait of the flow of a run's modes: of one k, and without EMA.

    Parameters
    ----------
    flow : EigenmodeFlow, CosineFlow or ClosedFormFlow
        Of `own_flow`. The k that is drawn is :math:`\sum k_j s_j / \sum s_j`.
    last : (p, s), arrays (mode)
        Where the run ends; modes that act on each other are held there.
    p, s, linear_below
        As for `dynamics.phase_portrait`.

    Returns
    -------
    Dataset
        Of `cosine_portrait`, `rule_portrait` or `phase_portrait`; in ``attrs["not_drawn"]`` the
        range of k over the modes that live, where one does not stand for all.

    Raises
    ------
    ValueError
        s is above 0 in no mode, or as for these.
    """
    now_p, now_s = last[0], np.maximum(last[1], 0.0)
    if not now_s.sum() > 0:
        raise ValueError("the run ends with no cross-view eigenvalue above 0: no plane to draw")
    k = np.broadcast_to(_k(flow), now_s.shape)
    if isinstance(flow, CosineFlow):
        out = cosine_portrait(flow, (now_p, now_s), p, s, linear_below=linear_below)
    elif isinstance(flow, ClosedFormFlow):
        out = rule_portrait(flow, now_s, p, s, linear_below=linear_below)
    else:
        one = float((k * now_s).sum() / now_s.sum())
        still = dataclasses.replace(flow, sigma2=max(one - 1, 0.0), beta=None)
        out = phase_portrait(still, p, s, linear_below=linear_below)
    of_living = k[now_s >= ALIVE * now_s.max()]
    low, high = float(of_living.min()), float(of_living.max())
    unlike = high > ALIKE * low
    words = f"drawn at one k, for k_j from {low:.3g} to {high:.3g}" if unlike else ""
    return out.assign_attrs(not_drawn=words)


def _k(flow: Modes) -> Numbers:
    return flow.same / flow.cross if isinstance(flow, ClosedFormFlow) else flow.k
