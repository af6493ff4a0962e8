"""A million trajectories at once: embedded pairs on arrays, explicit or stiff, a step for each."""

import dataclasses
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from analysis.checks.numbers import check_count, check_numbers, check_rising
from dynamics.flows.base import VARIABLES, Flow, check_flow, check_parts, check_start
from dynamics.solvers import pool
from dynamics.solvers.solver import FLOOR


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

    Steps are Dormand and Prince's. Of a flow with a `jacobian` they are Rosenbrock ones where
    stability would keep them short for long: each trajectory finds out by itself.

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
    check_flow(flow)
    check_parts(y0)
    grid = check_rising("times", times)
    rtol, atol = (float(check_numbers(n, x, above=0)) for n, x in (("rtol", rtol), ("atol", atol)))
    check_count("max_steps", max_steps)
    if workers is not None:
        check_count("workers", workers)
    names = flow.variables
    if any(VARIABLES[name].dims != ("mode",) for name in names):
        raise ValueError(f"{type(flow).__name__} is a flow of matrices; integrate one at a time")
    if getattr(flow, "coupled", False):
        raise ValueError(f"modes of {type(flow).__name__} are coupled; integrate one at a time")
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
    threads = min(workers or os.cpu_count() or 1, max(1, n // pool.SIZE))
    cuts = np.linspace(0, n, threads + 1).astype(int)
    parts = [slice(a, b) for a, b in itertools.pairwise(cuts)]

    control = (rtol, atol, max_steps)

    def advance(part: slice) -> None:
        mine = {name: value[part] for name, value in parameters.items()}
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            pool.Pool(flow, y[:, part], mine, grid, control, out[..., part]).run()

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
