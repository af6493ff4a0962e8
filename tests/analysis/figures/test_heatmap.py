import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.colors import LogNorm, Normalize
from strategies import collapsed_run, learning_run, run_of

from analysis import PowerLaw, collapse_course, follow_modes, summarise
from analysis.figures.heatmap import plot_map
from analysis.figures.over_training import plot_band, plot_modes, plot_ranks, plot_verdicts
from analysis.figures.pairing import plot_pairing
from analysis.figures.style import SEVERITY


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    figure.draw_without_rendering()  # warnings are errors
    plt.close(figure)


@pytest.fixture(scope="module")
def m():
    return follow_modes(learning_run(d=6, snapshots=9))


def mesh(ax):
    return next(c for c in ax.collections if isinstance(c, QuadMesh))


def modes(values, **attrs):
    values = np.asarray(values, float)
    coords = {"mode": np.arange(1, len(values) + 1)}
    return xr.DataArray(values, coords, attrs=attrs, dims="mode", name="v")


def test_a_map_shows_every_mode_at_its_epoch_mode_one_on_top(m, ax):
    assert plot_map(m.alignment, ax=ax, scale="signed", norm=Normalize(-1, 1)) is ax
    shown = mesh(ax)
    np.testing.assert_allclose(shown.get_array(), m.alignment.T)
    corners = shown.get_coordinates()
    epoch = m.epoch.values
    np.testing.assert_allclose(corners[0, 1:-1, 0], (epoch[1:] + epoch[:-1]) / 2)
    np.testing.assert_allclose(corners[:, 0, 1], np.arange(7) + 0.5)
    low, high = ax.get_ylim()
    assert low > high
    assert (shown.norm.vmin, shown.norm.vmax) == (-1, 1)
    assert ax.get_xlabel() == "epoch"
    assert ax.get_ylabel() == "mode, followed to the end,\nof the same-view correlation"
    assert ax.figure.axes[1].get_ylabel() == "alignment $a_j$"


def test_of_many_snapshots_no_more_are_drawn_than_a_page_has_dots(ax):
    n = 20_000
    epoch = np.sqrt(np.arange(n))  # ever denser: even places in epoch, not in snapshots
    values = np.arange(2.0 * n).reshape(n, 2)
    coords = {"epoch": ("step", epoch), "mode": [1, 2]}
    plot_map(xr.DataArray(values, coords, ("step", "mode"), name="v"), ax=ax)
    first = mesh(ax).get_array()[0] / 2  # the snapshot's number
    assert 1300 < len(first) <= 1500
    assert (first[0], first[-1]) == (0, n - 1)
    later = np.sqrt(first[first > 100**2])
    np.testing.assert_allclose(np.diff(later), epoch[-1] / 1500, atol=0.01)


def test_on_a_logarithmic_map_what_is_zero_up_to_rounding_is_absent(ax):
    m = summarise(collapsed_run(d=4, snapshots=6))
    plot_map(m.correlation_eigenvalue, ax=ax, scale="log", x="time")
    shown = mesh(ax)
    assert isinstance(shown.norm, LogNorm)
    assert shown.get_array()[1:, -1].mask.all()
    assert not shown.get_array()[0].mask.any()
    np.testing.assert_allclose(shown.get_array()[:, 0], m.correlation_eigenvalue[0])
    assert ax.get_xlabel() == "gradient-flow time $t$"


def test_the_colour_bar_says_what_is_beyond_its_scale(m, ax):
    plot_map(m.predictor_eigenvalue, ax=ax, scale="signed", norm=Normalize(-1e-3, 1e-3))
    assert mesh(ax).colorbar.extend == "both"
    plot_map(m.predictor_eigenvalue, ax=ax, scale="signed")
    norm = ax.collections[-1].norm
    assert norm.vmax == -norm.vmin == float(np.abs(m.predictor_eigenvalue).max())
    assert ax.collections[-1].colorbar.extend == "neither"


@pytest.mark.parametrize("scale", ["linear", "log", "signed"])
def test_maps_of_nothing_are_drawn_too(scale, ax):
    dead = summarise(run_of(np.zeros((2, 1, 1)), np.zeros((2, 1, 1)), [0, 1]))
    plot_map(dead.correlation_eigenvalue, ax=ax, scale=scale)
    plot_map(dead.alignment, ax=ax, scale=scale)


def law(modes, **changes):
    found = {"exponent": 0.25, "low": 0.2, "high": 0.3, "factor": 2.0, "r2": 0.9, "modes": modes}
    return PowerLaw(**found, **{"range": (0.5, 2.0), "confidence": 0.95, **changes})


def test_pairing_has_a_point_a_mode_and_a_law_over_its_range_alone(ax):
    s, p = modes([4.0, 1.0, 0.25, 1e-9], resolution=1e-7), modes([2.0, 1.0, -0.5, 0.1])
    plot_pairing(p, s, residual=modes([0.1, 3, 0, 0]), fit=law(modes=12), ax=ax)
    (points,) = [c for c in ax.collections if isinstance(c, PathCollection)]
    np.testing.assert_allclose(points.get_offsets(), [[4, 2], [1, 1]])
    assert (points.get_facecolors()[1, :3] == 1).all()  # hollow: no eigenvector
    assert not (points.get_facecolors()[0, :3] == 1).all()
    fit, parabola = ax.lines
    np.testing.assert_allclose(fit.get_xdata(), [0.5, 2.0])  # though modes reach from 1 to 4
    np.testing.assert_allclose(fit.get_ydata(), 2 * np.array([0.5, 2.0]) ** 0.25)
    low, high = parabola.get_ydata()
    assert high / low == pytest.approx(2)  # slope 1/2 from s = 0.5 to 2
    assert low * high == pytest.approx(np.prod(fit.get_ydata()))  # crosses it in the middle
    assert fit.get_label() == "$p \\propto s^{0.25}$\n(0.2 to 0.3), 12 modes"
    assert fit.get_linestyle() == "-"
    assert ax.get_title(loc="right") == "not drawn: 2 modes"
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_a_law_of_few_modes_is_dotted(ax):
    plot_pairing(modes([2.0, 1.0]), modes([4.0, 1.0]), fit=law(modes=7), ax=ax)
    assert ax.lines[0].get_linestyle() == ":"


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_what_no_colour_bar_can_show_gets_a_unit(size, m, ax):
    values = m.correlation_eigenvalue.astype(float)
    plot_map(values.copy(data=size * values.values), ax=ax, scale="log")
    exponent = int(np.floor(np.log10(size * float(values.max()))))
    assert ax.figure.axes[1].get_ylabel().endswith(f", in $10^{{{exponent}}}$")
    np.testing.assert_allclose(mesh(ax).get_array()[0], size * values.sel(mode=1) / 10.0**exponent)


def test_followed_modes_are_dotted_before_their_birth(m, ax):
    born = m.assign(mode_born=("mode", [0, 0, int(m.step[3]), 0, 0, 0]))
    plot_modes(born, ax=ax, modes=3)
    assert len(ax.lines) == 6
    dotted, solid = ax.lines[4:]
    assert dotted.get_linestyle() == ":"
    np.testing.assert_allclose(dotted.get_ydata(), m.correlation_eigenvalue[:, 2])
    np.testing.assert_array_equal(np.isnan(solid.get_ydata()), np.arange(9) < 3)
    assert ax.get_yscale() == "log"
    plot_modes(m, "alignment", ax=ax, log=False)


def test_what_is_rounding_has_no_line_on_a_logarithmic_axis(ax):
    m = follow_modes(collapsed_run(d=4, snapshots=6))
    plot_modes(m, ax=ax)
    assert np.isnan([line.get_ydata()[-1] for line in ax.lines[2:]]).all()


def test_a_band_is_the_range_of_the_seeds_and_its_line_their_mean(ax):
    values = xr.DataArray(
        [[1.0, 2.0], [3.0, 6.0]], {"step": [0, 10]}, ("seed", "step"), "rank"
    ).assign_coords(epoch=("step", [0.0, 1.0]))
    plot_band(values.transpose("step", "seed"), ax=ax, label="rank")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2, 4])
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    for corner in ([0, 1], [0, 3], [1, 2], [1, 6]):
        assert (corners == corner).all(axis=1).any()
    assert ax.lines[0].get_label() == "rank (2 runs)"


def test_ranks_of_one_run_or_of_seeds(m, ax):
    plot_ranks(m, ax=ax)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), m.entropy_rank)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), m.participation_ratio)
    assert not ax.collections
    plot_ranks(xr.concat([m, m], "seed"), ax=ax)
    assert len(ax.collections) == 2


def test_verdicts_are_a_strip_a_run_in_the_colour_of_its_kind(ax):
    runs = {"learning": learning_run(d=8, rank=6), "collapsed": collapsed_run(d=8)}
    courses = {name: collapse_course(run) for name, run in runs.items()}
    plot_verdicts(courses, ax=ax)
    for strip, course in zip(ax.collections, courses.values(), strict=True):
        np.testing.assert_array_equal(strip.get_array().ravel(), course.collapse)
        strip.update_scalarmappable()
    last = ax.collections[1].get_facecolors()[-1]
    np.testing.assert_allclose(last, plt.matplotlib.colors.to_rgba(SEVERITY[3]))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(runs)
    ticks = [label.get_text() for label in ax.figure.axes[1].get_yticklabels()]
    assert ticks == ["none", "partial", "dimensional", "complete"]


def test_what_cannot_be_drawn_is_refused(m, ax):
    both = xr.concat([m, m], "seed")
    with pytest.raises(ValueError, match=r"plot_map draws \(step, mode\); .* \['seed'\] first"):
        plot_map(both.alignment, ax=ax)
    with pytest.raises(ValueError, match="scale is 'cubic'; wanted one of"):
        plot_map(m.alignment, ax=ax, scale="cubic")
    with pytest.raises(ValueError, match="from two snapshots on"):
        plot_map(m.alignment.isel(step=[0]), ax=ax)
    with pytest.raises(ValueError, match=r"plot_pairing draws \(mode\); got \('step', 'mode'\)"):
        plot_pairing(m.alignment, m.alignment, ax=ax)
    with pytest.raises(ValueError, match="no variable 'mode_born'"):
        plot_modes(m.drop_vars("mode_born"), ax=ax)
    with pytest.raises(ValueError, match=r"plot_band draws \(step\) or \(seed, step\)"):
        plot_band(both.alignment, ax=ax)
    with pytest.raises(ValueError, match="one run or more; got none"):
        plot_verdicts({}, ax=ax)
    with pytest.raises(ValueError, match="from two snapshots on"):
        plot_verdicts({"a": collapse_course(learning_run(d=3).isel(step=[0]))}, ax=ax)
