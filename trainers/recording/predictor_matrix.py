"""W_p of any predictor: its weight, the product of its linear layers, or neither."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from analysis.measures.moments import least_squares_predictor

Means = Mapping[str, np.ndarray]


def predictor_matrix(
    predictor: nn.Module, matrix: Callable[[nn.Module], Tensor] | None = None
) -> tuple[str, Callable[[Means], np.ndarray]]:
    """Return what W_p of a predictor is, in a word, and the function of moments that makes it.

    Parameters
    ----------
    predictor : Module
    matrix : function of the predictor, optional
        Returns W_p (d, d), in place of the product of linear layers or, where there is no chain of
        them, the least-squares fit.
    """
    if matrix is not None:
        return "matrix", lambda _: _host(matrix(predictor))
    if layers := linear_chain(predictor):
        kind = "weight" if len(layers) == 1 else "product"
        return kind, lambda _: _host(product(layers))
    return "least squares", _fit


def _host(matrix: Tensor) -> np.ndarray:
    return matrix.detach().float().cpu().numpy()


def _fit(means: Means) -> np.ndarray:
    names = ("prediction_correlation", "correlation")
    moments = xr.Dataset({name: (("row", "col"), means[name]) for name in names})
    return least_squares_predictor(moments).values.astype(np.float32)


def linear_chain(predictor: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a predictor that is a chain of them, the input's first.

    What may lie between them has no weight matrix: batch norm, ReLU, dropout. A module around one
    ``Sequential`` counts if it passes on what that makes, tried on one batch; a residual one does
    not. Empty where there is no such chain from d features to d.

    Examples
    --------
    >>> head = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))
    >>> [tuple(layer.weight.shape) for layer in linear_chain(head)]
    [(8, 4), (4, 8)]
    """
    chain = _bare(predictor)
    layers = [] if chain is None else [m for m in chain.modules() if isinstance(m, nn.Linear)]
    held = sum(p.ndim > 1 for p in predictor.parameters())
    follow = all(a.out_features == b.in_features for a, b in pairwise(layers))
    square = bool(layers) and layers[0].in_features == layers[-1].out_features
    if not (square and follow and held == len(layers)):
        return []
    return layers if chain is predictor or _passes_on(predictor, chain, layers[0]) else []


def product(layers: list[nn.Linear]) -> Tensor:  # -> (d, d)
    """Return W_k ... W_2 W_1, without biases and what lies between."""
    first, *others = (layer.weight for layer in layers)
    for weight in others:
        first = weight @ first
    return first


def _bare(module: nn.Module) -> nn.Module | None:
    children = [*module.children()]
    if isinstance(module, nn.Linear):
        return module
    if isinstance(module, nn.Sequential):
        plain = (nn.Sequential, nn.Linear)
        inner = [m for m in module.modules() if [*m.children()] and not isinstance(m, plain)]
        return None if inner else module
    return _bare(children[0]) if len(children) == 1 else None


@torch.no_grad()
def _passes_on(outer: nn.Module, inner: nn.Module | None, first: nn.Linear) -> bool:
    # In eval mode: batch statistics stay as they are, and the recorder does not look.
    if inner is None:
        return False
    training = {module: module.training for module in outer.modules()}
    x = torch.linspace(-1, 1, 2 * first.in_features).reshape(2, -1).to(first.weight)
    try:
        outer.eval()
        return torch.equal(outer(x), inner(x))
    except (TypeError, ValueError, RuntimeError):  # it wants something else than features
        return False
    finally:
        for module, mode in training.items():
            module.training = mode
