"""SGD, or LARS, with a rate and a decay for each part of the network."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from trainers.optimisation.lars import LARS
from trainers.optimisation.rates import Rate


class Optimiser:
    r"""Stochastic gradient descent with momentum, by part; or LARS.

    .. math:: m \leftarrow \mu m + g + w W, \quad W \leftarrow W - \eta_k \alpha \, m

    with rate alpha and decay w of the part, and :math:`\eta_k` of the schedule. Decoupled, w W is
    not in m, and :math:`W \leftarrow (1 - \eta_k w) W` comes first. With `trust`, what follows of
    gradient and decay is that of `LARS`; biases, and the scale and shift of batch norm, neither
    decay nor are adapted.

    Parameters
    ----------
    parts : mapping of str to module
        Encoder, projector and predictor.
    rates : mapping of str to Rate
        Of each part, by its name.
    momentum : float
        mu, in [0, 1).
    decoupled : bool
        SGDW; else torch's SGD. See `DECAYS`.
    decay_biases : bool
        Biases decay too.
    fixed : collection of str
        Parts whose rate follows no schedule.
    trust : float, optional
        The trust coefficient of LARS.

    References
    ----------
    Loshchilov, Hutter (2019), arXiv:1711.05101, Algorithm 1.
    """

    def __init__(
        self,
        parts: Mapping[str, nn.Module],
        rates: Mapping[str, Rate],
        *,
        momentum: float = 0.0,
        decoupled: bool = False,
        decay_biases: bool = True,
        fixed: Collection[str] = (),
        trust: float | None = None,
    ) -> None:
        self.decoupled = decoupled
        self._fixed = frozenset(fixed)
        groups: list[dict[str, Any]] = []
        for part, network in parts.items():
            split = _split(network, decay_biases) if trust is None else _by_rank(network)
            for decayed, weights in split:
                decay = rates[part].decay if decayed else 0.0
                groups.append(
                    {
                        "params": weights,
                        "lr": rates[part].lr,
                        "weight_decay": 0.0 if self.decoupled else decay,
                        "part": part,
                        "rate": rates[part].lr,
                        "decay": decay,
                    }
                    | ({} if trust is None else {"adapted": decayed})
                )
        self.sgd: torch.optim.SGD | LARS = (
            torch.optim.SGD(groups, momentum=momentum)
            if trust is None
            else LARS(groups, momentum, trust)
        )
        """Torch's optimiser."""
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


def _by_rank(network: nn.Module) -> Iterator[tuple[bool, list[Tensor]]]:
    """Yield whether they are matrices or kernels, and the trainable parameters."""
    kinds: dict[bool, list[Tensor]] = {True: [], False: []}
    for weight in network.parameters():
        if weight.requires_grad:
            kinds[weight.ndim > 1].append(weight)
    return ((adapted, weights) for adapted, weights in kinds.items() if weights)
