"""Trajectories under way together, every one by a step of its own.

They share nothing but the arithmetic. A pool of them, as large as the cache likes, is advanced at
once; who has arrived leaves, and the next enters.
"""

import dataclasses
from typing import Any

import numpy as np

from dynamics.solvers.runge_kutta import ERROR, dormand_prince
from dynamics.solvers.solver import FLOOR, SOON
from dynamics.solvers.stiff import CALM, is_stiff, rosenbrock

SIZE = 4096  # trajectories: 7 stages of 3 numbers each stay in a megabyte of cache
SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
PATIENCE = 20  # steps, after each of which it is asked whether a trajectory is stiff
WORTH = 200  # steps that are left: with fewer, a costlier one gains nothing


class Pool:
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
        self.done, self.stiff = np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
        self.log = np.array([name == "correlation_eigenvalue" for name in flow.variables])

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
        end = min(self.queued + SIZE - len(stay), self.starts.shape[1])
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
        self.stiff = np.concatenate([self.stiff[stay], zeros > 0])
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
        stiff, others = np.flatnonzero(self.stiff), np.flatnonzero(~self.stiff)
        if len(stiff) < len(others):  # all of them in place: cheaper than to pick some
            dormand_prince(self.flow, self.y, h, stages, new)
            error = (ERROR @ stages.reshape(7, -1)).reshape(new.shape)
        else:
            error = np.empty_like(new)
            if len(others):
                self._dormand_prince(others, h, new, error)
        if len(stiff):
            self._rosenbrock(stiff, h, new, error)
        self._find_stiff(stiff, new, h)
        now = np.abs(new)
        scale = np.maximum(np.abs(self.y), now)
        scale *= self.rtol
        scale += self.atol * self.size
        error /= scale
        square = np.einsum("ij,ij->j", error, error)
        square *= h * h / len(error)
        # The power in float32: a step size needs no more digits.
        square4 = np.maximum(square, 1e-12, dtype="f4")
        factor = SAFETY * square4**-0.1
        factor[stiff] = SAFETY * square4[stiff] ** -0.125
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

    def _find_stiff(self, known: np.ndarray, new: np.ndarray, h: np.ndarray) -> None:
        if not hasattr(self.origin, "jacobian"):
            return
        asked = (self.steps % PATIENCE == PATIENCE - 1) & ~self.done
        asked[known] = False
        asked &= self.grid[-1] - self.t > WORTH * h
        asked &= (self.y[self.log] > FLOOR).all(axis=0)
        if len(who := np.flatnonzero(asked)):
            y, end = self.y[:, who], new[:, who]
            self.stiff[who] = is_stiff(y, end, self.stages[:, :, who], h[who])

    def _dormand_prince(
        self, who: np.ndarray, h: np.ndarray, new: np.ndarray, error: np.ndarray
    ) -> None:
        flow, y, stages = self._flow_of(self.who[who]), self.y.take(who, axis=1), self.stages
        mine, end = np.empty((7, *y.shape)), np.empty_like(y)
        mine[0] = stages[0][:, who]
        dormand_prince(flow, y, h[who], mine, end)
        stages[:, :, who], new[:, who] = mine, end
        error[:, who] = np.tensordot(ERROR, mine, 1)

    def _rosenbrock(
        self, who: np.ndarray, h: np.ndarray, new: np.ndarray, error: np.ndarray
    ) -> None:
        flow, y = self._flow_of(self.who[who]), self.y.take(who, axis=1)
        end, apart, norm = rosenbrock(flow, y, self.stages[0][:, who], h[who], self.log)
        new[:, who], error[:, who] = end, apart / h[who]
        self.stages[6][:, who] = np.stack(np.broadcast_arrays(*flow(0.0, *end)))
        self.stiff[who] = norm >= CALM

    def _record(self, arrived: np.ndarray, goal: np.ndarray) -> None:
        self.t[arrived] = goal[arrived]
        self.out[:, self.goal[arrived], self.who[arrived]] = self.y[:, arrived]
        last = self.goal[arrived] == len(self.grid) - 1
        self.done[arrived[last]] = True
        self.goal[arrived[~last]] += 1
