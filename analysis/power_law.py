"""The law between p_j and s_j: a line through logarithms, with its confidence."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import stats


@dataclass(frozen=True)
class PowerLaw:
    """The fit of log p = exponent * log s + log factor over modes."""

    exponent: float
    """1/2 where p² is proportional to s, as the balance of Theorem 1 has it."""
    low: float
    """Lower end of the interval of confidence of the exponent."""
    high: float
    factor: float
    r2: float
    """Share of the variance of log p that it explains."""
    modes: int
    """How many were clear enough to be in it."""


def fit_power_law(
    p: xr.DataArray,
    s: xr.DataArray,
    *,
    residual: xr.DataArray | None = None,
    floor: float = 0.0,
    confidence: float = 0.95,
) -> PowerLaw:
    r"""Fit :math:`p = b\, s^a` over the modes of one snapshot, by least squares of logarithms.

    Of the balance, :math:`p^2 = \alpha_p (\eta/\eta_p) s`, a = 1/2: with one shared weight decay
    of the optimiser, p² = s.

    Parameters
    ----------
    p, s, residual : DataArray (mode)
        Of `rayleigh_quotient`, `eigenvalues` and `rayleigh_residual`.
    floor : float
        Modes of s at or below are noise and left out; so are those of p not above its residual.
    confidence : float
        Of the interval of the exponent, from Student's t, modes taken as independent.

    Returns
    -------
    PowerLaw

    Raises
    ------
    ValueError
        Fewer than three modes are left; or the confidence is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; a share in (0, 1) wanted")
    y, x = np.asarray(p.values, dtype=float), np.asarray(s.values, dtype=float)
    limit = 0.0 if residual is None else np.asarray(residual.values)
    clear = (y > limit) & (y > 0) & (x > floor) & (x > 0)
    n = int(clear.sum())
    if n < 3:
        raise ValueError(f"{n} modes have p above the residual and s above {floor:g}; 3 wanted")
    if np.ptp(np.log(x[clear])) == 0:
        raise ValueError("all modes have one s; a slope needs two or more")
    fit = stats.linregress(np.log(x[clear]), np.log(y[clear]))
    half = stats.t.ppf((1 + confidence) / 2, n - 2) * fit.stderr
    return PowerLaw(
        exponent=float(fit.slope),
        low=float(fit.slope - half),
        high=float(fit.slope + half),
        factor=float(np.exp(fit.intercept)),
        r2=float(fit.rvalue**2),
        modes=n,
    )
