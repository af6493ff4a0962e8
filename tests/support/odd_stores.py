"""Runs that are stored as they should be, and of which little or nothing can be said."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from strategies import learning_run, run_of

D, SNAPSHOTS = 4, 6


def _run(d: int = D, snapshots: int = SNAPSHOTS) -> xr.Dataset:
    return learning_run(d=d, snapshots=snapshots, seed=0)


def _set(name: str, value: float, where: slice = slice(None)) -> xr.Dataset:
    # One matrix, or both, are `value` throughout at the snapshots `where`.
    run = _run()
    for key in run.data_vars if name == "both" else [name]:
        values = run[key].values.copy()
        values[where] = value
        run[key] = run[key].copy(data=values)
    return run


def _scaled(size: float, *names: str, dtype: str = "f8") -> xr.Dataset:
    run = _run().astype(dtype)
    return run.assign({name: size * run[name] for name in names or run.data_vars}).assign_attrs(
        run.attrs
    )


def _of(F: np.ndarray, W: np.ndarray | None = None) -> xr.Dataset:
    W = np.eye(len(F)) if W is None else W
    return run_of([W] * SNAPSHOTS, [F] * SNAPSHOTS, np.arange(SNAPSHOTS))


def _single_entry(value: float) -> xr.Dataset:
    run = _run()
    W = run["predictor"].values.copy()
    W[-1, 0, 1] = value
    return run.assign(predictor=run["predictor"].copy(data=W))


def _still() -> xr.Dataset:
    run = _run()
    return run.assign_coords(
        time=("step", np.zeros(SNAPSHOTS)), epoch=("step", np.zeros(SNAPSHOTS))
    )


LAST, MIDDLE = slice(SNAPSHOTS - 1, None), slice(2, 4)
ODD: dict[str, Callable[[], xr.Dataset]] = {
    "W_p is zero": lambda: _set("predictor", 0.0),
    "F is zero": lambda: _set("correlation", 0.0),
    "both are zero": lambda: _set("both", 0.0),
    "F is zero at the end": lambda: _set("correlation", 0.0, LAST),
    "F is zero at the start": lambda: _set("correlation", 0.0, slice(0, 1)),
    "nan everywhere": lambda: _set("both", np.nan),
    "nan at the end": lambda: _set("both", np.nan, LAST),
    "nan from the second snapshot on": lambda: _set("both", np.nan, slice(1, None)),
    "nan at the start": lambda: _set("both", np.nan, slice(0, 1)),
    "nan in the middle": lambda: _set("both", np.nan, MIDDLE),
    "W_p is nan": lambda: _set("predictor", np.nan),
    "F is nan": lambda: _set("correlation", np.nan),
    "inf everywhere": lambda: _set("both", np.inf),
    "inf at the end": lambda: _set("both", np.inf, LAST),
    "one entry is inf": lambda: _single_entry(np.inf),
    "one entry is nan": lambda: _single_entry(np.nan),
    "an eigenvalue is negative": lambda: _of(np.diag([3.0, 2.0, 1.0, -0.5])),
    "F is negative definite": lambda: _of(-np.diag([3.0, 2.0, 1.0, 0.5])),
    "W_p is negative": lambda: _of(np.diag([3.0, 2.0, 1.0, 0.5]), -np.eye(D)),
    "W_p is antisymmetric": lambda: _of(np.diag([2.0, 1.0]), np.array([[0.0, 1.0], [-1.0, 0.0]])),
    "F and W_p are identities": lambda: _of(np.eye(D)),
    "F has rank one": lambda: _of(np.diag([1.0, 0.0, 0.0, 0.0])),
    "one snapshot": lambda: _run().isel(step=[0]),
    "two snapshots": lambda: _run().isel(step=[0, -1]),
    "one feature": lambda: _of(np.array([[2.0]])),
    "one feature at one snapshot": lambda: _of(np.array([[2.0]])).isel(step=[0]),
    "two features": lambda: _run(d=2),
    "no clock": lambda: _run().drop_vars(["epoch", "time"]),
    "time stands still": _still,
    "1e300": lambda: _scaled(1e300),
    "1e-300": lambda: _scaled(1e-300),
    "1e-30 in single precision": lambda: _scaled(1e-30, dtype="f4"),
    "1e30 in single precision": lambda: _scaled(1e30, dtype="f4"),
    "W_p is huge": lambda: _scaled(1e200, "predictor"),
    "F is tiny": lambda: _scaled(1e-200, "correlation"),
}
