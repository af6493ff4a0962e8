"""The table of evaluations: a row an accuracy, and everything that it is the accuracy of."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from analysis.checks.fields import shown
from analysis.store.schema import EVALUATION_KEY, FEATURES, NETWORKS, PROTOCOLS

SUFFIX = "_accuracy"


def evaluation_rows(
    step: int,
    epoch: float,
    accuracies: Mapping[str, float],
    *,
    network: str,
    features: str,
    options: Mapping[str, Any] | None,
    data: str,
    details: Mapping[str, Any] | None,
) -> dict[str, list[Any]]:
    """Return the columns of evaluations made at one step, a row each of `accuracies`.

    Parameters
    ----------
    accuracies : mapping of name to number
        By ``PROTOCOL_accuracy``, in [0, 1].
    options, details : mapping, optional
        Of plain values; an empty string is stored where `options` are not known.

    Raises
    ------
    ValueError
        There is no accuracy, one is not in [0, 1], or a protocol, network or kind of features is
        not in the schema; `options` or `details` are no JSON.
    """
    if not accuracies:
        raise ValueError(f"no accuracy was given; name one, say knn{SUFFIX}=0.5")
    for what, value, known in (("network", network, NETWORKS), ("features", features, FEATURES)):
        if value not in known:
            raise ValueError(f"{what} is {value!r}; choose from {', '.join(known)}")
    rows = []
    for name, accuracy in accuracies.items():
        protocol = name.removesuffix(SUFFIX)
        if protocol not in PROTOCOLS or protocol == name:
            wanted = ", ".join(f"{known}{SUFFIX}" for known in PROTOCOLS)
            raise ValueError(f"{name!r} is no accuracy of the schema; choose from {wanted}")
        share = np.asarray(accuracy)
        if share.shape or share.dtype.kind not in "fiu" or not 0 <= share <= 1:
            raise ValueError(f"{name!r} is {accuracy!r}; a share in [0, 1] wanted")
        rows.append(
            {
                "step": step,
                "epoch": epoch,
                "protocol": protocol,
                "network": network,
                "features": features,
                "options": "" if options is None else canonical_json("options", options),
                "data": data,
                "accuracy": float(share),
                "details": "" if details is None else canonical_json("details", details),
            }
        )
    return {name: [row[name] for row in rows] for name in rows[0]}


def canonical_json(name: str, values: Mapping[str, Any]) -> str:
    """Return a mapping as JSON that is the same string for the same values.

    Raises
    ------
    ValueError
        A value is not plain, or not finite.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"{name} is {shown(values)}; values by name wanted")
    try:
        return json.dumps(dict(values), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} {shown(values)} are no plain JSON: {error}") from None


def data_name(attrs: Mapping[str, Any]) -> str:
    """Return what a run's evaluations call its data: the name, and the hash of its fingerprint."""
    name = str(attrs.get("data", ""))
    fingerprint = json.loads(attrs.get("fingerprint", "{}"))
    return f"{name} {fingerprint['hash']}" if "hash" in fingerprint else name


def latest(evaluation: xr.Dataset) -> xr.Dataset:
    """Return the last row of every evaluation that was made, in order: the one that counts."""
    keys = list(zip(*(evaluation[name].values.tolist() for name in EVALUATION_KEY), strict=True))
    last = {key: i for i, key in enumerate(keys)}
    return evaluation.isel(evaluation=sorted(last.values()))


def course(evaluation: xr.Dataset, protocol: str = "knn") -> xr.DataArray | None:
    """Return one evaluation's accuracies over training: the usual features, the last options.

    Parameters
    ----------
    evaluation : Dataset (evaluation)
        Of ``open_snapshots(run, "evaluation")``.
    protocol : str
        A key of `schema.PROTOCOLS`.

    Returns
    -------
    DataArray (step) or None
        Of the encoder of the online network; None where there is none.
    """
    usual = (evaluation["protocol"] == protocol) & (evaluation["network"] == NETWORKS[0])
    usual &= evaluation["features"] == FEATURES[0]
    rows = evaluation.isel(evaluation=np.flatnonzero(usual.values))
    if not rows.sizes["evaluation"]:
        return None
    same = np.ones(rows.sizes["evaluation"], dtype=bool)
    for name in ("options", "data"):
        same &= (rows[name] == rows[name][-1]).values
    rows = rows.isel(evaluation=np.flatnonzero(same))
    steps = rows["step"].values
    last = np.append(steps[1:] != steps[:-1], True)
    return rows["accuracy"].isel(evaluation=np.flatnonzero(last)).swap_dims(evaluation="step")
