"""Weights of layers by name, and their singular values."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis.checks.fields import shown

Layer = nn.Module | tuple[str, nn.Module | Tensor]


def layer_weights(layers: Iterable[Layer]) -> dict[str, Tensor]:
    """Return the weight matrices of layers, by their names in the state dict.

    Of a module all parameters of two dims or more, by their names in it; of ``(name, module)`` with
    that name in front; of ``(name, parameter)`` that one.

    Parameters
    ----------
    layers : sequence of Module, (str, Module) or (str, Tensor)

    Raises
    ------
    ValueError
        One is something else or holds no matrix, or two are of one name.

    Examples
    --------
    >>> head = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    >>> [*layer_weights([("head", head)])]
    ['head.0.weight', 'head.2.weight']
    """
    if isinstance(layers, nn.Module | Tensor | str):
        raise ValueError(f"layers is {type(layers).__name__}; a list of modules wanted: [module]")
    weights: dict[str, Tensor] = {}
    for layer in layers:
        for name, weight in _named(layer).items():
            if name in weights:
                raise ValueError(f"two layers are of the name {name!r}; give (name, module)")
            weights[name] = weight
    return weights


def _named(layer: Any) -> dict[str, Tensor]:
    pair = isinstance(layer, tuple) and len(layer) == 2 and isinstance(layer[0], str)
    name, held = layer if pair else ("", layer)
    found: dict[str, Tensor] = {}
    if isinstance(held, nn.Module):
        front = f"{name}." if name else ""
        found = {f"{front}{key}": p for key, p in held.named_parameters() if p.ndim > 1}
    elif pair and isinstance(held, Tensor):
        found = {name: held} if held.ndim > 1 else {}
    else:
        raise ValueError(f"a layer is {shown(layer)}; a module, or (name, module) wanted")
    if not found:
        raise ValueError(f"layer {name or type(held).__name__!r} holds no weight of two dims")
    return found


@torch.no_grad()
def singular_values(weights: Iterable[Tensor]) -> np.ndarray:
    """Return the singular values of each weight, largest first, NaN behind its last: (layer, mode).

    A kernel (out, in, height, width) is the matrix out x (in height width). They are roots of the
    eigenvalues of the smaller Gram matrix in float64: exact to 1e-8 of the largest, as float32 is.

    Examples
    --------
    >>> wide = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, 4.0]])
    >>> singular_values([wide, torch.ones(3, 3)]).round(6)
    array([[ 4.,  3., nan],
           [ 3.,  0.,  0.]], dtype=float32)
    """
    rows = [_singular(weight) for weight in weights]
    out = np.full((len(rows), max(map(len, rows))), np.nan, np.float32)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def _singular(weight: Tensor) -> np.ndarray:
    matrix = weight.detach().flatten(1)
    matrix = (matrix.cpu() if matrix.device.type == "mps" else matrix).double()
    gram = matrix @ matrix.mT if matrix.shape[0] <= matrix.shape[1] else matrix.mT @ matrix
    if not bool(torch.isfinite(gram).all()):
        return np.full(len(gram), np.nan)
    squares = torch.linalg.eigvalsh(gram).flip(0).clamp(min=0)
    return squares.sqrt().cpu().numpy()
