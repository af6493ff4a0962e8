"""The norm of a layer and its three descriptions, as lines."""

import numpy as np
import pytest
from descents import descend

from analysis import scale_law
from analysis.figures import plot_scale_excess, plot_scale_law, scale_law_figure
from analysis.figures.scale_law import scale_law_caption


@pytest.fixture(scope="module")
def law():
    return scale_law(descend(np.random.default_rng(0), decay=0.01))


def lines(ax):
    return {line.get_label(): line.get_ydata() for line in ax.lines}


def test_every_description_is_a_line_and_the_exact_one_lies_on_what_is_measured(law):
    ax = plot_scale_law(law)
    drawn = lines(ax)
    assert [*drawn] == [
        "measured",
        "recursion of SGD, exact",
        "gradients uncorrelated",
        "gradient flow",
    ]
    np.testing.assert_allclose(drawn["recursion of SGD, exact"], drawn["measured"], rtol=1e-10)
    assert (np.diff(drawn["gradient flow"]) < 0).all()
    assert drawn["measured"][-1] > 1.1 * drawn["gradient flow"][-1]
    assert ax.get_yscale() == "log"


def test_what_is_off_is_excess_and_left_over_without_their_signs(law):
    drawn = lines(plot_scale_excess(law))
    np.testing.assert_allclose(drawn["gradient flow"][1:], abs(law["excess"][1:]), rtol=1e-9)
    assert np.isnan(drawn["gradient flow"][0])  # 0 has no place on a logarithmic axis
    assert np.nanmax(drawn["recursion of SGD, exact"]) < 1e-10


def test_a_figure_has_a_row_a_layer_and_a_caption_with_its_numbers(law):
    second = law.assign_attrs(layer="head")
    second["squared_norm"].attrs["symbol"] = "$W_L$"
    figure = scale_law_figure([law, second])
    assert len(figure.axes) == 4
    assert "W_L" in figure.axes[2].get_ylabel()
    said = scale_law_caption([law, second])
    assert f"W_p ends at {float(law['excess'][-1]) + 1:.3g} times gradient flow" in said
    assert "; W_L ends at" in said


def test_what_is_no_scale_law_is_refused(law):
    with pytest.raises(ValueError, match="what `scale_law` returns is wanted"):
        plot_scale_law(law.sel(source=["measured"]))
    with pytest.raises(ValueError, match="no variable 'squared_norm'"):
        plot_scale_excess(law.drop_vars("squared_norm"))
    with pytest.raises(ValueError, match="one scale law or more"):
        scale_law_figure([])
