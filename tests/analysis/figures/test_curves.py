import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from strategies import collapsed_run, learning_run, run_of

from analysis import complex_eigenvalues, summarise
from analysis.figures.curves import (
    epoch_colorbar,
    plot_alignment,
    plot_asymmetry,
    plot_commutator,
    plot_spectrum,
)
from analysis.figures.run_overview import comparison, overview, overview_caption
from analysis.figures.save import save_figure
from analysis.figures.style import STYLE

RUNS = {
    "learning": learning_run(d=16, snapshots=50),
    "collapsed": collapsed_run(d=16),
    "two snapshots": learning_run(d=16, snapshots=2),
    "one snapshot": learning_run(d=16).isel(step=[0]),
    "zero": run_of(np.zeros((3, 4, 4)), np.zeros((3, 4, 4)), [0, 1, 2]),
    "no predictor": run_of(np.full((2, 3, 3), np.nan), [np.diag([3, 2, 1])] * 2, [0, 5]),
    "symmetric from the start": run_of([np.eye(3)] * 2, [np.diag([3, 2, 1])] * 2, [0, 5]),
}


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.fixture(scope="module")
def m():
    return summarise(RUNS["learning"])


def curves(ax):
    """Lines in data coordinates that are no reference lines."""
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def assert_nothing_clipped(ax):
    (left, right), (low, high) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    for line in ax.lines:
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        if line.get_transform() != ax.transData:  # a level: its x counts in parts of the axes
            x = np.full(y.shape, left)
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        if y.size:
            assert left <= x.min() <= x.max() <= right
            assert low <= y.min() <= y.max() <= high


def test_spectrum_has_a_curve_an_epoch_from_the_first_to_the_last(m, ax):
    assert plot_spectrum(m.correlation_eigenvalue, ax=ax) is ax
    assert 6 <= len(curves(ax)) <= 12
    first, last = curves(ax)[0], curves(ax)[-1]
    np.testing.assert_array_equal(first.get_xdata(), np.arange(1, 17))
    np.testing.assert_allclose(first.get_ydata(), m.correlation_eigenvalue[0])
    shown = np.isfinite(last.get_ydata())
    np.testing.assert_allclose(last.get_ydata()[shown], m.correlation_eigenvalue[-1][shown])
    assert first.get_color() != last.get_color()
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel() == "mode, sorted by eigenvalue,\nof the same-view correlation"
    assert ax.get_ylabel() == "eigenvalue of the same-view\ncorrelation $s_j$"


def test_a_logarithmic_axis_says_what_it_cannot_show(ax):
    values = summarise(RUNS["collapsed"]).correlation_eigenvalue
    plot_spectrum(values.isel(step=[0, -1]), ax=ax)
    assert ax.get_title(loc="right") == "modes not drawn: 0 to 15 at 0"
    only = curves(ax)[-1]
    assert np.isfinite(only.get_ydata()).sum() == 1
    assert only.get_marker() == "o"
    np.testing.assert_allclose(ax.get_xlim(), (1, 16), atol=0.95)


def test_what_is_below_zero_is_not_called_zero(ax):
    values = summarise(run_of([np.eye(4)], [np.diag([3, 2, 0, -1])], [0])).correlation_eigenvalue
    plot_spectrum(values, ax=ax)
    assert ax.get_title(loc="right") == "modes not drawn: 1 at 0, 1 below 0"


def test_nothing_is_left_out_on_a_linear_axis(m, ax):
    plot_spectrum(m.predictor_eigenvalue, ax=ax, log=False)
    assert ax.get_title(loc="right") == ""
    assert min(line.get_ydata().min() for line in curves(ax)) < 0
    assert_nothing_clipped(ax)


def test_the_user_chooses_snapshots_or_a_single_one(m, ax):
    plot_spectrum(m.correlation_eigenvalue.isel(step=slice(0, 3)), ax=ax, curves=50)
    assert len(curves(ax)) == 3
    plot_spectrum(m.correlation_eigenvalue.isel(step=5), ax=ax)
    assert len(curves(ax)) == 4


def test_alignment_shows_its_null_level_and_the_whole_range_of_a_cosine(m, ax):
    plot_alignment(m, ax=ax)
    (null,) = [line for line in ax.lines if line.get_label() == "null, last snapshot"]
    assert ax.get_title(loc="right") == "dashed: null, last snapshot"
    assert not ax.texts  # which would lie over the curves
    np.testing.assert_allclose(null.get_ydata(), m.alignment_null[-1])
    assert null.get_linestyle() == "--"
    assert ax.get_ylim() == (-1.05, 1.05)
    ticks = [line for line in ax.lines if len(line.get_xdata()) == 2 and line is not null]
    assert len(ticks) == len(curves(ax))
    assert ticks[0].get_color() == curves(ax)[0].get_color()
    np.testing.assert_allclose(ticks[0].get_ydata(), m.alignment_null[0])


def test_asymmetry_is_drawn_against_true_epochs_from_zero(m, ax):
    plot_asymmetry(m, ax=ax)
    line = ax.lines[0]
    np.testing.assert_allclose(line.get_xdata(), m.epoch)
    np.testing.assert_allclose(line.get_ydata(), m.asymmetry)
    assert line.get_xdata()[0] == 0
    assert (ax.get_xlim()[0], ax.get_ylim()[0]) == (0, 0)
    null = ax.lines[1]
    np.testing.assert_allclose(null.get_ydata(), np.sqrt(2 * (1 - 1 / 16)))
    assert null.get_linestyle() == ":"
    assert ax.get_xlabel() == "epoch"
    assert ax.get_ylabel().startswith("asymmetry\n")


def test_the_null_level_stays_in_view_when_the_asymmetry_is_zero(ax):
    plot_asymmetry(summarise(RUNS["symmetric from the start"]), ax=ax)
    assert_nothing_clipped(ax)
    assert [text.get_text() for text in ax.texts] == ["0 at every snapshot"]


def test_an_asymmetry_of_rounding_is_said_and_a_real_one_is_not(m, ax):
    small = m.assign(asymmetry=m.asymmetry * 0 + [3e-8] * m.sizes["step"])
    plot_asymmetry(small, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["at most 3e-08 at every snapshot"]
    caption = overview_caption(small)
    assert "(d) asymmetry of W_p, at most 3e-08 at every snapshot, dotted" in caption
    assert "(d) asymmetry of W_p, dotted" in overview_caption(m)


def test_a_rule_that_sets_w_p_after_the_first_snapshot_says_since_when(m, ax):
    set_later = m.assign(asymmetry=m.asymmetry.where(m.step < m.step[2], 0.0))
    plot_asymmetry(set_later, ax=ax)
    assert [text.get_text() for text in ax.texts] == [f"0 from step {int(m.step[2])} on"]


def test_a_clock_that_stands_still_is_none(m, ax):
    still = m.assign_coords(epoch=("step", np.zeros(m.sizes["step"])))
    plot_asymmetry(still, ax=ax)
    assert ax.get_xlabel() == "gradient-flow time $t$"
    both = comparison([m, still])  # and one axis does not mix epochs with times
    np.testing.assert_array_equal(both.axes[3].lines[0].get_xdata(), m.time)
    np.testing.assert_array_equal(both.axes[7].lines[0].get_xdata(), m.time)


def test_a_run_that_diverged_says_so_in_its_title(m):
    title = overview(m.assign_attrs(diverged_at=7)).get_suptitle()
    assert title.endswith(", seed 0, diverged at step 7")


def test_a_point_between_gaps_is_seen(m, ax):
    values = m.asymmetry.where((m.step == m.step[20]) | (m.step > m.step[25]))
    plot_asymmetry(m.assign(asymmetry=values), ax=ax)
    assert ax.lines[0].get_markevery() == [20]
    assert ax.lines[0].get_marker() == "o"


def test_commutator_is_drawn_over_its_null_on_any_clock(m, ax):
    plot_commutator(m, x="time", ax=ax)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), m.time)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), m.commutator_null)
    assert ax.get_xlabel() == "gradient-flow time $t$"
    assert_nothing_clipped(ax)


def test_a_run_of_theory_is_coloured_by_time(m, ax):
    theory = m.drop_vars("epoch")
    plot_spectrum(theory.correlation_eigenvalue, ax=ax)
    bar = epoch_colorbar(ax.figure, theory, [ax])
    assert bar.ax.get_ylabel() == "gradient-flow time $t$"
    np.testing.assert_allclose(bar.norm.vmax, m.time.max())


def test_drawing_goes_to_the_current_axes_by_default(m, ax):
    plt.sca(ax)
    assert plot_asymmetry(m) is ax


@pytest.mark.parametrize("name", RUNS)
def test_overview_of_any_run(name):
    figure = overview(RUNS[name])
    axes = figure.axes
    assert len(axes) == 5  # four panels, one colour bar
    state = ", not finite since step 0" if name == "no predictor" else ""
    assert figure.get_suptitle() == f"{RUNS[name].attrs['method']}, synthetic, seed 0{state}"
    for ax in axes[:4]:
        assert_nothing_clipped(ax)
    figure.draw_without_rendering()  # warnings are errors: the layout must fit


def test_overview_takes_a_summary_and_leaves_pyplot_alone(m):
    before = plt.get_fignums()
    overview(m)
    assert plt.get_fignums() == before


def test_comparison_shares_a_scale_per_column_that_clips_nobody():
    runs = {"BYOL": RUNS["learning"], "SimSiam": RUNS["collapsed"], "two": learning_run(d=8)}
    figure = comparison(runs)
    figure.canvas.draw()
    panels = np.array(figure.axes[:12]).reshape(3, 4)
    for column in panels.T:
        assert len({ax.get_ylim() for ax in column}) == 1
        assert len({ax.get_xlim() for ax in column}) == 1
    for ax in panels.flat:
        assert_nothing_clipped(ax)
    labels = [ax.texts[-1].get_text() for ax in panels[:, 0]]
    assert labels == list(runs)
    free = comparison(list(runs.values()), share=False)
    assert free.axes[1].get_ylim() != free.axes[5].get_ylim()


def test_a_figure_that_cannot_be_written_leaves_nothing_behind(m, tmp_path, monkeypatch):
    monkeypatch.setitem(STYLE, "savefig.dpi", 40)
    figure = overview(m)
    assert save_figure(figure, tmp_path / "v0.5") == tmp_path / "v0.5.png"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["v0.5.pdf", "v0.5.png"]
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def full(path, **kwargs):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(OSError, match="No space left"):
        save_figure(figure, tmp_path / "v0.5.png")
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_figures_refuse_what_they_cannot_draw(m, ax):
    both = xr.concat([m, m], "seed")
    with pytest.raises(ValueError, match=r"plot_spectrum draws \(step, mode\); .*\['seed'\] first"):
        plot_spectrum(both.correlation_eigenvalue, ax=ax)
    with pytest.raises(ValueError, match=r"plot_asymmetry draws \(step\); .*\['seed'\] first"):
        plot_asymmetry(both, ax=ax)
    with pytest.raises(ValueError, match="plot_spectrum draws against 'mode'"):
        plot_spectrum(m.asymmetry, ax=ax)
    with pytest.raises(ValueError, match="no variable 'alignment'"):
        plot_alignment(m[["asymmetry"]], ax=ax)
    with pytest.raises(ValueError, match="no coordinate 'hour'"):
        plot_asymmetry(m, x="hour", ax=ax)
    with pytest.raises(ValueError, match="draws real numbers"):
        plot_spectrum(complex_eigenvalues(RUNS["learning"].predictor), ax=ax)
    with pytest.raises(ValueError, match="one run or more; got none"):
        comparison([])


def test_names_of_rows_stand_beside_the_label_of_the_axis_and_not_on_it():
    run = learning_run()
    named = run.assign(correlation=run["correlation"].assign_attrs(views="same"))
    figure = comparison({"first": named, "second": named})
    figure.draw_without_rendering()
    for ax in figure.axes[:8:4]:
        (name,) = [text for text in ax.texts if text.get_fontweight() == "bold"]
        label = ax.yaxis.label
        assert "\n" in label.get_text()
        assert not name.get_window_extent().overlaps(label.get_window_extent())
        assert name.get_window_extent().x0 >= 0
