r"""SciPy's integrators under a tolerance that follows the size of what they integrate.

A flow that collapses falls through any absolute tolerance, and what is left is the solver's noise.
So integration begins anew, with the tolerance of the size of the day, whenever a part of the state
has grown or shrunk a thousandfold. A part is a matrix, or one number of one mode; what is positive
is integrated as its logarithm, and needs no such care.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.integrate import solve_ivp

HUGE = 1e12  # a solver on its way to infinity would take ever smaller steps for ever
FLOOR = 1e-150  # squares of what is smaller are no normal numbers
LEAST = 100 * float(np.finfo(float).eps)  # relative tolerance that SciPy takes
SOON = 1e-3  # of the unit of time
RANGE = 1e3  # by how much a size may change under one tolerance
Event = Callable[..., float]
Field = Callable[[float, np.ndarray], np.ndarray]
Method = Literal["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """How exactly, and by which of SciPy's integrators."""

    rtol: float
    atol: float
    """Relative to the size of each part."""
    method: Method


@dataclass(frozen=True, kw_only=True)
class Solution:
    """What `follow` returns."""

    t: np.ndarray
    """The times of the grid, up to where it stopped; a stop is the last of them."""
    y: np.ndarray
    """The state, (time, entry)."""
    crossed: list[list[float]]
    """When each event was zero."""
    stopped: bool
    lost: np.ndarray
    """Whether a part has fallen below `FLOOR`, (time, part)."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Entries of a state that share a size."""

    entries: int
    log: bool = False
    """They are logarithms: an error of theirs is a relative one."""


class Sizes:
    """The largest entry of each part of a state; of logarithms 1."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.lengths = np.array([part.entries for part in parts])
        self.log = np.array([part.log for part in parts])
        self.firsts = np.append(0, np.cumsum(self.lengths)[:-1])

    def __call__(self, y: np.ndarray) -> np.ndarray:  # (..., entry) -> (..., part)
        """Return them."""
        largest = np.maximum.reduceat(np.abs(y), self.firsts, axis=-1)
        return np.where(self.log, 1.0, largest)

    def spread(self, values: np.ndarray) -> np.ndarray:  # (part,) -> (entry,)
        """Return one value for each entry."""
        return np.repeat(values, self.lengths)


def follow(
    field: Field,
    start: np.ndarray,
    parts: Sequence[Part],
    grid: np.ndarray,
    events: Sequence[Event],
    stop: Event | None,
    control: Control,
) -> Solution:
    """Follow ``y' = field(t, y)`` from `start` over `grid`.

    Parameters
    ----------
    field : function of (t, y)
    start : array (entry)
    parts : sequence of Part
        What `start` is made of, one after another.
    grid : array (time)
    events, stop : functions of (t, y)
        `stop` ends the integration where it crosses zero.
    control : Control

    Raises
    ------
    RuntimeError
        The solver gave up, or a part came back from below `FLOOR`, where it had no digits.
    """
    sizes, lost = Sizes(parts), np.zeros(len(parts), dtype=bool)
    seen = np.zeros_like(lost)
    relative = sizes.spread(np.where(sizes.log, LEAST, control.rtol))
    t, y, stopped = float(grid[0]), start, False
    times, states, gone = [grid[:1]], [start[None]], [lost[None]]
    crossed: list[list[float]] = [[] for _ in events]
    ending = [_terminal(stop)] if stop is not None else []
    while True:
        left, size = grid[grid > t], sizes(y)
        # Near a zero, a part has the size that it is about to have.
        with np.errstate(over="ignore", invalid="ignore"):
            slope = np.nan_to_num(sizes(field(t, y)), nan=0.0)
        reference = np.maximum(size, SOON * min(1.0, grid[-1] - t) * np.minimum(slope, HUGE))
        if back := np.count_nonzero(lost & (reference >= FLOOR)):
            raise RuntimeError(
                f"stopped at t = {t:g} of {grid[-1]:g}: {back} of {len(size)} parts came back "
                f"from below {FLOOR:g}, where they have no digits"
            )
        seen |= reference >= FLOOR  # what has always been smaller counts as 0
        lost = lost | (seen & (reference < FLOOR))
        over = lost.any() and (lost | ~seen).all()  # logarithms are never lost
        if stopped or over or not len(left):
            break
        low = np.where(size < np.maximum(reference, FLOOR), 0.0, size / RANGE)
        # One that stands still at 0 has the tolerance of the others.
        reference = np.where(seen, np.maximum(reference, FLOOR), max(size.max(), FLOOR))
        out = _solve(
            field,
            (t, float(grid[-1])),
            y,
            t_eval=left,
            events=[*events, *ending, _leaves(sizes, low, RANGE * reference)],
            rtol=relative,
            atol=sizes.spread(np.where(sizes.log, control.rtol, control.atol * reference)),
            method=control.method,
        )
        times.append(out.t)
        states.append(np.reshape(out.y, (len(y), -1)).T)
        gone.append(np.repeat(lost[None], len(out.t), axis=0))
        for found, new in zip(crossed, out.t_events, strict=False):
            found.extend(float(x) for x in new)
        if out.status == 0:
            t = float(grid[-1])
            break
        t, y = float(_last(out.t_events)), _last(out.y_events)
        if stopped := not len(out.t_events[-1]):
            times.append(np.array([t]))
            states.append(y[None])
            gone.append(lost[None])
    if not stopped:  # and all is lost: what is 0 stays so
        rest = grid[grid > t]
        times.append(rest)
        states.append(np.zeros((len(rest), len(start))))
        gone.append(np.repeat(lost[None], len(rest), axis=0))
    t_all, y_all, lost_all = (np.concatenate(x) for x in (times, states, gone))
    return Solution(t=t_all, y=y_all, crossed=crossed, stopped=stopped, lost=lost_all)


def _leaves(sizes: Sizes, low: np.ndarray, high: np.ndarray) -> Event:
    log_low = np.log(np.maximum(low, np.finfo(float).tiny))
    watched = low > 0

    def event(_: float, y: np.ndarray) -> float:
        now = np.log(np.maximum(sizes(y), np.finfo(float).tiny))
        inside = np.minimum(np.log(high) - now, np.where(watched, now - log_low, np.inf))
        return float(inside.min())

    return _terminal(event)


def _terminal(event: Event) -> Event:
    event.terminal = True  # type: ignore[attr-defined]  # solve_ivp looks for it there
    return event


def _solve(field: Field, span: tuple[float, float], y: np.ndarray, **options: Any) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):  # of a try that is then refused
        out = solve_ivp(field, span, y, **options)
    if not out.success or not np.isfinite(out.y).all():
        reached = out.t[-1] if out.t.size else span[0]
        raise RuntimeError(f"stopped at t = {reached:g} of {span[1]:g}: {out.message}")
    return out


def _last(found: Sequence[np.ndarray]) -> Any:
    # Of the event that ended a piece: the last that has any, as none comes after it.
    ended = [x for x in found[-2:] if len(x)]
    return ended[-1][-1]
