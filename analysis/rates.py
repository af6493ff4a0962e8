r"""The theory's parameters, read off data: k_j, tau_j, and the rates at which modes align."""

import numpy as np
import xarray as xr

from analysis.schema import MATRIX, Variable
from analysis.spectrum import _eigh
from analysis.symmetry import mode_numbers, over_matrices

RATES = {
    "noise_ratio": Variable("same-view over cross-view", ("mode",), "$k_j$"),
    "target_scale": Variable("target scale", ("mode",), r"$\tau_j$"),
    "critical_decay": Variable("critical decay", ("mode",), r"$\eta^*_j$"),
    "alignment_rate": Variable("least alignment rate", symbol=r"$\lambda_{\min}(K)$"),
    "mode_alignment_rate": Variable("alignment rate of a mode", ("mode",), r"$\kappa_j$"),
}


def noise_ratio(correlation: xr.DataArray, cross_correlation: xr.DataArray) -> xr.DataArray:
    r"""Return :math:`k_j = u_j^\top F_{same} u_j / u_j^\top F_{cross} u_j`, the theory's k.

    Parameters
    ----------
    correlation, cross_correlation : DataArray (..., row, col)
        u_j are the eigenvectors of the first.

    Returns
    -------
    DataArray (..., mode)
        1 + sigma² on isotropic data; at least 1 in expectation. Null level, for views that share
        nothing: without bound. NaN where the cross-view value is not above 0. The largest decay
        that a mode survives is :math:`\eta^* = \tau_j^2 / (4 k_j)`.

    Raises
    ------
    ValueError
        As `rayleigh_quotient`.
    """
    return over_matrices(
        _noise_ratio,
        correlation,
        cross_correlation,
        name="noise_ratio",
        label=RATES["noise_ratio"],
    )


def target_scale(
    correlation: xr.DataArray, cross_correlation: xr.DataArray, target_correlation: xr.DataArray
) -> xr.DataArray:
    r"""Return :math:`\tau_j = u_j^\top E[z_a z^\top] u_j / u_j^\top F_{cross} u_j`.

    Parameters
    ----------
    correlation, cross_correlation, target_correlation : DataArray (..., row, col)
        u_j are the eigenvectors of the first.

    Returns
    -------
    DataArray (..., mode)
        1 without EMA, and at rest; below 1 where the target lags behind a growing mode. NaN where
        the cross-view value is not above 0.

    Raises
    ------
    ValueError
        As `rayleigh_quotient`.
    """
    return over_matrices(
        _target_scale,
        correlation,
        cross_correlation,
        target_correlation,
        name="target_scale",
        label=RATES["target_scale"],
    )


def critical_decay(
    noise_ratio: xr.DataArray, target_scale: xr.DataArray | float = 1.0
) -> xr.DataArray:
    r"""Return the largest weight decay of the flow that a mode survives.

    .. math:: \eta^*_j = \tau_j^2 / (4 k_j)

    Parameters
    ----------
    noise_ratio, target_scale : DataArray (..., mode)
        k_j and tau_j, of the functions of these names; 1 is a target without EMA.

    Returns
    -------
    DataArray (..., mode)
        In units of the flow, as `dynamics.FlowParameters` has eta; at most 1/4 where tau is. Of
        linear networks and a Euclidean loss: under a cosine one no such threshold holds.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Observation 5.
    """
    out = target_scale**2 / (4 * noise_ratio)
    return out.rename("critical_decay").assign_attrs(RATES["critical_decay"].attrs)


def alignment_rate(
    predictor: xr.DataArray,
    cross_correlation: xr.DataArray,
    *,
    k: float = 1.0,
    tau: float = 1.0,
    alpha_p: float = 1.0,
    eta: float = 0.0,
    eta_p: float = 0.0,
) -> xr.DataArray:
    r"""Least eigenvalue of the K of Theorem 3, with A the symmetric part of W_p.

    .. math:: K = k (\alpha_p F/2 + A^2) - \tau A + (\eta + \eta_p/2) I

    Parameters
    ----------
    predictor, cross_correlation : DataArray (..., row, col)
        W_p and the theory's F, whose symmetric part is taken.
    k, tau, alpha_p, eta, eta_p : float
        Of the flow, see `dynamics.FlowParameters`.

    Returns
    -------
    DataArray (...)
        Above 0 the commutator [F, A] shrinks at twice this rate or faster. At least
        :math:`\eta + \eta_p/2 - \tau^2/(4k)`.

    Raises
    ------
    ValueError
        A matrix is not square, or they differ in size.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 3; exact for a symmetrised linear network.
    """

    def kernel(W: np.ndarray, F: np.ndarray) -> np.ndarray:
        A, S = ((M + np.swapaxes(M, -1, -2)) / 2 for M in (W, F))
        K = k * (alpha_p * S / 2 + A @ A) - tau * A
        return _eigh(K)[0][..., -1] + eta + eta_p / 2

    return over_matrices(
        kernel,
        predictor,
        cross_correlation,
        name="alignment_rate",
        label=RATES["alignment_rate"],
    )


def mode_alignment_rate(
    predictor: xr.DataArray,
    cross_correlation: xr.DataArray,
    *,
    k: xr.DataArray | float = 1.0,
    tau: xr.DataArray | float = 1.0,
    alpha_p: float = 1.0,
    eta: float = 0.0,
    eta_p: float = 0.0,
) -> xr.DataArray:
    r"""Return the alignment rate of each mode: entry (i, j) of [F, A] shrinks at the sum of two.

    .. math:: \kappa_j = k_j (\alpha_p s_j / 2 + p_j^2) - \tau_j p_j + \eta + \eta_p / 2

    Parameters
    ----------
    predictor, cross_correlation : DataArray (..., row, col)
        W_p and the theory's F, of whose symmetric parts p_j and s_j are taken.
    k, tau : float or DataArray (..., mode)
        `noise_ratio` and `target_scale`, which number modes by the same-view correlation; or one
        number for all.
    alpha_p, eta, eta_p : float
        Of the flow, see `dynamics.FlowParameters`.

    Returns
    -------
    DataArray (..., mode)
        By falling s_j. Entry (i, j) decays at :math:`\kappa_i + \kappa_j` once modes are nearly
        aligned: one negative value is not fatal, a negative sum is.

    Raises
    ------
    ValueError
        A matrix is not square, or they differ in size.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 3; the statement on pairs is derived.
    """

    def kernel(W: np.ndarray, F: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s, U = _eigh((F + np.swapaxes(F, -1, -2)) / 2)
        return s, _quotients(U, W)

    s, p = xr.apply_ufunc(
        kernel,
        predictor,
        cross_correlation,
        input_core_dims=[MATRIX, MATRIX],
        output_core_dims=[["mode"], ["mode"]],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {"mode": predictor.sizes["row"]}},
        output_dtypes=[float, float],
    )
    kappa = k * (alpha_p * s / 2 + p**2) - tau * p + eta + eta_p / 2
    out = kappa.assign_coords(mode=mode_numbers(s.sizes["mode"])).rename("mode_alignment_rate")
    return out.assign_attrs(RATES["mode_alignment_rate"].attrs)


def _quotients(U: np.ndarray, M: np.ndarray) -> np.ndarray:  # (..., d, d), (..., d, d) -> (..., d)
    return np.asarray(np.einsum("...ij,...ik,...kj->...j", U, M, U, optimize=True))


def _noise_ratio(F: np.ndarray, cross: np.ndarray) -> np.ndarray:
    s, U = _eigh(F)
    below = _quotients(U, cross)
    return np.where(below > 0, s / below, np.nan)


def _target_scale(F: np.ndarray, cross: np.ndarray, target: np.ndarray) -> np.ndarray:
    U = _eigh(F)[1]
    below = _quotients(U, cross)
    return np.where(below > 0, _quotients(U, target) / below, np.nan)
