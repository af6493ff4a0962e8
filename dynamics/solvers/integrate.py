"""From a flow to a run, in one call."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from analysis.checks.fields import checked, shown
from analysis.checks.numbers import check_numbers, check_rising
from dynamics.flows.base import (
    VARIABLES,
    Flow,
    Rooted,
    check_flow,
    check_parts,
    check_start,
    flow_attrs,
)
from dynamics.solvers.labelled_run import TINY, resolved, run_of
from dynamics.solvers.solver import HUGE, Control, Event, Method, Part, Solution, follow

METHODS = ("LSODA", "RK45", "RK23", "DOP853", "Radau", "BDF")
RESOLVED = 200.0  # errors of a whole way over that of a step: 90 were seen over 90 e-foldings


def integrate(
    flow: Flow,
    y0: Sequence[ArrayLike] | np.ndarray,
    times: ArrayLike,
    *,
    events: Mapping[str, Event] | None = None,
    stop: Event | None = None,
    rtol: float = 1e-8,
    atol: float = 1e-11,
    method: Method = "LSODA",
) -> xr.Dataset:
    """Follow a flow from `y0`, and return a run: the names are those of a trained one.

    The tolerance follows the solution down: a flow that collapses keeps its digits, so that a
    matrix of norm 1e-30 has the directions, and an eigenvalue the sign, of the true solution. What
    falls below 1e-150 is NaN from there on; an eigenvalue of F, a logarithm inside, below 1e-307.

    Parameters
    ----------
    flow : Flow
    y0 : sequence of arrays
        The parts of the state at ``times[0]``, in the order of ``flow.variables``. Eigenvalues of a
        correlation are 0 or more.
    times : array (step)
        Rising; what is returned is dense output, so that they may lie as close as one likes.
    events : mapping of name to function of ``(t, *state)``, optional
        Where a function crosses zero, that time is listed in ``attrs["events"][name]``.
    stop : function of ``(t, *state)``, optional
        Where it crosses zero, integration ends: times beyond are left out, and that one is the
        last. ``attrs["stopped"]`` says so.
    rtol, atol : float
        Of the error of each step: ``rtol |y| + atol size``, where the size is that of a matrix's
        largest entry, and of each mode's own number.
    method : {"LSODA", "RK45", "DOP853", "Radau", ...}
        Of `scipy.integrate.solve_ivp`. LSODA finds out by itself where the flow is stiff.

    Returns
    -------
    Dataset
        The state and what the flow derives from it, dims ``step, ...`` with the coordinates `step`
        (0, 1, 2, ...) and `time`; ``analysis.summarise`` measures one of matrices, and the
        functions of ``analysis.figures`` draw it. float64. ``attrs["resolved_until"]`` is the last
        time before the first NaN; ``attrs["resolution"]`` of a matrix is how small an eigenvalue
        may be, relative to the largest, before it is the solver's error.

    Raises
    ------
    ValueError
        `y0` does not fit the flow or is out of its range, `times` do not rise, or a tolerance is
        not above 0.
    RuntimeError
        The solution could not be followed to the end; the message says how far it went.

    Examples
    --------
    >>> from dynamics import EigenmodeFlow
    >>> run = integrate(EigenmodeFlow(eta=0.3), (0.1, 0.3), [0, 100, 1200])
    >>> print(" ".join(f"{s:.3g}" for s in run["correlation_eigenvalue"].values[:, 0]))
    0.3 1.87e-25 nan
    >>> run.attrs["resolved_until"]
    100.0
    """
    check_flow(flow)
    if method not in METHODS:
        raise ValueError(f"method is {shown(method)}; choose from {', '.join(METHODS)}")
    for name, function in (checked("events", events, Mapping | None) or {}).items():
        checked(f"event {name}", function, Callable)
    checked("stop", stop, Callable | None)
    grid = check_rising("times", times)
    control = Control(
        rtol=float(check_numbers("rtol", rtol, above=0)),
        atol=float(check_numbers("atol", atol, above=0)),
        method=method,
    )
    parts = _parts(flow, y0)
    if isinstance(flow, Rooted):
        known = {name: _of_root(flow, function) for name, function in (events or {}).items()}
        options: Any = {"rtol": rtol, "atol": atol, "method": method, "events": known}
        options["stop"] = None if stop is None else _of_root(flow, stop)
        run = integrate(*flow.rooted(*parts), grid, **options)
        names = [*flow.variables, *flow.derived(*parts)]
        return run[names].assign_attrs(flow_attrs(flow))
    places = _places(parts)
    start, named = np.concatenate([part.ravel() for part in parts]), dict(events or {})
    kinds = [kind for pair in zip(flow.variables, parts, strict=True) for kind in _kinds(*pair)]
    log = np.flatnonzero(np.repeat([kind.log for kind in kinds], [kind.entries for kind in kinds]))

    def state(x: np.ndarray) -> np.ndarray:
        y = x.copy()
        y[..., log] = np.exp(y[..., log])
        return y

    def field(t: float, x: np.ndarray) -> np.ndarray:
        y = state(x)
        y[log] = np.maximum(y[log], TINY)  # a growth rate knows no underflow
        if not np.abs(y).max() < HUGE:
            largest = flow.variables[np.argmax([np.abs(x).max() for x in _unpack(y, places)])]
            raise RuntimeError(f"stopped at t = {t:g} of {grid[-1]:g}: {largest} left {HUGE:g}")
        rate = np.concatenate([part.ravel() for part in flow(t, *_unpack(y, places))])
        rate[log] /= y[log]
        return rate

    def event(function: Event) -> Event:
        return lambda t, x: float(np.squeeze(function(t, *_unpack(state(x), places))))

    x0 = start.copy()
    x0[log] = np.log(x0[log])
    out = follow(
        field,
        x0,
        kinds,
        grid,
        [event(function) for function in named.values()],
        None if stop is None else event(stop),
        control,
    )
    y = state(out.y)
    y[0] = start  # which the logarithm returns to rounding only
    attrs: dict[str, object] = {"rtol": rtol, "atol": atol, "solver": method}
    attrs |= {"stopped": int(out.stopped), "events": dict(zip(named, out.crossed, strict=True))}
    run = run_of(flow, out.t, _unpack(y, places), attrs)
    return resolved(run, flow, _lost(out, parts), RESOLVED * (rtol + atol))


def _of_root(flow: Rooted, function: Event) -> Event:
    return lambda t, *state: function(t, *flow.of_root(*state))


def _kinds(name: str, part: np.ndarray) -> list[Part]:
    # A matrix has one size, modes have one each.
    if VARIABLES[name].dims != ("mode",):
        return [Part(entries=part.size)]
    return [Part(entries=1, log=name == "correlation_eigenvalue" and x > 0) for x in part]


def _lost(out: Solution, parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    # (step,) for a matrix, (step, mode) for modes: whether a part of the state is lost.
    counts = [part.size if part.ndim == 1 else 1 for part in parts]
    split = np.split(out.lost, np.cumsum(counts)[:-1], axis=1)
    return [x if part.ndim == 1 else x[:, 0] for x, part in zip(split, parts, strict=True)]


def _parts(flow: Flow, y0: Sequence[ArrayLike] | np.ndarray) -> list[np.ndarray]:
    names = flow.variables
    check_parts(y0)
    if len(y0) != len(names):
        raise ValueError(f"y0 has {len(y0)} parts; {type(flow).__name__} wants {', '.join(names)}")
    parts = []
    for name, value in zip(names, y0, strict=True):
        dims = VARIABLES[name].dims
        part = check_numbers(f"{name} at the start", value, least=-HUGE, most=HUGE)
        part = part[None] if part.ndim == 0 and dims == ("mode",) else part
        if part.ndim != len(dims):
            raise ValueError(f"{name} has shape {part.shape}; its dims are {dims}")
        parts.append(check_start(name, part))
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            derivatives = flow(0.0, *parts)
        fit = all(d.shape == part.shape for d, part in zip(derivatives, parts, strict=True))
    except ValueError:
        fit = False
    if not fit:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in zip(names, parts, strict=True))
        raise ValueError(f"the parts of y0 do not fit each other and the flow: {shapes}")
    return parts


def _places(parts: Sequence[np.ndarray]) -> list[tuple[slice, tuple[int, ...]]]:
    ends = np.cumsum([part.size for part in parts]).tolist()
    spans = zip([0, *ends], ends, parts, strict=False)
    return [(slice(first, end), part.shape) for first, end, part in spans]


def _unpack(y: np.ndarray, places: list[tuple[slice, tuple[int, ...]]]) -> list[np.ndarray]:
    # (..., n) -> (..., *shape) each
    return [y[..., place].reshape(*y.shape[:-1], *shape) for place, shape in places]
