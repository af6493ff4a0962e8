"""The linear probe: multinomial logistic regression on frozen features, to convergence."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from analysis.checks.fields import check_fields
from trainers.evaluation.cached_features import CachedFeatures
from trainers.evaluation.protocol import Score, share_right
from trainers.options import option


@dataclass(frozen=True)
class LinearProbe:
    r"""Logistic regression on standardised features, by L-BFGS.

    .. math:: \min_{W, b}\; -\frac1n \sum_i \log \operatorname{softmax}(W x_i + b)_{y_i}
        + \frac\lambda2 \lVert W \rVert_F^2

    for `count` values of :math:`\lambda` between `weakest` and `strongest`, evenly in logarithm.
    The one of the highest accuracy on the validation images is fitted again to fit and validation
    images together, and tested once. scikit-learn's ``C`` is :math:`1 / (n \lambda)`.

    Raises
    ------
    ValueError
        The strengths are not above 0 and in order, or there is none.
    """

    weakest: float = option(1e-6, "smallest L2 strength that is tried", above=0)
    strongest: float = option(1.0, "largest", above=0)
    count: int = option(7, "strengths from smallest to largest, evenly in logarithm", least=1)

    def __post_init__(self) -> None:
        check_fields(self, "linear")
        if self.weakest > self.strongest:
            raise ValueError(
                f"linear weakest is {self.weakest} and strongest {self.strongest}; "
                "0 < weakest <= strongest wanted"
            )

    @property
    def attrs(self) -> dict[str, Any]:
        """The protocol, as it is stored beside the accuracy."""
        return asdict(self) | {
            "protocol": "multinomial logistic regression on standardised features, L-BFGS",
            "split": "test, once; L2 chosen on a tenth of train, then fitted to all of train",
        }

    def score(self, cached: CachedFeatures) -> Score:
        """Choose the strength on the validation images, fit to all, test."""
        fit, validation = cached.split
        head = torch.zeros(cached.classes, cached.train.shape[1] + 1, dtype=torch.float64)
        tried = {}
        # From strong to weak: each solution is a good start for the next.
        for l2 in np.geomspace(self.strongest, self.weakest, self.count):
            head = fit_logistic(cached.train[fit], cached.labels[fit], float(l2), start=head)
            logits = apply_head(head, cached.train[validation])
            tried[float(l2)] = share_right(logits, cached.labels[validation]), head
        # A tie goes to the stronger one, which comes first.
        l2 = max(tried, key=lambda strength: tried[strength][0])
        head = fit_logistic(cached.train, cached.labels, l2, start=tried[l2][1])
        found = {
            "l2": l2,
            "validation_accuracy": tried[l2][0],
            "train_accuracy": share_right(apply_head(head, cached.train), cached.labels),
        }
        accuracy = share_right(apply_head(head, cached.test), cached.truth)
        return Score(accuracy, self.attrs | found, nn.Sequential(cached.encoder, as_layer(head)))


def fit_logistic(
    x: Tensor, y: Tensor, l2: float, start: Tensor
) -> Tensor:  # (n, d), (n,), (classes, d + 1) -> (classes, d + 1)
    """Return [W, b] of logistic regression, for features as they are; float64.

    The strength `l2` acts on the weights of standardised features; `start` is in the terms of the
    features as they are, too.
    """
    x = x.double()
    mean, std = x.mean(0), x.std(0, correction=0)
    std = torch.where(std > 1e-9 * x.abs().amax(0), std, 1)  # a constant is not 0/0, nor rounding
    x = (x - mean) / std
    start = start.to(x.device)
    weight = start[:, :-1] * std
    bias = start[:, -1:] + start[:, :-1] @ mean[:, None]
    shape = start.shape

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        head = torch.from_numpy(flat).to(x.device).view(shape).requires_grad_()
        loss = cross_entropy(x @ head[:, :-1].mT + head[:, -1], y)
        loss = loss + l2 / 2 * (head[:, :-1] ** 2).sum()
        (gradient,) = torch.autograd.grad(loss, head)
        return loss.item(), gradient.flatten().cpu().numpy()

    first = torch.cat([weight, bias], 1).flatten().cpu().numpy()
    limits: Any = {"maxiter": 1000, "maxfun": 2000, "gtol": 1e-6, "ftol": 1e-10, "maxcor": 20}
    found = minimize(objective, first, jac=True, method="L-BFGS-B", options=limits)
    head = torch.from_numpy(found.x).to(x.device).view(shape)
    weight = head[:, :-1] / std
    return torch.cat([weight, head[:, -1:] - weight @ mean[:, None]], 1)


def apply_head(head: Tensor, x: Tensor) -> Tensor:  # (classes, d + 1), (n, d) -> (n, classes)
    """Return the logits."""
    return x.double() @ head[:, :-1].mT + head[:, -1]


def as_layer(head: Tensor) -> nn.Linear:  # (classes, d + 1)
    """Return [W, b] as a layer, in float32."""
    layer = nn.Linear(head.shape[1] - 1, len(head), device=head.device)
    with torch.no_grad():
        layer.weight.copy_(head[:, :-1])
        layer.bias.copy_(head[:, -1])
    return layer
