"""The flow of runs whose store has only a config: by the names that its classes had."""

import json
from collections.abc import Mapping
from typing import Any

PREDICTORS = {
    "Learned": "learned",
    "Direct": "spectrum",
    "Optimal": "least-squares",
    "Identity": "identity",
}
NEEDED = {"lr", "momentum", "weight_decay"}


def of_config(attrs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what `trainers.runs.flow` would have written of a config, as far as it says so.

    Parameters
    ----------
    attrs : mapping
        Of the store, with ``config_resolved`` or ``config``, JSON; without, nothing is known.
    """
    config = json.loads(attrs.get("config_resolved", attrs.get("config", "{}")))
    if not isinstance(config, Mapping):  # of a loop that is not ours
        config = {}
    method = config.get("method")
    if not isinstance(method, Mapping):  # a name alone
        method = {}
    loss, target, predictor = (dict(method.get(p) or {}) for p in ("loss", "target", "predictor"))
    encoder = config.get("encoder") or "linear"
    return {
        "loss": loss | {"kind": str(loss.get("kind", "")).lower()},
        "target": {
            "stop_gradient": target.get("kind") != "Attached",
            "ema": target.get("momentum"),
            "scheduled": target.get("final") is not None,
        },
        "predictor": predictor | {"kind": PREDICTORS.get(predictor.get("kind", ""), "")},
        "encoder": {"name": encoder, "linear": encoder == "linear"},
        "projector": {
            "layers": config.get("projector_layers") or 0,
            "bias": bool(config.get("projector_bias")),
        },
        "optimiser": _optimiser(config) if config.keys() >= NEEDED else {},
    }


def _optimiser(config: Mapping[str, Any]) -> dict[str, Any]:
    lr = _own(config, "encoder_lr", "lr")
    predictor_lr = _own(config, "predictor_lr", "lr")
    predictor_decay = _own(config, "predictor_decay", "weight_decay")
    if config.get("flow_decay") and config.get("predictor_decay") is None:
        # Runs without a resolved config divided so under coupled and decoupled decay alike.
        predictor_decay = float(config["weight_decay"]) * lr / predictor_lr
    return {
        "lr": lr,
        "predictor_lr": predictor_lr,
        "momentum": config["momentum"],
        "decay": _own(config, "encoder_decay", "weight_decay"),
        "predictor_decay": predictor_decay,
        "decoupled": config.get("decay") == "decoupled",
        "schedule": config.get("schedule", "constant"),
    }


def _own(config: Mapping[str, Any], name: str, otherwise: str) -> float:
    value = config.get(name)
    return float(config[otherwise] if value is None else value)
