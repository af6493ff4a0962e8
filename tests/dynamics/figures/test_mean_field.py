"""The error of the mean field: its size, its order, and its picture."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.theory import plot_mean_field
from dynamics.figures.mean_field import mean_field_errors


@pytest.fixture(scope="module")
def errors():
    return mean_field_errors((4, 16, 32, 64), pairs=10_000)[0]


def test_errors_are_those_of_theory_at_its_dimensions(errors):
    # .07 and .08 at 29 effective dimensions, .03 and .03 at 54, of single sets of pairs.
    even = errors.sel(start="even")
    assert even["effective_dimensions"].values == pytest.approx([3.59, 14.3, 29.4, 58.8], rel=1e-2)
    np.testing.assert_allclose(even["error"].sel(dimension=32), [0.07, 0.08], atol=0.015)
    np.testing.assert_allclose(even["error"].sel(dimension=64), [0.03, 0.03], atol=0.02)


def test_the_error_is_of_the_order_of_one_over_effective_dimensions(errors):
    even = errors.sel(start="even").isel(dimension=slice(1, None))
    x = np.log(even["effective_dimensions"])
    slopes = [np.polyfit(x, np.log(even["error"].sel(variable=v)), 1)[0] for v in "ps"]
    assert slopes == pytest.approx([-1, -1], abs=0.2)
    # Not of their number: 64 decaying modes have 14 effective ones.
    decaying = errors.sel(start="decaying")
    assert decaying["effective_dimensions"][-1] == pytest.approx(13.8, rel=1e-2)
    assert decaying["error"].sel(dimension=64).min() > 1.4 * even["error"].sel(dimension=64).max()
    product = errors["error"] * errors["effective_dimensions"]
    assert 0.8 < product.min() < product.max() < 3.2


def test_where_sampling_is_all_there_is_the_error_is_not_made_up():
    few, many = (mean_field_errors((8,), pairs=pairs)[0]["error"] for pairs in (500, 20_000))
    np.testing.assert_allclose(few, many, rtol=0.25)  # without bias; one set of 500 has .3 alone
    with pytest.raises(ValueError, match="draws is 1"):
        mean_field_errors((8,), draws=1)
    with pytest.raises(ValueError, match="dimensions is 1"):
        mean_field_errors((1,))


def test_lines_are_the_errors_over_effective_dimensions(errors):
    ax = plot_mean_field(errors, Figure().subplots())
    lines = {line.get_label(): line for line in ax.lines}
    assert len(lines) == 5
    line = lines[r"$\dot s$, decaying $s$"]
    one = errors.sel(start="decaying")
    np.testing.assert_array_equal(line.get_xdata(), one["effective_dimensions"])
    np.testing.assert_array_equal(line.get_ydata(), one["error"].sel(variable="s"))
    x, y = lines["2 over dimensions"].get_data()
    np.testing.assert_allclose(np.multiply(x, y), 2)
    assert ax.get_xscale() == ax.get_yscale() == "log"
