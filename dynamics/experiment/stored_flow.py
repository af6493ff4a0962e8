"""What the store of a run says of its flow: plain values, of no package's classes."""

import json
from typing import Any

import xarray as xr

from analysis.checks.fields import shown
from analysis.store.schema import FLOW
from dynamics.experiment.older_stores import of_config


def stored_flow(run: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return `loss`, `target`, `predictor`, `encoder`, `projector`, `optimiser`, as far as known.

    Parameters
    ----------
    run : Dataset
        With ``attrs["flow_parameters"]``; an older store's config is read in its place.

    Examples
    --------
    >>> stored_flow(xr.Dataset(attrs={"flow_parameters": '{"loss": {"factor": 4.0}}'}))
    {'loss': {'factor': 4.0}}
    """
    if FLOW not in run.attrs:
        return of_config(run.attrs)
    try:
        known: dict[str, dict[str, Any]] = json.loads(run.attrs[FLOW])
    except (TypeError, ValueError, RecursionError):
        known = {"": {}}
    if not isinstance(known, dict) or not all(isinstance(v, dict) for v in known.values()):
        known = {"": {}}
    if "" in known:
        raise ValueError(
            f"{FLOW} of the run is {shown(run.attrs[FLOW])}; JSON of loss, target, predictor, ... "
            "wanted"
        )
    return known
