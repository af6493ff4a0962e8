import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from analysis import bootstrap_alignment, bootstrap_eigenvalues, largest_share
from analysis.figures.uncertainty import plot_bootstrap, plot_noise


def spectrum(*values):
    return xr.DataArray(list(values), {"mode": np.arange(1, len(values) + 1)}, ["mode"], "s")


def axes():
    return Figure().subplots()


def test_a_band_of_two_standard_errors_and_the_level_of_noise():
    ax = plot_noise(spectrum(9.0, *[1.0] * 20), 800, ax=axes())
    corners = ax.collections[0].get_paths()[0].vertices
    at_one = corners[corners[:, 0] == 1, 1]
    assert (at_one.min(), at_one.max()) == (pytest.approx(9 * 0.9), pytest.approx(9 * 1.1))
    level = ax.lines[1].get_ydata()[0]
    assert level == pytest.approx(20 * largest_share(20, 798))  # of the 20 that are not above
    assert ax.get_title(loc="right") == "1 modes above the noise"
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["two standard errors", "level of noise, 1 %"]
    rarer = plot_noise(spectrum(9.0, *[1.0] * 20), 800, error_rate=1e-3, ax=axes())
    assert rarer.lines[1].get_ydata()[0] > level
    assert rarer.lines[1].get_label() == "level of noise, 0.1 %"
    assert ax.get_yscale() == "log"


def test_bootstraps_are_drawn_by_what_they_hold():
    Z = np.random.default_rng(0).standard_normal((60, 3)) * [3, 2, 1]
    values = bootstrap_eigenvalues(Z)
    ax = plot_bootstrap(values, ax=axes())
    ends = np.array([segment[:, 1] for segment in ax.collections[0].get_segments()])
    np.testing.assert_allclose(ends, np.stack([values["low"], values["high"]], axis=1))
    assert ax.get_yscale() == "log"
    cosines = plot_bootstrap(bootstrap_alignment(np.eye(3), Z), ax=axes())
    assert cosines.get_ylim() == (-1.05, 1.05)


def test_refusals():
    with pytest.raises(ValueError, match=r"plot_noise draws \(mode\)"):
        plot_noise(spectrum(1.0, 2.0).expand_dims("step"), 10)
    with pytest.raises(ValueError, match="1 rows for 2 dimensions"):
        plot_noise(spectrum(2.0, 1.0), 1)
    with pytest.raises(ValueError, match="what a bootstrap returns"):
        plot_bootstrap(xr.Dataset({"alignment": spectrum(1.0)}))
