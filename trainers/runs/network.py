"""The network of a run: new by its config, or with the weights of a checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from trainers.config import Config
from trainers.networks.encoders import build_encoder, build_projector
from trainers.networks.network import Network
from trainers.runs.divergence import all_finite
from trainers.runs.form import check_like, member


def build_network(config: Config, shape: tuple[int, ...]) -> tuple[Network, int]:
    """Return the network of `config` for inputs of `shape`, and the size of its output.

    Raises
    ------
    ValueError
        The encoder does not fit the data.
    """
    config = config.resolved
    encoder, features = build_encoder(str(config.encoder), config.width, shape)
    projector, d = build_projector(
        features,
        int(config.projector_layers or 0),
        config.projector_hidden,
        config.projector_out,
        bias=config.projector_bias,
    )
    return Network(encoder, projector), d


def load_network(
    state: Mapping[str, Any],
    config: Config,
    shape: tuple[int, ...],
    network: str,
    file: Path = Path("checkpoint.pt"),
) -> Network:
    """Return the online or target network of a checkpoint, on the CPU.

    Raises
    ------
    ValueError
        The run has no target network, `file` holds the weights of another one, or weights are not
        finite.
    """
    prefix = {"online": "", "target": "network."}[network]
    stored = member(file, member(file, state, "learner", dict), network, dict)
    weights = {
        name.removeprefix(prefix): value
        for name, value in stored.items()
        if str(name).startswith(prefix)
    }
    if not weights:
        raise ValueError(
            f"{file}: this run has no target network: its target is the online network"
        )
    out, _ = build_network(config, shape)
    check_like(file, f"learner.{network}", weights, out.state_dict())
    if not all_finite(weights):
        raise ValueError(
            f"{file}: the checkpoint's {network} network has weights that are not finite"
        )
    out.load_state_dict(weights)
    return out.to(memory_format=torch.channels_last)
