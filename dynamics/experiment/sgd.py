"""Stochastic gradient descent on one layer, linear or ReLU: the twin of `EigenvalueFlow`."""

import numpy as np
import xarray as xr

from analysis.checks.numbers import check_count, check_numbers
from analysis.linalg.labelled import mode_numbers
from dynamics.flows.base import FEATURES, VARIABLES
from dynamics.flows.isoloss import EIGEN_LOSSES

DEAD = 1e-12  # eigenvalues below have no power


def descend(
    loss: str,
    start: np.ndarray,
    steps: int,
    *,
    rate: float = 0.01,
    power: float = 0.5,
    sigma: float = 0.1,
    batch: int = 512,
    relu: bool = False,
    seed: int = 0,
) -> xr.Dataset:
    r"""Train z = W x, or relu(W x), on white Gaussian vectors with noise, fresh ones at every step.

    The predictor is :math:`W_p = \hat F^\alpha` with the batch's own :math:`\hat F = E[z_1
    z_1^\top]`; no gradient goes through it. W takes `rate` times the mean negative gradient.

    Parameters
    ----------
    loss : str
        A name in `EIGEN_LOSSES`.
    start : array (row, feature)
        W before training.
    steps : int
    rate : float
        The learning rate: `steps` of them are a gradient-flow time of ``rate * steps``.
    power : float
        alpha; 1/2 is DirectPred, 1 DirectCopy.
    sigma : float
        Standard deviation of the noise of each view.
    batch : int
        Vectors a step.
    relu : bool
        A ReLU after W. A view that it silences has no direction, and no cosine gradient.
    seed : int

    Returns
    -------
    Dataset (time, ...)
        Before each step, `encoder` (row, feature) and `correlation_eigenvalue` (mode) of the
        batch's F.

    Raises
    ------
    ValueError
        There is no such loss, or `start` is no matrix of finite numbers; or one of the others is
        out of range.

    Notes
    -----
    Cosine gradients go as 1/|z|. Where F is down to one dimension they have no variance, and a
    single step can throw W far out: without stop-gradient SGD does, and no flow.

    References
    ----------
    Halvagal, Laborieux, Zenke (2023), arXiv:2212.04858, Figs. 2 and 6.
    """
    if loss not in EIGEN_LOSSES:
        raise ValueError(f"loss is {loss!r}; choose from {', '.join(EIGEN_LOSSES)}")
    for name, value in (("steps", steps), ("batch", batch)):
        check_count(name, value)
    check_count("seed", seed, least=0)
    for name, number in (("rate", rate), ("power", power)):
        check_numbers(name, number, above=0)
    check_numbers("sigma", sigma, least=0)
    W = check_numbers("start", start).copy()
    if W.ndim != 2:
        raise ValueError(f"start has shape {W.shape}; a matrix (row, feature) wanted")
    gradient, rng = EIGEN_LOSSES[loss], np.random.default_rng(seed)
    weights, values = np.empty((steps, *W.shape)), np.empty((steps, len(W)))
    for step in range(steps):
        x = rng.standard_normal((batch, W.shape[1]))
        x1, x2 = (x + sigma * rng.standard_normal(x.shape) for _ in range(2))
        z1, z2 = (view @ W.T for view in (x1, x2))
        if relu:
            z1, z2 = np.maximum(z1, 0), np.maximum(z2, 0)
        c, U = np.linalg.eigh(z1.T @ z1 / batch)
        c, U = np.maximum(c[::-1], DEAD), U[:, ::-1]
        weights[step], values[step] = W, c
        heard = (z1.any(1) & z2.any(1))[:, None]
        # A silent view is replaced, so that no norm is 0, and its gradient is dropped.
        h1, h2 = (np.where(heard, z @ U, 1.0) for z in (z1, z2))
        moved = (gradient.online(c**power, h1, h2) * heard) @ U.T
        update = (moved * (z1 > 0) if relu else moved).T @ x1
        if gradient.target is not None:
            moved = (gradient.target(c**power, h1, h2) * heard) @ U.T
            update += (moved * (z2 > 0) if relu else moved).T @ x2
        W = W + rate * update / batch
    data = {
        "encoder": (("time", *FEATURES), weights, VARIABLES["encoder"].attrs),
        "correlation_eigenvalue": (("time", "mode"), values, {"long_name": "eigenvalue of F"}),
    }
    coords = {"time": rate * np.arange(steps), "mode": mode_numbers(len(W))}
    return xr.Dataset(data, coords, {"loss": loss, "power": power, "sigma2": sigma**2})
