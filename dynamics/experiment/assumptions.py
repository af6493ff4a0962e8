"""What a run has that the flow of `compare` has not: the theory's assumptions, one by one."""

import xarray as xr

from dynamics.experiment.stored_flow import stored_flow
from dynamics.flows.set_predictor import RULES


def broken_assumptions(run: xr.Dataset, loss: str = "euclidean") -> list[str]:
    """Return the assumptions of the flow that a run breaks, in a few words each.

    The flow is of a linear encoder under one loss behind a stop-gradient, by one linear predictor
    without bias, or by one that is set, at constant rates.

    Parameters
    ----------
    run : Dataset
        As `stored_flow` reads it; what that does not name counts as kept.
    loss : {"euclidean", "cosine"}
        That of the flow.

    Examples
    --------
    >>> cosine = '{"loss": {"kind": "cosine"}}'
    >>> broken_assumptions(xr.Dataset(attrs={"flow_parameters": cosine}))
    ['cosine loss']
    >>> broken_assumptions(xr.Dataset(attrs={"flow_parameters": cosine}), "cosine")
    []
    """
    known = stored_flow(run)
    parts = ("loss", "target", "predictor", "encoder", "projector", "optimiser")
    losses, target, predictor, encoder, projector, optimiser = (known.get(p, {}) for p in parts)
    own = losses.get("kind") or loss
    name, linear = encoder.get("name"), encoder.get("linear", True)
    layers, hidden = projector.get("layers", 0), predictor.get("layers", 1)
    kind = predictor.get("kind", "")
    constraint, schedule = predictor.get("constraint"), optimiser.get("schedule", "constant")
    checks = {
        f"{own} loss": own != loss,
        "no stop-gradient": not target.get("stop_gradient", True),
        f"non-linear encoder ({name})": not linear,
        "batch norm": not linear or layers > 1 or hidden > 1,
        f"non-linear projector of {layers} layers": layers > 1,
        f"predictor of {hidden} layers": hidden > 1,
        "bias in the projector": layers > 0 and projector.get("bias", False),
        "bias in the predictor": predictor.get("bias", False),
        f"{constraint} predictor": constraint in ("psd", "tied"),
        f"predictor set by {kind}": kind not in ("", "learned", *RULES),
        f"{schedule} learning rates": schedule != "constant",
        "EMA on a schedule": target.get("scheduled", False),
    }
    unsaid = ", ".join(known.get("unknown", {}).get("parts", ()))
    checks[f"what the store does not say ({unsaid})"] = bool(unsaid)
    return [words for words, broken in checks.items() if broken]


def caveat(broken: list[str]) -> str:
    """Return one line on them, or nothing.

    >>> caveat(["cosine loss", "batch norm"])
    'not in the flow: cosine loss, batch norm'
    """
    return f"not in the flow: {', '.join(broken)}" if broken else ""
