"""LARS: a layer's step is in proportion to the norm of its weights, whatever its gradient's."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class LARS(torch.optim.Optimizer):
    r"""Layer-wise adaptive rate scaling, as BYOL has it.

    .. math:: u = g + w W, \quad m \leftarrow \mu m + \lambda u, \quad W \leftarrow W - \alpha m,
        \quad \lambda = \eta \, \lVert W \rVert / \lVert u \rVert

    with trust coefficient :math:`\eta`; :math:`\lambda = 1` where either norm is 0, and for groups
    that are not `adapted`. In the paper the divisor is :math:`\lVert g \rVert + w \lVert W \rVert`,
    which is the same where W and g are parallel, and the rate is in m: the same while it is
    constant.

    Parameters
    ----------
    groups : iterable of dict
        With `params`, and `lr`, `weight_decay` and `adapted` of each.
    momentum : float
        mu, in [0, 1).
    trust : float
        eta.

    References
    ----------
    You, Gitman, Ginsburg (2017), arXiv:1708.03888, Algorithm 1; Grill et al. (2020),
    arXiv:2006.07733, section 3.3, whose code (deepmind-research, byol/utils/optimizers.py) is the
    formula above.

    Examples
    --------
    >>> W = torch.nn.Parameter(torch.tensor([[3.0, 4.0]]))
    >>> W.grad = torch.tensor([[0.0, 100.0]])
    >>> LARS([{"params": [W], "lr": 2.0, "weight_decay": 0.0, "adapted": True}], 0.0, 0.1).step()
    >>> W.tolist()  # a step of 2 * 0.1 * 5 along the gradient
    [[3.0, 3.0]]
    """

    def __init__(self, groups: Iterable[dict[str, Any]], momentum: float, trust: float) -> None:
        super().__init__(groups, {"momentum": momentum, "trust": trust})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take a step; parameters without a gradient stay."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            gradients = [weight.grad for weight in weights]
            updates = list(torch._foreach_add(gradients, weights, alpha=group["weight_decay"]))
            if group["adapted"]:
                norms = zip(torch._foreach_norm(weights), torch._foreach_norm(updates), strict=True)
                torch._foreach_mul_(updates, [_ratio(*pair, group["trust"]) for pair in norms])
            if group["momentum"]:
                updates = self._moved(weights, updates, group["momentum"])
            torch._foreach_add_(weights, updates, alpha=-group["lr"])

    def _moved(self, weights: list[Tensor], updates: list[Tensor], momentum: float) -> list[Tensor]:
        states = [self.state[weight] for weight in weights]
        for state, update in zip(states, updates, strict=True):
            state.setdefault("momentum_buffer", torch.zeros_like(update))
        buffers = [state["momentum_buffer"] for state in states]
        torch._foreach_mul_(buffers, momentum)
        torch._foreach_add_(buffers, updates)
        return buffers


def _ratio(weight: Tensor, update: Tensor, trust: float) -> Tensor:
    """Return lambda of two norms, without waiting for the device."""
    known = (weight > 0) & (update > 0)
    return torch.where(known, trust * weight / torch.where(known, update, 1), 1)
