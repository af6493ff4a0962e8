"""What a loop of yours says of itself in the theory's terms, as far as it can be seen."""

import json
from collections.abc import Mapping
from typing import Any

from torch import nn

from analysis.checks.fields import shown
from analysis.store.schema import FLOW
from trainers.recording.flow_time import FlowTime
from trainers.recording.predictor_matrix import linear_chain

PARTS = ("loss", "target", "encoder")  # which no optimiser tells
Flow = Mapping[str, Mapping[str, Any]]


def recorded_flow(time: FlowTime, predictor: nn.Module, given: Flow | None) -> dict[str, str]:
    """Return the attribute `analysis.store.schema.FLOW` of a loop that is not ours, as JSON.

    Rates, decays and momentum are those of the optimiser's groups, at their base where a scheduler
    has them; layers and bias those of the predictor. What is not given is named as not known.

    Parameters
    ----------
    time : FlowTime
    predictor : Module
    given : mapping, optional
        Beside: ``{"loss": {"kind": "cosine"}, "target": {"ema": 0.996}, "encoder": {"linear":
        False}}``.

    Returns
    -------
    dict
        Empty where the optimiser has no gradient-flow time, and nothing was given.

    Raises
    ------
    ValueError
        What is given is no mapping of mappings.
    """
    given = {} if given is None else given
    if not isinstance(given, Mapping) or any(not isinstance(v, Mapping) for v in given.values()):
        raise ValueError(f'flow is {shown(given)}; {{"loss": {{"kind": "cosine"}}}} or so wanted')
    if not (time.known or given):
        return {}
    layers = linear_chain(predictor)
    unknown = [part for part in PARTS if part not in given] + ["predictor"] * (not layers)
    known: dict[str, Any] = {"predictor": {"kind": "learned"}}
    if layers:
        biases = any(layer.bias is not None for layer in layers)
        known["predictor"] |= {"layers": len(layers), "bias": biases}
    if time.known:
        known["optimiser"] = time.settings
    known["loss"] = {"factor": time.factor}
    for part, values in given.items():
        known[part] = {**known.get(part, {}), **values}
    if unknown:
        known["unknown"] = {"parts": unknown}
    try:
        return {FLOW: json.dumps(known, allow_nan=False)}
    except (TypeError, ValueError) as error:
        raise ValueError(f"flow {shown(given)} is no plain JSON: {error}") from None
