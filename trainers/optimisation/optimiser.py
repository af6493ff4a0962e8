"""SGD with a rate and a decay for each part of the network."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from trainers.config import Config

PARTS = ("encoder", "projector", "predictor")
DECAYS = {
    "coupled": "added to the gradient, and so multiplied by the learning rate (torch's SGD)",
    "decoupled": "W <- (1 - decay) W at each step, times the schedule (SGDW)",
}


class Optimiser:
    r"""Stochastic gradient descent with momentum, by part.

    .. math:: m \leftarrow \mu m + g + w W, \quad W \leftarrow W - \eta_k \alpha \, m

    with rate alpha and decay w of the part, and :math:`\eta_k` of the schedule. Decoupled, w W is
    not in m, and :math:`W \leftarrow (1 - \eta_k w) W` comes first.

    Parameters
    ----------
    config : Config
    parts : dict of str to module
        Encoder, projector and predictor.

    References
    ----------
    Loshchilov, Hutter (2019), arXiv:1711.05101, Algorithm 1.
    """

    def __init__(self, config: "Config", parts: dict[str, nn.Module]) -> None:
        self.decoupled = config.decay == "decoupled"
        self._fixed = {"predictor"} if config.fix_predictor_lr else set()
        groups: list[dict[str, Any]] = []
        for part, network in parts.items():
            for decayed, weights in _split(network, config.decay_biases):
                decay = config.decay_of(part) if decayed else 0.0
                groups.append(
                    {
                        "params": weights,
                        "lr": config.lr_of(part),
                        "weight_decay": 0.0 if self.decoupled else decay,
                        "part": part,
                        "rate": config.lr_of(part),
                        "decay": decay,
                    }
                )
        self.sgd = torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum)
        self.parameters = [weight for group in groups for weight in group["params"]]

    def clear(self) -> None:
        """Forget the gradients."""
        self.sgd.zero_grad(set_to_none=True)

    @torch.no_grad()
    def step(self, multiple: float) -> None:
        """Take a step at `multiple` times the rates."""
        for group in self.sgd.param_groups:
            now = 1.0 if group["part"] in self._fixed else multiple
            group["lr"] = now * group["rate"]
            if self.decoupled and group["decay"]:
                torch._foreach_mul_(group["params"], 1 - now * group["decay"])
        self.sgd.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the momentum buffers and groups."""
        return self.sgd.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        self.sgd.load_state_dict(state)


def _split(network: nn.Module, decay_biases: bool) -> Iterator[tuple[bool, list[Tensor]]]:
    """Yield whether they decay, and the trainable parameters: shift of BN is no bias here."""
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    kinds: dict[bool, list[Tensor]] = {True: [], False: []}
    for module in network.modules():
        for name, weight in module.named_parameters(recurse=False):
            if weight.requires_grad:
                bias = name == "bias" and not isinstance(module, norms)
                kinds[decay_biases or not bias].append(weight)
    return ((decayed, weights) for decayed, weights in kinds.items() if weights)
