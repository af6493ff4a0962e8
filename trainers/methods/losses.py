"""What a method minimises: the distance of predictions to targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from analysis.checks.fields import check_fields
from trainers.options import option

if TYPE_CHECKING:
    from torch import Tensor

    from trainers.networks.two_views import Pair


@dataclass(frozen=True)
class Loss(ABC):
    """A distance, summed over both views, and whether its gradient passes through the predictor.

    With `iso` the gradient at the prediction is handed to the features as it is, not multiplied
    by W_p^T: the rates of the modes are no longer scaled by the eigenvalues of W_p. For a W_p set
    from the correlation these are the IsoLosses, up to a constant in their value.

    References
    ----------
    Halvagal, Laborieux, Zenke (2023), arXiv:2212.04858, section 4.
    """

    factor: float = option(
        4.0, "c: 4 DirectPred's code, 2 its reproduction, 1 SimSiam's paper", above=0
    )
    separable: ClassVar[bool] = False
    """The loss of a batch is the mean of those of its images: it can be had from parts of it."""
    iso: bool = option(False, "hand the gradient to the features around W_p: IsoLoss")

    def __post_init__(self) -> None:
        check_fields(self, "loss")

    def __call__(self, z: Pair, q: Pair, t: Pair) -> Tensor:
        """Return the scalar loss of features, predictions and targets, all (batch, d)."""
        if self.iso:
            q = (z[0] + (q[0] - z[0]).detach(), z[1] + (q[1] - z[1]).detach())
        return self.factor * (self.distance(q[0], t[1]) + self.distance(q[1], t[0])) / 2

    def at(self, step: int) -> Loss:
        """Return the loss of a step, where steps differ."""
        return self

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"kind": type(self).__name__.lower(), "factor": self.factor, "iso": self.iso}

    @abstractmethod
    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        """Return the theory's J of one view's predictions and the other's targets (batch, d)."""


@dataclass(frozen=True)
class Cosine(Loss):
    r"""Symmetric cosine loss, `factor` times the theory's J on unit vectors.

    .. math:: L = c \, \bigl[ 1 - \tfrac12 \operatorname{E} \cos(q_1, t_2)
                                - \tfrac12 \operatorname{E} \cos(q_2, t_1) \bigr] \in [0, 2c]

    q is the prediction of one view, t the target of the other, c the `factor`. Up to a constant,
    c = 4 is DirectPred's code (-2 cos per view, summed), c = 2 its TensorFlow reproduction (-cos
    per view, summed), c = 1 the SimSiam paper (the mean over views). At one learning rate and
    weight decay these are three different experiments.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, section 2. Chen, He (2020), arXiv:2011.10566,
    Eq. 2.
    """

    separable = True

    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        """Return the mean of 1 - cos(q, t), in [0, 2]."""
        from torch.nn.functional import cosine_similarity

        return 1 - cosine_similarity(q, t).mean()


@dataclass(frozen=True)
class Euclidean(Loss):
    r"""Symmetric squared distance, `factor` times the theory's J.

    .. math:: L = c \, \bigl[ \tfrac14 \operatorname{E} \|q_1 - t_2\|^2
                            + \tfrac14 \operatorname{E} \|q_2 - t_1\|^2 \bigr] \ge 0

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eq. 1.
    """

    factor: float = option(1.0, "c: 1 is the theory's J", above=0)
    separable = True

    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        """Return half the mean squared distance."""
        return (q - t).square().sum(1).mean() / 2
