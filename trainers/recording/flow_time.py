"""Gradient-flow time of anyone's optimiser."""

from typing import Any

import torch
from torch import nn


class FlowTime:
    r"""The time that plain SGD has gone since the start, :math:`t = \sum_k c \, a_k / (1 - \mu)`.

    c is the factor of the loss over the theory's J, a_k the rate of the first group of the
    optimiser that holds other weights than the predictor's, mu its momentum. Other optimisers scale
    each weight by itself: they have no such time.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer or None
    predictor : Module
    factor : float
        c: 4 for DirectPred's code, 1 for SimSiam's paper; see `trainers.Cosine`.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer | None, predictor: nn.Module, factor: float
    ) -> None:
        self.passed = 0.0
        """Since the start."""
        self.factor = factor
        """c."""
        self._groups: list[dict[str, Any]] = [] if optimizer is None else optimizer.param_groups
        self._theirs = {id(weight) for weight in predictor.parameters()}
        self.known = type(optimizer) is torch.optim.SGD

    @property
    def rate(self) -> float | None:
        """The learning rate now, of that group."""
        return float(self._group["lr"]) if self._groups else None

    @property
    def _group(self) -> dict[str, Any]:
        # Asked anew each time: a group may be added, and its rate is scheduled.
        others = (g for g in self._groups if any(id(w) not in self._theirs for w in g["params"]))
        return next(others, self._groups[0])

    @property
    def settings(self) -> dict[str, float | str]:
        """Rates, decays and momentum: of the predictor's group, and of that of the other weights.

        Where a scheduler has the rates, their base.
        """
        group, groups = self._group, self._groups
        own = next((g for g in groups if any(id(w) in self._theirs for w in g["params"])), group)
        schedule = "scheduled" if "initial_lr" in group else "constant"
        return {
            "lr": float(group.get("initial_lr", group["lr"])),
            "predictor_lr": float(own.get("initial_lr", own["lr"])),
            "momentum": float(group["momentum"]),
            "decay": float(group["weight_decay"]),
            "predictor_decay": float(own["weight_decay"]),
            "schedule": schedule,
        }

    def step(self) -> None:
        """Take in a step at the rate of now."""
        if self.known:
            group = self._group
            self.passed += self.factor * float(group["lr"]) / (1 - float(group["momentum"]))
