r"""The theory's parameters, read off data: k_j, tau_j, and the rates at which modes align.

All of them number modes by one matrix, the theory's F: u_j are the eigenvectors of the symmetric
part of the cross-view correlation, s_j its eigenvalues, the largest first.
"""

import numpy as np
import xarray as xr

from analysis.basis import basis_of, check_basis
from analysis.kernels import KNOWN, eigh, rounding, symmetric
from analysis.labelled import over_matrices, resolution
from analysis.schema import Variable

RATES = {
    "noise_ratio": Variable("same-view over cross-view", ("mode",), "$k_j$"),
    "target_scale": Variable("target scale", ("mode",), r"$\tau_j$"),
    "critical_decay": Variable("critical decay", ("mode",), r"$\eta^*_j$"),
    "alignment_rate": Variable("least alignment rate", symbol=r"$\lambda_{\min}(K)$"),
    "mode_alignment_rate": Variable("alignment rate of a mode", ("mode",), r"$\kappa_j$"),
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
    With F = diag(1.1, 5) of one view and diag(1, .5) across, k is 1.1 and 10.
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
    """
    k = noise_ratio(correlation, cross_correlation)
    tau: xr.DataArray | float = 1.0
    if target_correlation is not None:
        tau = target_scale(cross_correlation, target_correlation)
        check_basis(k, tau)
    out = (tau * (tau / k) / 4).rename("critical_decay")  # the square alone may overflow
    return out.assign_attrs(RATES["critical_decay"].attrs, basis=k.attrs["basis"])


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
        A matrix is not real or not square, or they differ in size.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 3; exact for a symmetrised linear network.
    """

    def kernel(W: np.ndarray, F: np.ndarray) -> np.ndarray:
        A, S = symmetric(W), symmetric(F)
        K = k * (alpha_p * S / 2 + A @ A) - tau * A
        return eigh(K)[0][..., -1] + eta + eta_p / 2

    name = "alignment_rate"
    return over_matrices(kernel, predictor, cross_correlation, name=name, label=RATES[name])


def mode_alignment_rate(
    predictor: xr.DataArray,
    cross_correlation: xr.DataArray,
    *,
    correlation: xr.DataArray | None = None,
    target_correlation: xr.DataArray | None = None,
    k: xr.DataArray | float = 1.0,
    tau: xr.DataArray | float = 1.0,
    alpha_p: float = 1.0,
    eta: float = 0.0,
    eta_p: float = 0.0,
) -> xr.DataArray:
    r"""Return the alignment rate of each mode: entry (i, j) of [F, A] shrinks at the sum of two.

    .. math:: \kappa_j = k_j (\alpha_p s_j / 2 + p_j^2) - \tau_j p_j + \eta + \eta_p / 2

    with :math:`p_j = u_j^\top W_p u_j`, and all of them in the eigenvectors u_j of one matrix.

    Parameters
    ----------
    predictor, cross_correlation : DataArray (..., row, col)
        W_p and the theory's F, whose eigenvectors u_j and eigenvalues s_j are taken.
    correlation, target_correlation : DataArray (..., row, col), optional
        Of which k_j is, as `noise_ratio`, and tau_j, as `target_scale`.
    k, tau : float or DataArray, optional
        Without these matrices: one number for all modes, or one a mode in the same basis.
    alpha_p, eta, eta_p : float
        Of the flow, see `dynamics.FlowParameters`.

    Returns
    -------
    DataArray (..., mode)
        By falling s_j, ``attrs["basis"]`` naming `cross_correlation`. Entry (i, j) decays at
        :math:`\kappa_i + \kappa_j` once modes are nearly aligned: one negative value is not fatal,
        a negative sum is. NaN where k_j or tau_j is.

    Raises
    ------
    ValueError
        A matrix is not real or not square, or they differ in size; `k` is given beside
        `correlation`, `tau` beside `target_correlation`, or one of them is numbered by another
        matrix.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 3; the statement on pairs is derived.

    Examples
    --------
    With W_p = diag(.6, .3), F = diag(1, .5), diag(1.1, 5) of one view and eta = eta_p = .01:
    k is 1.1 and 10, and the rates are .361 and 3.115.
    """
    if correlation is not None:
        k = _instead(k, noise_ratio(correlation, cross_correlation), "k", "correlation")
    if target_correlation is not None:
        scale = target_scale(cross_correlation, target_correlation)
        tau = _instead(tau, scale, "tau", "target_correlation")
    basis = basis_of(cross_correlation)
    both = (
        over_matrices(
            kernel,
            predictor,
            cross_correlation,
            name=name,
            label=RATES["mode_alignment_rate"],
            degrees=degrees,
            basis=basis,
        )
        for kernel, name, degrees in (
            (lambda W, F: eigh(symmetric(F))[0], "s", (0, 1)),
            (lambda W, F: _quotients(W, eigh(symmetric(F))[1]), "p", (1, 0)),
        )
    )
    s, p = both
    check_basis(p, *(x for x in (k, tau) if isinstance(x, xr.DataArray)))
    kappa = k * (alpha_p * s / 2 + p**2) - tau * p + eta + eta_p / 2
    out = kappa.rename("mode_alignment_rate")
    out.attrs = RATES["mode_alignment_rate"].attrs | {"basis": basis}
    return out


def _instead(
    given: xr.DataArray | float, measured: xr.DataArray, name: str, matrix: str
) -> xr.DataArray:
    if isinstance(given, xr.DataArray) or given != 1.0:
        raise ValueError(
            f"{name} and {matrix} are both given, and {name} follows from it; give one"
        )
    return measured


def _over_cross(matrix: xr.DataArray, cross: xr.DataArray, name: str) -> xr.DataArray:
    unit = resolution(cross)

    def kernel(M: np.ndarray, cross: np.ndarray) -> np.ndarray:
        s, U = eigh(symmetric(cross))
        floor = rounding(cross, unit) / KNOWN
        return np.where(s > floor[..., None], _quotients(M, U) / s, np.nan)

    return over_matrices(
        kernel,
        matrix,
        cross,
        name=name,
        label=RATES[name],
        degrees=(1, -1),
        basis=basis_of(cross),
    )


def _quotients(M: np.ndarray, U: np.ndarray) -> np.ndarray:  # (..., d, d), (..., d, d) -> (..., d)
    return np.asarray(np.einsum("...ij,...ij->...j", U, M @ U))
