"""From a flow to a run: one call, and the only place that calls SciPy's integrators."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

from analysis.schema import COORDINATES
from dynamics.flows import VARIABLES, Flow, flow_attrs

HUGE = 1e12  # a solver on its way to infinity would take ever smaller steps for ever
Event = Callable[..., float]
Method = Literal["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"]


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

    Parameters
    ----------
    flow : Flow
    y0 : sequence of arrays
        The parts of the state at ``times[0]``, in the order of ``flow.variables``.
    times : array (step)
        Rising; what is returned is dense output, so that they may lie as close as one likes.
    events : mapping of name to function of (t, *state), optional
        Where a function crosses zero, that time is listed in ``attrs["events"][name]``.
    stop : function of (t, *state), optional
        Where it crosses zero, integration ends: times beyond are left out, and that one is the
        last. ``attrs["stopped"]`` says so.
    rtol, atol : float
        Of the error of each step.
    method : {"LSODA", "RK45", "DOP853", "Radau", ...}
        Of `scipy.integrate.solve_ivp`. LSODA finds out by itself where the flow is stiff.

    Returns
    -------
    Dataset
        The state and what the flow derives from it, dims ``step, ...`` with the coordinates `step`
        (0, 1, 2, ...) and `time`; ``analysis.summarise`` measures one of matrices, and the
        functions of ``analysis.figures`` draw it. float64.

    Raises
    ------
    ValueError
        `y0` does not fit the flow, or `times` do not rise.
    RuntimeError
        The solution could not be followed to the end; the message says how far it went.
    """
    grid = np.asarray(times, dtype=float)
    if grid.ndim != 1 or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise ValueError("times must rise: two or more numbers, each larger than the one before")
    parts = _parts(flow, y0)
    shapes = [part.shape for part in parts]
    named = dict(events or {})
    functions: Any = [_event(f, shapes) for f in named.values()]
    if stop is not None:
        functions.append(_event(stop, shapes, terminal=True))

    def field(t: float, y: np.ndarray) -> Any:
        if not np.abs(y).max() < HUGE:
            largest = flow.variables[np.argmax([np.abs(x).max() for x in _unpack(y, shapes)])]
            raise RuntimeError(f"stopped at t = {t:g} of {grid[-1]:g}: {largest} left {HUGE:g}")
        return _pack(flow(t, *_unpack(y, shapes)))

    start = _pack(parts)
    with np.errstate(over="ignore", invalid="ignore"):  # of a try that is then refused
        out = solve_ivp(
            field,
            (grid[0], grid[-1]),
            start,
            t_eval=grid,
            events=functions,
            rtol=rtol,
            atol=atol,
            method=method,
        )
    if not out.success or not np.isfinite(out.y).all():
        reached = out.t[-1] if out.t.size else grid[0]
        raise RuntimeError(f"stopped at t = {reached:g} of {grid[-1]:g}: {out.message}")
    t, y = out.t, out.y
    y[:, 0] = start  # which dense output returns to rounding only
    if out.status == 1 and out.t_events and out.y_events:  # stopped, and not on the grid
        t = np.append(t, out.t_events[-1][-1])
        y = np.column_stack([y, out.y_events[-1][-1]])
    crossed = {
        name: [float(x) for x in found]
        for name, found in zip(named, out.t_events or [], strict=False)
    }
    attrs = {"rtol": rtol, "atol": atol, "solver": method, "stopped": int(out.status == 1)}
    return run_of(flow, t, _unpack(y.T, shapes), attrs | {"events": crossed})


def run_of(
    flow: Flow, times: np.ndarray, states: Sequence[np.ndarray], attrs: Mapping[str, object]
) -> xr.Dataset:
    """Return series of a flow's state, (step, ...) each, as a Dataset in the schema's names."""
    values = dict(zip(flow.variables, states, strict=True)) | dict(flow.derived(*states))
    data = {
        name: (("step", *VARIABLES[name].dims), value, VARIABLES[name].attrs)
        for name, value in values.items()
    }
    coords = {
        "step": ("step", np.arange(len(times)), {"long_name": "step of the integration"}),
        "time": ("step", times, COORDINATES["time"].attrs),
    }
    out = xr.Dataset(data, coords, {**flow_attrs(flow), **attrs})
    if "mode" in out.dims:
        out = out.assign_coords(mode=("mode", np.arange(1, out.sizes["mode"] + 1)))
        out["mode"].attrs["long_name"] = "mode"
    return out


def _parts(flow: Flow, y0: Sequence[ArrayLike] | np.ndarray) -> list[np.ndarray]:
    names = flow.variables
    if len(y0) != len(names):
        raise ValueError(f"y0 has {len(y0)} parts; {type(flow).__name__} wants {', '.join(names)}")
    parts = []
    for name, value in zip(names, y0, strict=True):
        dims = VARIABLES[name].dims
        part = np.asarray(value, dtype=float)
        part = part[None] if part.ndim == 0 and dims == ("mode",) else part
        if part.ndim != len(dims):
            raise ValueError(f"{name} has shape {part.shape}; its dims are {dims}")
        if not np.isfinite(part).all():
            raise ValueError(f"{name} is not finite at the start")
        parts.append(part)
    try:
        derivatives = flow(0.0, *parts)
        fit = all(d.shape == part.shape for d, part in zip(derivatives, parts, strict=True))
    except ValueError:
        fit = False
    if not fit:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in zip(names, parts, strict=True))
        raise ValueError(f"the parts of y0 do not fit each other and the flow: {shapes}")
    return parts


def _event(function: Event, shapes: list[tuple[int, ...]], terminal: bool = False) -> Event:
    def event(t: float, y: np.ndarray) -> float:
        return float(np.asarray(function(t, *_unpack(y, shapes))).squeeze())

    event.terminal = terminal  # type: ignore[attr-defined]  # solve_ivp looks for it there
    return event


def _pack(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in parts])


def _unpack(y: np.ndarray, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    # (..., n) -> (..., *shape) each
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    pieces = np.split(y, ends[:-1], axis=-1)
    return [
        piece.reshape(*y.shape[:-1], *shape) for piece, shape in zip(pieces, shapes, strict=True)
    ]
