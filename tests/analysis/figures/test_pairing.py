"""The pairs of a run and the law between them, as a picture."""

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures.pairing import plot_pairing
from analysis.figures.style import STYLE
from analysis.measures.power_law import fit_power_law


@pytest.mark.parametrize("exponent", [-1.0, 0.1, 0.5])
def test_the_legend_of_a_law_covers_no_point(exponent):
    s = np.geomspace(10.0, 1e-3, 40)
    s, p = (xr.DataArray(values, dims="mode") for values in (s, 0.3 * s**exponent))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3, 2.3), layout="constrained")
        ax = plot_pairing(p, s, fit=fit_power_law(p, s), ax=figure.subplots())
        figure.draw_without_rendering()
    box = ax.get_legend().get_window_extent()
    points = ax.transData.transform(np.stack([s, p], axis=1))
    assert not box.count_contains(points)
