"""Norms of what an optimiser does to single weights: what their scale laws want."""

from collections.abc import Mapping

import torch
from torch import Tensor


def layer_norms(
    sgd: torch.optim.Optimizer, layers: Mapping[str, Tensor]
) -> dict[str, Tensor | float]:
    """Return norm of gradient and momentum, and the rate, of each weight, after a step.

    Parameters
    ----------
    sgd : Optimizer
        With every weight in one of its groups.
    layers : mapping of str to Tensor
        By their names in the store.

    Returns
    -------
    dict
        ``NAME_learning_rate``, ``NAME_grad_norm`` and, with momentum, ``NAME_buffer_norm``, as
        `analysis.scale_law` reads them; NaN before the first step.

    Examples
    --------
    >>> W = torch.nn.Parameter(torch.ones(2, 2))
    >>> sgd = torch.optim.SGD([W], lr=0.1)
    >>> W.sum().backward()
    >>> {name: float(value) for name, value in layer_norms(sgd, {"head": W}).items()}
    {'head_learning_rate': 0.1, 'head_grad_norm': 2.0}
    """
    known: dict[str, Tensor | float] = {}
    for name, weight in layers.items():
        group = next(g for g in sgd.param_groups if any(weight is w for w in g["params"]))
        known[f"{name}_learning_rate"] = group["lr"]
        norms = {"grad_norm": weight.grad}
        if group["momentum"]:
            norms["buffer_norm"] = sgd.state.get(weight, {}).get("momentum_buffer")
        unknown = weight.new_full((), torch.nan)
        for kind, values in norms.items():
            known[f"{name}_{kind}"] = unknown if values is None else values.norm()
    return known
