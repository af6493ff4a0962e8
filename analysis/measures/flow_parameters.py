r"""The theory's parameters, read off data: k_j, tau_j and the decay that a mode survives.

All of them number modes by one matrix, the theory's F: u_j are the eigenvectors of the symmetric
part of the cross-view correlation, s_j its eigenvalues, the largest first.
"""

import numpy as np
import xarray as xr

from analysis.linalg.basis import basis_of, check_basis
from analysis.linalg.kernels import KNOWN, eigh, rounding, symmetric
from analysis.linalg.labelled import over_matrices, resolution
from analysis.store.schema import Variable

RATES = {
    "noise_ratio": Variable("same-view over cross-view", ("mode",), "$k_j$"),
    "target_scale": Variable("target scale", ("mode",), r"$\tau_j$"),
    "critical_decay": Variable("critical decay", ("mode",), r"$\eta^*_j$"),
}


def noise_ratio(correlation: xr.DataArray, cross_correlation: xr.DataArray) -> xr.DataArray:
    r"""Return :math:`k_j = u_j^\top F_{same} u_j / s_j`, the theory's k.

    Parameters
    ----------
    correlation, cross_correlation : DataArray (..., row, col)
        F of one view, and the theory's F, whose eigenvectors u_j are taken.

    Returns
    -------
    DataArray (..., mode)
        By falling s_j, ``attrs["basis"]`` naming `cross_correlation`. 1 + sigma² on isotropic data;
        at least 1 in expectation. Free of scale. Null level, for views that share nothing: without
        bound. NaN where s_j is not above 0 by more than rounding of the stored dtype.

    Raises
    ------
    ValueError
        A matrix is not real or not square, or they differ in size.

    Examples
    --------
    >>> from analysis.registry.examples import C, F
    >>> print(noise_ratio(F, C).values.round(4))
    [2. 2.]
    """
    return _over_cross(correlation, cross_correlation, "noise_ratio")


def target_scale(cross_correlation: xr.DataArray, target_correlation: xr.DataArray) -> xr.DataArray:
    r"""Return :math:`\tau_j = u_j^\top E[z_a z^\top] u_j / s_j`.

    Parameters
    ----------
    cross_correlation, target_correlation : DataArray (..., row, col)
        The theory's F, whose eigenvectors u_j are taken; and target against online.

    Returns
    -------
    DataArray (..., mode)
        By falling s_j, ``attrs["basis"]`` as `noise_ratio`. 1 without EMA, and at rest; below 1
        where the target lags behind a growing mode. Free of scale. NaN where `noise_ratio` is.

    Raises
    ------
    ValueError
        As `noise_ratio`.

    Examples
    --------
    >>> from analysis.registry.examples import C, T
    >>> print(target_scale(C, T).values.round(4))
    [0.9 0.8]
    """
    return _over_cross(target_correlation, cross_correlation, "target_scale")


def critical_decay(
    correlation: xr.DataArray,
    cross_correlation: xr.DataArray,
    target_correlation: xr.DataArray | None = None,
) -> xr.DataArray:
    r"""Return the largest weight decay of the flow that a mode survives.

    .. math:: \eta^*_j = \tau_j^2 / (4 k_j)

    Parameters
    ----------
    correlation, cross_correlation, target_correlation : DataArray (..., row, col)
        Of which `noise_ratio` and `target_scale` are, in one basis; by default a target without
        EMA, tau = 1.

    Returns
    -------
    DataArray (..., mode)
        By falling s_j. In units of the flow, as `dynamics.FlowParameters` has eta; at most 1/4
        where tau is. Of linear networks and a Euclidean loss: under a cosine one no such threshold
        holds. NaN where `noise_ratio` is.

    Raises
    ------
    ValueError
        As `noise_ratio`.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Observation 5.

    Examples
    --------
    >>> from analysis.registry.examples import C, F, T
    >>> print(critical_decay(F, C, T).values.round(4))
    [0.1013 0.08  ]
    """
    k = noise_ratio(correlation, cross_correlation)
    tau: xr.DataArray | float = 1.0
    if target_correlation is not None:
        tau = target_scale(cross_correlation, target_correlation)
        check_basis(k, tau)
    out = (tau * (tau / k) / 4).rename("critical_decay")  # the square alone may overflow
    return out.assign_attrs(RATES["critical_decay"].attrs, basis=k.attrs["basis"])


def _over_cross(matrix: xr.DataArray, cross: xr.DataArray, name: str) -> xr.DataArray:
    unit = resolution(cross)

    def kernel(M: np.ndarray, cross: np.ndarray) -> np.ndarray:
        s, U = eigh(symmetric(cross))
        floor = rounding(cross, unit) / KNOWN
        return np.where(s > floor[..., None], quotients(M, U) / s, np.nan)

    return over_matrices(
        kernel,
        matrix,
        cross,
        name=name,
        label=RATES[name],
        degrees=(1, -1),
        basis=basis_of(cross),
    )


def quotients(M: np.ndarray, U: np.ndarray) -> np.ndarray:  # (..., d, d), (..., d, d) -> (..., d)
    """u_j M u_j for the columns of U."""
    return np.asarray(np.einsum("...ij,...ij->...j", U, M @ U))
