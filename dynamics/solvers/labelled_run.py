"""What was integrated, as a run: labelled as a trained one, and NaN where no digit is left."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from analysis.store.schema import COORDINATES
from dynamics.flows.base import VARIABLES, Flow, flow_attrs

TINY = float(np.finfo(float).tiny)  # the least number with all its digits
EPS = float(np.finfo(float).eps)
OF_THE_ENCODER = ("correlation", "cross_correlation")  # W M W^T: squares of W's singular values


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


def resolved(run: xr.Dataset, flow: Flow, lost: Sequence[np.ndarray], error: float) -> xr.Dataset:
    """Set to NaN what has no digits, what is `lost` of the state too; say how many the rest has."""
    states = dict(zip(flow.variables, lost, strict=True))
    of_modes = [x for x in lost if x.ndim == 2]
    bad = np.zeros(run.sizes["step"], dtype=bool)
    for name, values in run.data_vars.items():
        inner = [dim for dim in values.dims if dim not in ("step", "mode")]
        size = abs(values).max(inner) if inner else abs(values)
        # What falls to 0, and did not begin there, has fallen through the least of all numbers.
        gone = (size < TINY) & (size.isel(step=0) >= TINY)
        if name in states:
            gone = gone | states[str(name)]
        elif of_modes and "mode" in values.dims:
            gone = gone | np.any(of_modes, axis=0)
        run[name] = values.where(~gone)
        if inner:
            small = name in OF_THE_ENCODER and "encoder" in states
            run[name].attrs["resolution"] = max(error**2 if small else error, EPS)
        bad |= gone.any([dim for dim in gone.dims if dim != "step"]).values
    until = run["time"].values[int(np.argmax(bad)) - 1 if bad.any() else -1]
    return run.assign_attrs(resolved_until=float(until))
