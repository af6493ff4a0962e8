import numpy as np
import pytest
import xarray as xr
from strategies import learning_run

from analysis import follow_modes, summarise
from analysis.figures import COLORS, epoch_norm
from analysis.panels import alignment_figure, spectra_figure


@pytest.fixture(scope="module")
def run():
    return learning_run(d=6, snapshots=9, seed=0)


def test_every_chosen_mode_is_a_line_on_one_scale(run):
    m = summarise(run)
    other = m.assign(correlation_eigenvalue=100 * m["correlation_eigenvalue"])
    figure = spectra_figure({"euclidean": m, "cosine": other}, lines=3)
    left, right = figure.axes
    assert [ax.get_title() for ax in (left, right)] == ["euclidean", "cosine"]
    assert len(left.lines) == 3
    s = m["correlation_eigenvalue"]
    np.testing.assert_array_equal(left.lines[0].get_ydata(), s.sel(mode=1))
    floor = s.attrs["resolution"] * s.max("mode")
    np.testing.assert_array_equal(
        left.lines[2].get_ydata(), s.sel(mode=6).where(s.sel(mode=6) > floor)
    )
    assert left.get_ylim() == right.get_ylim()
    assert left.get_yscale() == "log"


def test_followed_modes_are_taken_too_and_accuracies_become_insets(run):
    accuracy = xr.DataArray([0.3, 0.5], {"epoch": ("step", [1.0, 2.0])}, ["step"])
    once = accuracy[:1]
    figure = spectra_figure(
        {"a": follow_modes(run), "b": summarise(run)}, accuracies={"a": accuracy, "b": once}
    )
    a, b = figure.axes[:2]
    (inset,) = a.child_axes
    assert inset.lines[0].get_ydata().tolist() == [30, 50]
    assert not b.child_axes


def test_five_runs_take_two_rows(run):
    m = summarise(run)
    figure = spectra_figure(dict.fromkeys("abcde", m))
    assert len(figure.axes) == 5
    assert [ax.get_xlabel() != "" for ax in figure.axes] == [False, False, True, True, True]


def test_alignment_shares_its_colours(run):
    m = summarise(run)
    figure = alignment_figure({"long": m, "short": m.isel(step=slice(0, 5))})
    long, short = figure.axes[:2]
    curves = [[line for line in ax.lines if len(line.get_xdata()) == 6] for ax in (long, short)]
    norm = epoch_norm(m)
    assert curves[0][-1].get_color() == COLORS(norm(float(m["epoch"][8])))
    assert curves[1][-1].get_color() == COLORS(norm(float(m["epoch"][4])))


def test_refusals(run):
    with pytest.raises(ValueError, match="one run or more is drawn"):
        spectra_figure({})
    with pytest.raises(ValueError, match="one run or more is drawn"):
        alignment_figure({})
    with pytest.raises(ValueError, match=r"correlation_eigenvalue \(step, mode\) is drawn"):
        spectra_figure({"a": summarise(run).isel(step=0)})
