"""Who sets W_p: gradient descent, or a closed form of the running correlation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainers.choices import choose
from trainers.options import option


@dataclass(frozen=True)
class Learned:
    """A predictor that the optimiser trains.

    One layer is linear, ``d -> d`` without bias. Two layers are ``d -> hidden -> d`` with a bias in
    the first, batch norm without scale and shift, and ReLU between, as in DirectPred's code.
    """

    layers: int = option(2, "1: linear; 2: with a hidden layer, batch norm and ReLU")
    hidden: int = option(512, "width of the hidden layer of two")

    def __post_init__(self) -> None:
        if self.layers not in (1, 2):
            raise ValueError(f"predictor layers is {self.layers}; choose 1 or 2")
        if self.hidden < 1:
            raise ValueError(f"predictor hidden is {self.hidden}; it must be at least 1")

    @property
    def recorded_as(self) -> str:
        """What is stored as `predictor`: the weight, or W_2 W_1 without what lies between."""
        return "weight" if self.layers == 1 else "product"

    def build(self, d: int) -> "LearnedPredictor":
        """Make the module for features of size `d`."""
        if self.layers == 1:
            return LearnedPredictor(nn.Linear(d, d, bias=False))
        return LearnedPredictor(
            nn.Linear(d, self.hidden),
            nn.BatchNorm1d(self.hidden, affine=False),
            nn.ReLU(),
            nn.Linear(self.hidden, d, bias=False),
        )


class LearnedPredictor(nn.Sequential):
    """The module behind `Learned`."""

    running_correlation: Tensor | None = None

    def matrix(self) -> Tensor:
        """Return W_p (d, d): the product of the linear layers, without BN, ReLU and bias."""
        weights = [layer.weight for layer in self if isinstance(layer, nn.Linear)]
        return weights[0] if len(weights) == 1 else weights[1] @ weights[0]

    def after_step(self, step: int, z1: Tensor, z2: Tensor) -> None:
        """Do nothing: the optimiser has set W_p."""


Spectrum = Callable[[Tensor, float, float], Tensor]  # (s (d,), power, eps) -> p (d,)

# s is ascending, as eigh gives it, and not below 0.
NORMALISATIONS: dict[str, Spectrum] = {
    "paper": lambda s, power, eps: s**power + eps * s[-1],
    "max": lambda s, power, eps: ((s / s[-1]) ** power + eps).clamp(min=1e-4),
    "max-inside": lambda s, power, eps: (s / s[-1] + eps) ** power,
    "frobenius": lambda s, power, eps: (s / s.norm()) ** power + eps,
    "none": lambda s, power, eps: s**power + eps,
}

# Where p is linear in s, power 1 needs no eigenvectors: only the norm that s is divided by.
SCALES: dict[str, Callable[[Tensor], Tensor | float]] = {
    "frobenius": torch.linalg.matrix_norm,
    "none": lambda F: 1.0,
}


@dataclass(frozen=True)
class Direct:
    r"""A linear predictor set from the running correlation: DirectSet(alpha).

    .. math:: \hat F \leftarrow \rho \hat F + (1 - \rho) \operatorname{E}[z z^\top], \quad
              \hat F = U \operatorname{diag}(s) U^\top, \quad W_p = U \operatorname{diag}(p) U^\top

    over both views of the batch, uncentred, before the batch's own step changes the network; the
    first batch starts :math:`\hat F`. Paper and codes disagree on p(s), so `normalise` names one:

    ==============  ================================================  ========================
    `normalise`     :math:`p_j`                                       source
    ==============  ================================================  ========================
    ``paper``       :math:`s_j^a + \epsilon \max s`                   DirectPred, Eq. 18
    ``max``         :math:`\max((s_j/\max s)^a + \epsilon, 10^{-4})`  DirectPred's code, and so
                                                                      its figures of accuracy
    ``max-inside``  :math:`(s_j/\max s + \epsilon)^a`                 IsoLoss's code
    ``frobenius``   :math:`(s_j/\|s\|)^a + \epsilon`                  DirectCopy, as the
                                                                      reproduction reads it
    ``none``        :math:`s_j^a + \epsilon`                          DirectCopy, as DirectPred's
                                                                      code runs it
    ==============  ================================================  ========================

    W_p is set after every `every`-th optimiser step (those divisible by it). In between it follows
    the optimiser, whose momentum buffer is kept across the sets; with ``every=1`` the optimiser
    never sees it. The first step uses the random W_p.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eqs. 18 and 19. Wang, Chen, Du, Tian (2021),
    arXiv:2110.04947 (DirectCopy, DirectSet).
    """

    power: float = option(0.5, "a: 1/2 DirectPred, 1 DirectCopy")
    eps: float = option(0.1, "boost of the small eigenvalues")
    rho: float = option(0.3, "weight of the old correlation, in [0, 1)")
    every: int = option(1, "optimiser steps between two sets of W_p")
    normalise: str = option("max", f"one of {', '.join(NORMALISATIONS)}: see the table in Direct")

    def __post_init__(self) -> None:
        if not self.power > 0:
            raise ValueError(f"predictor power is {self.power}; it must be above 0")
        if not self.eps >= 0:
            raise ValueError(f"predictor eps is {self.eps}; it must not be negative")
        if not 0 <= self.rho < 1:
            raise ValueError(f"predictor rho is {self.rho}; it must lie in [0, 1)")
        if self.every < 1:
            raise ValueError(f"predictor every is {self.every}; it must be at least 1")
        choose("predictor normalise", self.normalise, NORMALISATIONS)

    recorded_as = "weight"

    def build(self, d: int) -> "DirectPredictor":
        """Make the module for features of size `d`."""
        return DirectPredictor(self, d)

    def solve(self, F: Tensor) -> Tensor:  # (d, d) -> (d, d)
        """Return W_p of the symmetric correlation `F`, in its dtype."""
        if self.power == 1 and self.normalise in SCALES:
            return F / SCALES[self.normalise](F) + self.eps * torch.eye(len(F), device=F.device)
        # Roots amplify the rounding of small eigenvalues: 1e-7 in s becomes 3e-4 in p. MPS has no
        # float64, and no eigh either.
        host = F.cpu() if F.device.type == "mps" else F
        s, U = torch.linalg.eigh(host.double())
        p = NORMALISATIONS[self.normalise](s.clamp(min=0), self.power, self.eps)
        return ((U * p) @ U.mT).to(F)


class DirectPredictor(nn.Module):
    """The module behind `Direct`."""

    def __init__(self, rule: Direct, d: int) -> None:
        super().__init__()
        self.rule = rule
        self.linear = nn.Linear(d, d, bias=False).requires_grad_(rule.every > 1)
        self.register_buffer("running_correlation", torch.full((d, d), torch.nan))
        self.running_correlation: Tensor

    def forward(self, z: Tensor) -> Tensor:  # (batch, d) -> (batch, d)
        """Return W_p z."""
        return self.linear(z)

    def matrix(self) -> Tensor:
        """Return W_p (d, d)."""
        return self.linear.weight

    @torch.no_grad()
    def after_step(self, step: int, z1: Tensor, z2: Tensor) -> None:
        """Take the features of a step into the running mean, and set W_p if it is due."""
        z = torch.cat([z1, z2]).float()
        F = z.mT @ z / len(z)
        F = (F + F.mT) / 2  # a float32 product is symmetric to rounding only
        if step > 1:
            F = torch.lerp(F, self.running_correlation, self.rule.rho)
        self.running_correlation.copy_(F)
        if step % self.rule.every == 0:
            self.linear.weight.copy_(self.rule.solve(F))
