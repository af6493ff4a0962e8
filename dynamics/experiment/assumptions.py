"""What a run has that the flow of `compare` has not: the theory's assumptions, by its config."""

import json
from collections.abc import Mapping
from typing import Any

import xarray as xr


def broken_assumptions(run: xr.Dataset) -> list[str]:
    """Return the assumptions of the flow that a run breaks, in a few words each.

    The flow is of a linear encoder under a Euclidean loss behind a stop-gradient, by one linear
    predictor without bias, or by one that is set, at constant rates.

    Parameters
    ----------
    run : Dataset
        With the config in its ``attrs``; what that does not name counts as kept.

    Examples
    --------
    >>> cosine = {"method": {"loss": {"kind": "Cosine"}}}
    >>> broken_assumptions(xr.Dataset(attrs={"config": json.dumps(cosine)}))
    ['cosine loss']
    """
    attrs = run.attrs
    config = json.loads(attrs.get("config_resolved", attrs.get("config", "{}")))
    method: Mapping[str, Any] = config.get("method") or {}
    if not isinstance(method, Mapping):  # a name alone
        return []
    loss, target, predictor = (method.get(part) or {} for part in ("loss", "target", "predictor"))
    encoder, layers = config.get("encoder") or "linear", config.get("projector_layers") or 0
    hidden, constraint = predictor.get("layers", 1), predictor.get("constraint", "none")
    checks = {
        "cosine loss": loss.get("kind") == "Cosine",
        "no stop-gradient": target.get("kind") == "Attached",
        f"non-linear encoder ({encoder})": encoder != "linear",
        "batch norm": encoder != "linear" or layers > 1 or hidden > 1,
        f"non-linear projector of {layers} layers": layers > 1,
        f"predictor of {hidden} layers": hidden > 1,
        "bias in the projector": layers > 0 and bool(config.get("projector_bias")),
        "bias in the predictor": bool(predictor.get("bias")),
        f"{constraint} predictor": constraint in ("psd", "tied"),
        f"{config.get('schedule')} learning rates": config.get("schedule", "constant")
        != "constant",
        "EMA on a schedule": target.get("final") is not None,
    }
    return [words for words, broken in checks.items() if broken]


def caveat(broken: list[str]) -> str:
    """Return one line on them, or nothing.

    >>> caveat(["cosine loss", "batch norm"])
    'not in the flow: cosine loss, batch norm'
    """
    return f"not in the flow: {', '.join(broken)}" if broken else ""
