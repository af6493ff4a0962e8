r"""A million trajectories at once: an embedded Runge-Kutta pair on arrays, a step size for each.

Trajectories share nothing but the arithmetic. A pool of them, as large as the cache likes, is
advanced together, every one by a step of its own; who has arrived leaves, and the next enters.
"""

import dataclasses
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from dynamics.flows.base import VARIABLES, Flow, check_start
from dynamics.flows.checks import check_count, check_numbers, check_rising
from dynamics.solvers.runge_kutta import ERROR, dormand_prince
from dynamics.solvers.solver import FLOOR, SOON

POOL = 4096  # trajectories: 7 stages of 3 numbers each stay in a megabyte of cache
SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0


def ensemble(
    flow: Flow,
    y0: Sequence[ArrayLike],
    times: ArrayLike,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    max_steps: int = 100_000,
    workers: int | None = None,
) -> xr.Dataset:
    """Follow a mode-wise flow from many starts, with many parameter sets, or both.

    Parameters
    ----------
    flow : Flow
        Whose state is a number for each part, such as `EigenmodeFlow`. Its parameters may be
        arrays: they broadcast with each other and with `y0`.
    y0 : sequence of arrays
        The parts of the state at ``times[0]``, in the order of ``flow.variables``.
    times : array (step)
        Rising, two or more; steps of the integration end on them.
    rtol, atol : float
        A step is accepted where its error, relative to ``rtol |y| + atol size``, has root mean
        square over the state below 1: `scipy.integrate.solve_ivp`'s criterion with RK45, but for
        the size, which each number has lately had. So a trajectory that collapses keeps its digits.
    max_steps : int
        Of one trajectory.
    workers : int, optional
        Threads; all cores by default.

    Returns
    -------
    Dataset (step, ...)
        The state at `times`; the other dims, ``dim_0, dim_1, ...``, are those of the starts and
        parameters together. A trajectory that leaves the finite numbers, or takes more than
        `max_steps`, is NaN from there on, and counted in ``attrs["failed"]``. A number that falls
        below 1e-150 is NaN from there on.

    Raises
    ------
    ValueError
        `y0` does not fit the flow, its shapes do not broadcast or it is out of range, `times` do
        not rise, a tolerance is not above 0, or a count is none.
    """
    grid = check_rising("times", times)
    rtol, atol = (float(check_numbers(n, x, above=0)) for n, x in (("rtol", rtol), ("atol", atol)))
    check_count("max_steps", max_steps)
    if workers is not None:
        check_count("workers", workers)
    names = flow.variables
    if any(VARIABLES[name].dims != ("mode",) for name in names):
        raise ValueError(f"{type(flow).__name__} is a flow of matrices; integrate one at a time")
    if len(y0) != len(names):
        raise ValueError(f"y0 has {len(y0)} parts; {type(flow).__name__} wants {', '.join(names)}")
    arrays = _array_parameters(flow)
    starts = [
        check_start(name, check_numbers(f"{name} at the start", y))
        for name, y in zip(names, y0, strict=True)
    ]
    shaped = np.broadcast_arrays(*starts, *arrays.values())
    shape = shaped[0].shape
    flat = [np.ravel(x) for x in shaped]
    y, parameters = np.stack(flat[: len(names)]), dict(zip(arrays, flat[len(names) :], strict=True))
    if not (n := y.shape[1]):
        raise ValueError("a parameter of the flow is empty; one number or more wanted")
    out = np.full((len(names), len(grid), n), np.nan)
    threads = min(workers or os.cpu_count() or 1, max(1, n // POOL))
    cuts = np.linspace(0, n, threads + 1).astype(int)
    parts = [slice(a, b) for a, b in itertools.pairwise(cuts)]

    control = (rtol, atol, max_steps)

    def advance(part: slice) -> None:
        mine = {name: value[part] for name, value in parameters.items()}
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            _Pool(flow, y[:, part], mine, grid, control, out[..., part]).run()

    if threads == 1:
        advance(parts[0])
    else:
        with ThreadPoolExecutor(threads) as executor:
            list(executor.map(advance, parts))
    failed = int(np.isnan(out[0, -1]).sum())
    low = np.maximum.accumulate((np.abs(out) < FLOOR) & (np.abs(y)[:, None] >= FLOOR), axis=1)
    out[low] = np.nan
    dims = ("step", *(f"dim_{i}" for i in range(len(shape))))
    return xr.Dataset(
        {
            name: (dims, series.reshape(len(grid), *shape), VARIABLES[name].attrs)
            for name, series in zip(names, out, strict=True)
        },
        {"step": np.arange(len(grid)), "time": ("step", grid)},
        {"rtol": rtol, "atol": atol, "failed": failed},
    )


def _array_parameters(flow: Flow) -> dict[str, np.ndarray]:
    assert dataclasses.is_dataclass(flow)
    fields = ((field.name, getattr(flow, field.name)) for field in dataclasses.fields(flow))
    return {name: np.asarray(value) for name, value in fields if np.ndim(value)}


class _Pool:
    """Trajectories under way: columns of `y`, each with its time, step size and next goal."""

    def __init__(
        self,
        flow: Any,
        starts: np.ndarray,
        parameters: dict[str, np.ndarray],
        grid: np.ndarray,
        control: tuple[float, float, int],
        out: np.ndarray,
    ) -> None:
        self.origin, self.starts, self.parameters, self.grid = flow, starts, parameters, grid
        self.rtol, self.atol, self.max_steps = control
        self.out = out
        out[:, 0] = starts
        self.queued = 0  # how many have entered
        m = len(starts)
        self.who, self.goal, self.steps = (np.zeros(0, dtype=int) for _ in range(3))
        self.t, self.h = np.zeros(0), np.zeros(0)
        self.y, self.size, self.stages = np.zeros((m, 0)), np.zeros((m, 0)), np.zeros((7, m, 0))
        self.done = np.zeros(0, dtype=bool)

    def run(self) -> None:
        """Advance until all have arrived."""
        while True:
            # Who has arrived is carried along idle until a quarter of the pool has.
            if 4 * np.count_nonzero(self.done) >= len(self.done):
                self._exchange()
                if not len(self.who):
                    return
            self._step()

    def _exchange(self) -> None:
        """Let the finished go and fresh ones in."""
        stay = np.flatnonzero(~self.done)
        # take, not [:, stay]: that returns Fortran order, and dormand_prince writes through views.
        y, slopes = self.y.take(stay, axis=1), self.stages[0].take(stay, axis=1)
        end = min(self.queued + POOL - len(stay), self.starts.shape[1])
        fresh = np.arange(self.queued, end)
        self.queued = end
        start = self.starts.take(fresh, axis=1)
        slope = np.stack(np.broadcast_arrays(*self._flow_of(fresh)(0.0, *start)))
        zeros = np.zeros(len(fresh), dtype=int)
        self.who = np.concatenate([self.who[stay], fresh])
        self.flow = self._flow_of(self.who)
        self.y = np.concatenate([y, start], axis=1)
        size = np.maximum(np.abs(start), SOON * np.abs(slope))
        # One that stands still at 0 has the tolerance of the others.
        size = np.where(size >= FLOOR, size, np.maximum(size.max(axis=0), FLOOR))
        self.size = np.concatenate([self.size.take(stay, axis=1), size], axis=1)
        slopes = np.concatenate([slopes, slope], axis=1)
        self.stages = np.empty((7, *slopes.shape))
        self.stages[0] = slopes
        self.t = np.concatenate([self.t[stay], zeros + self.grid[0]])
        self.h = np.concatenate([self.h[stay], self._first_step(start, slope, size)])
        self.goal = np.concatenate([self.goal[stay], zeros + 1])
        self.steps = np.concatenate([self.steps[stay], zeros])
        self.done = np.zeros(len(self.who), dtype=bool)

    def _flow_of(self, who: np.ndarray) -> Any:
        mine = {name: values[who] for name, values in self.parameters.items()}
        return dataclasses.replace(self.origin, **mine) if mine else self.origin

    def _first_step(self, y: np.ndarray, slope: np.ndarray, size: np.ndarray) -> np.ndarray:
        # A hundredth of the time in which the state would change by its own size.
        scale = self.atol * size + self.rtol * np.abs(y)
        size, rate = (np.sqrt(((x / scale) ** 2).mean(axis=0)) for x in (y, slope))
        span = self.grid[1] - self.grid[0]
        h = np.where((size > 1e-5) & (rate > 1e-5), 0.01 * size / rate, 1e-3 * span)
        return np.minimum(h, span)

    def _step(self) -> None:
        goal = self.grid[self.goal]
        left = goal - self.t
        h = np.minimum(self.h, left)
        new, stages = np.empty_like(self.y), self.stages
        dormand_prince(self.flow, self.y, h, stages, new)
        error = (ERROR @ stages.reshape(7, -1)).reshape(new.shape)
        now = np.abs(new)
        scale = np.maximum(np.abs(self.y), now)
        scale *= self.rtol
        scale += self.atol * self.size
        error /= scale
        square = np.einsum("ij,ij->j", error, error)
        square *= h * h / len(error)
        # The power in float32: a step size needs no more digits.
        factor = SAFETY * np.maximum(square, 1e-12, dtype="f4", casting="same_kind") ** -0.1
        h *= np.clip(factor, SHRINK, GROW)
        good = square <= 1
        arrived = good & (self.h >= left) & ~self.done
        # It follows a falling number by halves: one that passes through 0 does not stop at it.
        self.size *= 0.5
        now *= good  # what a refused step leads to may be anything, and is no size
        np.fmax(self.size, now, out=self.size)
        np.maximum(self.size, FLOOR, out=self.size)
        # A step cut short to end on a time says little of the next one's size.
        h[arrived] = np.maximum(h, self.h)[arrived]
        self.t = np.where(good, self.t + np.minimum(self.h, left), self.t)
        if len(bad := np.flatnonzero(~good)):
            new[:, bad] = self.y[:, bad]
            stages[6][:, bad] = stages[0][:, bad]
            h[bad] = np.nan_to_num(h[bad], nan=0.0)
            # Not a number: try a much smaller step.
            h[bad] = np.where(np.isfinite(square[bad]), h[bad], SHRINK * self.h[bad])
        self.y, self.h = new, h
        stages[0] = stages[6]
        self.steps += 1
        if arrived.any():
            self._record(np.flatnonzero(arrived), goal)
        lost = (self.steps >= self.max_steps) | (h < 1e-14 * np.maximum(self.t, 1e-3))
        self.done |= lost

    def _record(self, arrived: np.ndarray, goal: np.ndarray) -> None:
        self.t[arrived] = goal[arrived]
        self.out[:, self.goal[arrived], self.who[arrived]] = self.y[:, arrived]
        last = self.goal[arrived] == len(self.grid) - 1
        self.done[arrived[last]] = True
        self.goal[arrived[~last]] += 1
