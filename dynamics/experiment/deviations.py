"""How far a run is from what the flows of modes take for granted, in numbers."""

import xarray as xr

from analysis.measures.effective_rank import participation_ratio
from analysis.measures.off_diagonal import off_diagonal_energy
from analysis.measures.spectrum import eigenvalues
from analysis.measures.symmetry import asymmetry, symmetric_part

FREE = 0.05  # what is not spoken of: a flow is off by as much anyway
MANY = 50  # dimensions, from which on a mean field is right within some percent


def deviations(run: xr.Dataset, *, mean_field: bool) -> list[str]:
    """Return what a run has that modes have not, in a few words and two numbers each.

    The numbers are of the first and of the last snapshot given.

    Parameters
    ----------
    run : Dataset (step, row, col)
        With `predictor` and `cross_correlation`.
    mean_field : bool
        The flow replaces norms by their means: it wants many effective dimensions, the
        participation ratio of F.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import from_arrays
    >>> W = np.array([[1.0, 0.5], [0.0, 1.0]])
    >>> deviations(from_arrays(predictor=[W, W.T @ W], cross_correlation=[np.eye(2)] * 2),
    ...            mean_field=True)
    ['W_p asymmetric (0.47, then 0.00)', 'few effective dimensions (2.0, then 2.0)']
    """
    ends = run[["predictor", "cross_correlation"]].isel(step=[0, -1])
    W, F = ends["predictor"], symmetric_part(ends["cross_correlation"])
    off = {"W_p asymmetric": asymmetry(W), "W_p misaligned with F": off_diagonal_energy(W, F)}
    words = [_said(name, values, 2) for name, values in off.items() if (values > FREE).any()]
    # Across views an estimate of F may have negative eigenvalues: that many are no dimension.
    dimensions = participation_ratio(eigenvalues(F).clip(min=0))
    if mean_field and (dimensions < MANY).any():
        words.append(_said("few effective dimensions", dimensions, 1))
    return words


def _said(name: str, values: xr.DataArray, digits: int) -> str:
    first, last = (f"{float(value):.{digits}f}" for value in values)
    return f"{name} ({first}, then {last})"
