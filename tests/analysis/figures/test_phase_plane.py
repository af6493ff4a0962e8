"""The (p, s) plane as a picture: what runs over decades is seen, and all that is drawn is named."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from analysis.figures.phase_plane import P, S, phase_figure, plot_phase, plot_trajectories
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.theorems.phase_plane import phase_portrait

FLOW = EigenmodeFlow(eta=0.05)


def axes():
    return Figure().subplots()


@pytest.mark.parametrize("linear_below", [None, 0.01])
def test_streams_follow_the_flow_on_either_axis_of_s(linear_below):
    portrait = phase_portrait(FLOW, s=(0.0, 10.0), points=41, linear_below=linear_below)
    ax = plot_phase(portrait, axes())
    assert ax.get_yscale() == ("linear" if linear_below is None else "asinh")
    streams = next(c for c in ax.collections if isinstance(c, LineCollection))
    to_data = streams.get_transform() - ax.transData
    lines = [to_data.transform(line) for line in streams.get_segments()]
    step = np.concatenate([np.diff(line, axis=0) for line in lines])
    at = np.concatenate([(line[1:] + line[:-1]) / 2 for line in lines])
    moved = step.any(axis=1)
    step, at = step[moved], at[moved]
    dp, ds = FLOW(0.0, *at.T)
    # Both in parts of what the axis covers there, or a long step up would hide all else.
    unit = 10.0 if linear_below is None else np.hypot(at[:, 1], linear_below)
    u, v = np.stack([step[:, 0], step[:, 1] / unit]), np.stack([dp, ds / unit])
    cosine = (u * v).sum(0) / np.linalg.norm(u, axis=0) / np.linalg.norm(v, axis=0)
    assert np.quantile(cosine, 0.1) > 0.97


def test_an_axis_over_decades_shows_small_s_as_large():
    s = phase_portrait(FLOW, s=(0.0, 1000.0), points=41, linear_below=0.1)[S].values
    assert s[0] == 0
    assert s[-1] == pytest.approx(1000)
    assert 15 < (s < 10).sum() < 25
    with pytest.raises(ValueError, match="linear_below is 0"):
        phase_portrait(FLOW, linear_below=0.0)


def measured(d):
    values = xr.DataArray(np.ones((3, d)), dims=("step", "mode"))
    return xr.Dataset({P: values, S: values})


def test_of_many_modes_the_first_are_lines_and_all_have_an_end():
    few, many = (plot_trajectories(m[P], m[S], axes()) for m in (measured(3), measured(40)))
    assert len(few.lines) == 3 + 1
    assert len(many.lines) == 12 + 1
    assert len(many.lines[-1].get_xdata()) == 40
    names = [ax.get_legend_handles_labels()[1] for ax in (few, many)]
    lines = ("measured", "modes 1 to 12 of 40, measured")
    assert names == [[line, "end of a mode, measured"] for line in lines]


@pytest.mark.parametrize(
    ("flows", "modes"),
    [([FLOW], 0), ([FLOW], 40), ([EigenmodeFlow(), FLOW], 0)],
)
def test_nothing_runs_off_the_figure(flows, modes):
    portraits = [phase_portrait(flow, points=11) for flow in flows]
    figure = phase_figure(portraits, measured(modes) if modes else None)
    figure.draw_without_rendering()
    page = figure.bbox
    texts = [*figure.axes[0].get_yticklabels(), figure.axes[0].yaxis.label]
    for artist in [*texts, *figure.legends]:
        box = artist.get_window_extent()
        assert page.x0 <= box.x0 <= box.x1 <= page.x1
        assert page.y0 <= box.y0 <= box.y1 <= page.y1


def test_lines_at_rest_are_named_by_their_stability_and_told_apart_without_colour():
    ax = plot_phase(phase_portrait(EigenmodeFlow(), points=11), axes())
    styles = {line.get_label(): line.get_linestyle() for line in ax.lines}
    assert styles["at rest, stable"] != styles["at rest, unstable"]
