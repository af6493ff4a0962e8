"""What the store of a run says of its flow: plain values, of no package's classes."""

import json
from typing import Any

import xarray as xr

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
    known: dict[str, dict[str, Any]] = (
        json.loads(run.attrs[FLOW]) if FLOW in run.attrs else of_config(run.attrs)
    )
    return known
