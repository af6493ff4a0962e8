"""Measures of yours, which `summarise` takes beside its own: see `analysis.registry.register`."""

from collections.abc import Callable
from dataclasses import dataclass

import xarray as xr

from analysis.store.schema import Variable


@dataclass(frozen=True)
class Registered:
    """What `summarise` needs of one."""

    function: Callable[..., xr.DataArray]
    takes: tuple[str, ...]
    """Variables of a run by their names; ``values`` is the spectrum of its correlation."""
    label: Variable


REGISTERED: dict[str, Registered] = {}
"""By name, in the order they came."""


def registered_values(run: xr.Dataset, summary: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return every registered measure of a run that has what it takes.

    Parameters
    ----------
    run : Dataset (step, row, col)
    summary : Dataset
        What `summarise` has made of it so far.
    """
    found = {}
    for name, one in REGISTERED.items():
        known = {"values": summary["correlation_eigenvalue"]} | dict(run.data_vars)
        if all(taken in known for taken in one.takes):
            values = one.function(*(known[taken] for taken in one.takes)).compute()
            found[name] = values.rename(name).assign_attrs(one.label.attrs)
    return found
