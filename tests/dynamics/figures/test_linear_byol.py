"""What a vector field says of itself is true of its flow: where it stands still, and how."""

import numpy as np
import pytest

from analysis.figures.theory import plot_field
from analysis.figures.theory_figures import field_figure
from dynamics.figures.linear_byol import scalar_fields
from dynamics.flows.singular_values import ScalarFlow

FLOW = ScalarFlow()
PARTS = {  # of (w, w_p, w_a), what moves across and up
    "target held, $w_a = 1$": lambda x, y: FLOW(0.0, x, y, np.ones_like(x))[:2],
    "tied, $w_p = w$": lambda x, y: FLOW(0.0, x, x, y)[::2],
    "no predictor, $w_p = 1$": lambda x, y: FLOW(0.0, x, np.ones_like(x), y)[::2],
}


@pytest.mark.parametrize("field", scalar_fields(), ids=lambda field: field.attrs["title"])
def test_the_lines_and_points_of_a_field_are_those_of_its_flow(field):
    flow = PARTS[field.attrs["title"]]
    grid = np.meshgrid(field["x"], field["y"])
    np.testing.assert_array_equal([field["across"], field["up"]], flow(*grid))
    for still, x, y in zip(field["still"].values, field["still_x"], field["still_y"], strict=True):
        across, up = (np.nan_to_num(part) for part in flow(x.values, y.values))
        if still in ("across", "both"):
            np.testing.assert_allclose(across, 0, atol=1e-12)
        if still in ("up", "both"):
            np.testing.assert_allclose(up, 0, atol=1e-12)
    rest = (field[f"rest_{name}"].values for name in ("x", "y", "stability"))
    for x, y, stability in zip(*rest, strict=True):
        at, h = np.array([x, y]), 1e-6
        columns = [
            np.subtract(flow(*(at + step)), flow(*(at - step))) / (2 * h) for step in h * np.eye(2)
        ]
        largest = np.linalg.eigvals(np.array(columns).T).real.max()
        found = "neutral" if abs(largest) < 1e-5 else "saddle" if largest > 0 else "stable"
        assert (found, *flow(*at)) == (stability, 0, 0)


def test_a_field_is_drawn_by_what_it_carries_and_not_by_its_place():
    held, tied, free = scalar_fields()
    figure = field_figure([free, held])
    assert [ax.get_title() for ax in figure.axes] == [free.attrs["title"], held.attrs["title"]]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [
        *(r"$\dot w = 0$", r"$\dot w_a = 0$", "stable point"),
        *("line of rest points", "saddle point"),
    ]
    ax = plot_field(tied, figure.axes[0])
    marks = {line.get_label(): line.get_marker() for line in ax.lines}
    assert len({marks["stable point"], marks["neutral point"], "s"}) == 3
