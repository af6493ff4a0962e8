"""What the examples of measures are of, so small that they can be worked out by hand.

They stand in the functions' docstrings: W_p = ((1, 1), (0, 1)), whose second mode is sheared into
the first; F = diag(2, 1) of one view, C = diag(1, 0.5) across views, T = diag(0.9, 0.4) against the
target; a spectrum s = (3, 1).
"""

import xarray as xr

from analysis.store.schema import MATRIX

W = xr.DataArray([[1.0, 1.0], [0.0, 1.0]], dims=MATRIX, name="predictor")
F = xr.DataArray([[2.0, 0.0], [0.0, 1.0]], dims=MATRIX, name="correlation")
C = xr.DataArray([[1.0, 0.0], [0.0, 0.5]], dims=MATRIX, name="cross_correlation")
T = xr.DataArray([[0.9, 0.0], [0.0, 0.4]], dims=MATRIX, name="target_correlation")
s = xr.DataArray([3.0, 1.0], dims="mode", name="eigenvalue")
