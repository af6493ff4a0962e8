import numpy as np
import pytest
import xarray as xr
from strategies import learning_run, run_of

from analysis import follow_modes, summarise
from analysis.figures.clocks import epoch_norm
from analysis.figures.isoloss import alignment_figure, spectra_caption, spectra_figure
from analysis.figures.style import SEQUENTIAL


@pytest.fixture(scope="module")
def run():
    return learning_run(d=6, snapshots=9, seed=0)


def panels(figure):
    return [ax for ax in figure.axes if ax.get_subplotspec() is not None and ax.get_title()]


def test_every_mode_is_a_line_on_one_scale(run):
    m = summarise(run)
    other = m.assign(correlation_eigenvalue=100 * m["correlation_eigenvalue"])
    left, right = panels(spectra_figure({"euclidean": m, "cosine": other}))
    assert [ax.get_title() for ax in (left, right)] == ["euclidean", "cosine"]
    s = m["correlation_eigenvalue"]
    floor = s.attrs["resolution"] * s.max("mode")
    drawn = np.array([line.get_ydata() for line in left.lines])
    np.testing.assert_array_equal(drawn, s.where(s > floor).transpose("mode", "step"))
    assert left.get_ylim() == right.get_ylim()
    assert left.get_yscale() == "log"
    assert left.get_ylabel() == "eigenvalue of the same-view\ncorrelation $s_j$"


@pytest.mark.parametrize("d", [30, 157, 256])
def test_a_spectrum_without_gaps_is_drawn_without_one(d):
    s = np.geomspace(1, 1e-3, d)
    run = run_of([np.eye(d)] * 2, [np.diag(s)] * 2, [0, 1])
    (ax,) = panels(spectra_figure({"even": summarise(run)}))
    steps = np.diff(np.log([line.get_ydata()[-1] for line in ax.lines]))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)
    assert len({tuple(line.get_color()) for line in ax.lines}) > 0.9 * min(d, 256)


def test_the_caption_says_whose_eigenvalues(run):
    m = summarise(run)
    cross = run["correlation"].assign_attrs(long_name="cross-view correlation")
    other = summarise(run.assign(correlation=cross))
    assert "of the same-view correlation, a line a mode" in spectra_caption({"a": m})
    both = spectra_caption({"a": m, "b": other})
    assert "of the cross-view correlation or of the same-view correlation" in both


def test_a_run_that_diverged_says_so(run):
    figure = spectra_figure({"a": summarise(run.assign_attrs(diverged_at=3))})
    assert panels(figure)[0].get_title() == "a\ndiverged at step 3"


def test_followed_modes_are_taken_too_and_accuracies_become_insets(run):
    accuracy = xr.DataArray([0.3, 0.5], {"epoch": ("step", [1.0, 2.0])}, ["step"])
    once = accuracy[:1]
    figure = spectra_figure(
        {"a": follow_modes(run), "b": summarise(run)}, accuracies={"a": accuracy, "b": once}
    )
    a, b = panels(figure)
    (inset,) = a.child_axes
    assert inset.lines[0].get_ydata().tolist() == [30, 50]
    assert not b.child_axes


def test_five_runs_take_two_rows(run):
    m = summarise(run)
    axes = panels(spectra_figure(dict.fromkeys("abcde", m)))
    assert [ax.get_xlabel() != "" for ax in axes] == [False, False, True, True, True]


def test_alignment_shares_its_colours(run):
    m = summarise(run)
    figure = alignment_figure({"long": m, "short": m.isel(step=slice(0, 5))})
    long, short = figure.axes[:2]
    curves = [[line for line in ax.lines if len(line.get_xdata()) == 6] for ax in (long, short)]
    norm = epoch_norm(m)
    assert curves[0][-1].get_color() == SEQUENTIAL(norm(float(m["epoch"][8])))
    assert curves[1][-1].get_color() == SEQUENTIAL(norm(float(m["epoch"][4])))


def test_refusals(run):
    with pytest.raises(ValueError, match="one run or more is drawn"):
        spectra_figure({})
    with pytest.raises(ValueError, match="one run or more is drawn"):
        alignment_figure({})
    with pytest.raises(ValueError, match=r"correlation_eigenvalue \(step, mode\) is drawn"):
        spectra_figure({"a": summarise(run).isel(step=0)})
