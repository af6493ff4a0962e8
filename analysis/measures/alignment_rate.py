r"""How fast W_p and F come to commute: the K of Theorem 3 and its diagonal, read off data."""

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from analysis.checks.numbers import check_numbers
from analysis.linalg.basis import basis_of, check_basis
from analysis.linalg.kernels import eigh, symmetric
from analysis.linalg.labelled import over_matrices
from analysis.measures.flow_parameters import noise_ratio, quotients, target_scale
from analysis.store.schema import Variable

ALIGNMENT_RATES = {
    "alignment_rate": Variable("least alignment rate", symbol=r"$\lambda_{\min}(K)$"),
    "mode_alignment_rate": Variable("alignment rate of a mode", ("mode",), r"$\kappa_j$"),
}


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

    Examples
    --------
    >>> from analysis.registry.examples import C, W
    >>> print(alignment_rate(W, C, k=1.1, tau=1, alpha_p=1, eta=0.01, eta_p=0.01).values.round(4))
    0.1869
    """
    flow = {"k": k, "tau": tau, "alpha_p": alpha_p, "eta": eta, "eta_p": eta_p}
    for what, value in flow.items():
        check_numbers(what, value)

    def kernel(W: np.ndarray, F: np.ndarray) -> np.ndarray:
        A, S = symmetric(W), symmetric(F)
        K = k * (alpha_p * S / 2 + A @ A) - tau * A
        return eigh(K)[0][..., -1] + eta + eta_p / 2

    name = "alignment_rate"
    label = ALIGNMENT_RATES[name]
    return over_matrices(kernel, predictor, cross_correlation, name=name, label=label)


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
    >>> from analysis.registry.examples import C, F, T, W
    >>> found = mode_alignment_rate(
    ...     W, C, correlation=F, target_correlation=T, eta=0.01, eta_p=0.01
    ... )
    >>> print(found.values.round(4))
    [2.115 1.715]
    """
    flow = {"k": k, "tau": tau, "alpha_p": alpha_p, "eta": eta, "eta_p": eta_p}
    for what, value in flow.items():
        if not isinstance(value, xr.DataArray):
            checked(what, value, float)
    if correlation is not None:
        k = _instead(k, noise_ratio(correlation, cross_correlation), "k", "correlation")
    if target_correlation is not None:
        scale = target_scale(cross_correlation, target_correlation)
        tau = _instead(tau, scale, "tau", "target_correlation")
    s, p = (_in_cross(M, cross_correlation) for M in (cross_correlation, predictor))
    check_basis(p, *(x for x in (k, tau) if isinstance(x, xr.DataArray)))
    kappa = k * (alpha_p * s / 2 + p**2) - tau * p + eta + eta_p / 2
    out = kappa.rename("mode_alignment_rate")
    out.attrs = ALIGNMENT_RATES["mode_alignment_rate"].attrs | {"basis": p.attrs["basis"]}
    return out


def _instead(
    given: xr.DataArray | float, measured: xr.DataArray, name: str, matrix: str
) -> xr.DataArray:
    if isinstance(given, xr.DataArray) or given != 1.0:
        raise ValueError(
            f"{name} and {matrix} are both given, and {name} follows from it; give one"
        )
    return measured


def _in_cross(matrix: xr.DataArray, cross: xr.DataArray) -> xr.DataArray:
    return over_matrices(
        lambda M, C: quotients(M, eigh(symmetric(C))[1]),
        matrix,
        cross,
        name="quotient",
        label=Variable("Rayleigh quotient", ("mode",)),
        degrees=(1, 0),
        basis=basis_of(cross),
    )
