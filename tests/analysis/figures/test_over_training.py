import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures.over_training import (
    plot_balance,
    plot_band,
    plot_modes,
    plot_ranks,
    plot_verdicts,
)
from analysis.figures.style import SEVERITY


@pytest.fixture
def ax():
    return Figure().subplots()


def series(values, dims=("step",), name="entropy_rank"):
    n = np.shape(values)[dims.index("step")]
    coords = {"step": np.arange(n) * 10, "epoch": ("step", np.arange(n) / 2)}
    return xr.DataArray(values, coords, dims, name, {"long_name": "entropy rank"})


def test_a_band_is_the_range_of_the_runs_and_the_line_their_mean(ax):
    plot_band(series([[1.0, 2.0], [3.0, 8.0]], ("seed", "step")), ax=ax)
    (line,) = ax.lines
    assert line.get_ydata().tolist() == [2, 5]
    assert line.get_xdata().tolist() == [0, 0.5]
    corners = ax.collections[0].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (1, 8)
    assert line.get_label() == "(2 runs)"


def test_one_run_is_a_line(ax):
    plot_band(series([1.0, 2.0]), ax=ax)
    assert not ax.collections


def test_both_ranks_are_drawn(ax):
    m = xr.Dataset({"entropy_rank": series([4.0, 3.0]), "participation_ratio": series([3.0, 2.0])})
    plot_ranks(m, ax=ax)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[4, 3], [3, 2]]


def test_before_its_birth_a_mode_is_dotted(ax):
    values = series([[3.0, 1.0], [3.0, 2.0], [3.0, 2.5]], ("step", "mode"))
    m = values.assign_coords(mode=[1, 2]).to_dataset(name="correlation_eigenvalue")
    m["mode_born"] = ("mode", [0, 10])
    plot_modes(m, ax=ax)
    dotted, solid = ax.lines[2:4]
    assert dotted.get_linestyle() == ":"
    np.testing.assert_array_equal(dotted.get_ydata(), [1, 2, 2.5])
    np.testing.assert_array_equal(solid.get_ydata(), [np.nan, 2, 2.5])


def test_a_strip_a_run_coloured_by_how_far_it_collapsed(ax):
    courses = {
        name: series(values).to_dataset(name="collapse")
        for name, values in (("healthy", [0.0, 0.0]), ("dead", [1.0, 3.0]))
    }
    plot_verdicts(courses, ax=ax)
    colours = [
        [mpl.colors.to_hex(c) for c in mesh.to_rgba(mesh.get_array()).reshape(-1, 4)]
        for mesh in ax.collections
    ]
    assert colours == [[SEVERITY[0]] * 2, [SEVERITY[1], SEVERITY[3]]]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["healthy", "dead"]


def test_refusals(ax):
    with pytest.raises(ValueError, match="one run or more; got none"):
        plot_verdicts({}, ax=ax)
    with pytest.raises(ValueError, match="from two snapshots on"):
        plot_verdicts({"a": series([0.0]).to_dataset(name="collapse")}, ax=ax)
    with pytest.raises(ValueError, match=r"got dims \('a', 'b', 'step'\)"):
        plot_band(series([[[1.0]]], ("a", "b", "step")), ax=ax)


def test_the_balance_is_drawn_against_its_decay(ax):
    C = series([np.eye(2), 0.5 * np.eye(2)], ("step", "row", "col"), "balance")
    C = C.assign_coords(time=("step", [1.0, 3.0]))
    plot_balance(C, 0.1, ax=ax)
    measured, theory = ax.lines
    assert measured.get_ydata().tolist() == [1, 0.5]
    np.testing.assert_allclose(theory.get_ydata(), [1, np.exp(-0.4)])
    with pytest.raises(ValueError, match=r"draws \(step, row, col\)"):
        plot_balance(C[0], 0.1, ax=ax)
