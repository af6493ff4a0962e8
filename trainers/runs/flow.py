"""A run in the theory's terms: what its store says, so that theory needs no name of a class."""

from typing import Any

from trainers.config import Config


def flow_parameters(config: Config) -> dict[str, Any]:
    """Return loss, target, predictor, network and optimiser of a run, resolved: plain values.

    `analysis.store.schema.FLOW` is the attribute that keeps them. The encoder's rate and decay
    stand for W; of scheduled settings the first value is meant. Of a recorded head there is its own
    rate and decay. LARS has no rate that a flow could have: none is named.

    Examples
    --------
    >>> from trainers.methods.method import METHODS
    >>> known = flow_parameters(Config(method=METHODS["directcopy"], data="gaussian"))
    >>> known["predictor"]["kind"], known["predictor"]["power"], known["target"]["ema"]
    ('spectrum', 1, 0.996)
    """
    config, method = config.resolved, config.method
    known: dict[str, Any] = {
        "loss": method.loss.flow,
        "target": method.target.flow,
        "predictor": method.predictor.flow,
        "encoder": {"name": config.encoder, "linear": config.encoder == "linear"},
        "projector": {"layers": config.projector_layers, "bias": config.projector_bias},
        "optimiser": {
            "lr": config.lr_of("encoder"),
            "predictor_lr": config.lr_of("predictor"),
            "momentum": config.momentum,
            "decay": config.decay_of("encoder"),
            "predictor_decay": config.decay_of("predictor"),
            "decoupled": config.decay == "decoupled",
            "schedule": config.schedule,
        },
    }
    if config.optimiser != "sgd":  # no flow has the rates
        del known["optimiser"]
        known["unknown"] = {"parts": [f"rates of {config.optimiser.upper()}"]}
    if config.record_head:
        part = "projector" if config.projector_layers else "encoder"
        known["head"] = {"lr": config.lr_of(part), "decay": config.decay_of(part)}
    return known
