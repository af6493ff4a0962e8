"""The modules behind the predictors that no rule sets."""

import torch
from torch import Tensor, nn

from trainers.methods.constraints import CONSTRAINTS
from trainers.networks.two_views import Pair


class LearnedPredictor(nn.Sequential):
    """The module behind `Learned`."""

    running_correlation: Tensor | None = None

    def __init__(self, constraint: str, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.constrain = CONSTRAINTS[constraint]

    @property
    def weights(self) -> list[Tensor]:
        """The linear layers' weights, the input's first."""
        return [layer.weight for layer in self if isinstance(layer, nn.Linear)]

    def matrix(self) -> Tensor:
        """Return W_p (d, d): the product of the linear layers, without BN, ReLU and bias."""
        product, *others = self.weights
        for weight in others:
            product = weight @ product
        return product

    def after_step(self, step: int, z: Pair, t: Pair) -> None:
        """Hold W_p to the constraint; the optimiser has set it.

        Raises
        ------
        FloatingPointError
            A weight that is to be held is not finite.
        """
        self.constrain(self.weights)


class IdentityPredictor(nn.Module):
    """The module behind `Identity`."""

    running_correlation: Tensor | None = None

    def __init__(self, d: int) -> None:
        super().__init__()
        self.register_buffer("eye", torch.eye(d), persistent=False)
        self.eye: Tensor

    def forward(self, z: Tensor) -> Tensor:  # (batch, d) -> (batch, d)
        """Return z."""
        return z

    def matrix(self) -> Tensor:
        """Return I (d, d)."""
        return self.eye

    def after_step(self, step: int, z: Pair, t: Pair) -> None:
        """Do nothing."""
