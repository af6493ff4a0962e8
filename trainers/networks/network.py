"""A network: the encoder, and then the projector."""

from typing import cast

from torch import Tensor, nn

BLOCK = 3  # modules of a hidden layer of the projector: linear, BN, ReLU


class Network(nn.Module):
    """Encoder, then projector."""

    def __init__(self, encoder: nn.Module, projector: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = projector

    @property
    def head(self) -> nn.Linear | None:
        """The linear layer that ends the network, if one does."""
        last = [self.encoder, *self.projector.children()][-1]
        return last if isinstance(last, nn.Linear) else None

    def forward(self, x: Tensor) -> Tensor:
        """Return z (batch, d) of a batch of one view."""
        return cast(Tensor, self.projector(self.encoder(x)))


def part(network: Network, features: str) -> nn.Module:
    """Return the part of a network that ends in its `encoder`, first `block` or `projector`.

    A block is a linear layer of the projector with its BN and ReLU.

    Raises
    ------
    ValueError
        The projector has no such part.
    """
    layers = list(network.projector.children())
    there = {"encoder": network.encoder}
    if layers:
        there["projector"] = network
    if len(layers) > BLOCK:
        there["block"] = nn.Sequential(network.encoder, *layers[:BLOCK])
    if features not in there:
        raise ValueError(
            f"there is no {features} to take features from: the projector has "
            f"{(len(layers) + BLOCK - 1) // BLOCK} layers; choose from {sorted(there)}"
        )
    return there[features]
