import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.theory import plot_basin
from analysis.figures.theory_figures import sweep_figure
from dynamics import EigenmodeFlow, basin_edges, basin_map, critical_start, integrate, trajectories
from dynamics.commands.main import main

FLOW = EigenmodeFlow()


def test_the_border_of_a_basin_is_the_edge_at_every_value():
    values, p0 = [0.02, 0.05, 0.1], np.linspace(-0.5, 2, 501)
    found = basin_map(FLOW, "eta", values, p0, 0.01)
    for eta in values:
        alive = found["p0"][found["survives"].sel(eta=eta)]
        low, high = basin_edges(EigenmodeFlow(eta=eta), 0.01)
        assert float(alive.min()) == pytest.approx(low, abs=0.006)
        assert float(alive.max()) == pytest.approx(high, abs=0.006)
    assert found["useful"].sel(eta=0.05) == pytest.approx(0.746, abs=5e-4)


def test_on_the_parabola_the_border_is_p_minus_and_beyond_the_critical_decay_nothing_lives():
    found = basin_map(FLOW, "eta", [0.05, 0.21], np.linspace(0, 0.7, 701))
    alive = found["survives"].sel(eta=0.05)
    border = float(found["p0"][alive][0])
    assert border == pytest.approx(float(found["unstable"][0]), abs=1.1e-3)
    assert not found["survives"].sel(eta=0.21).any()
    assert np.isnan(found["unstable"].sel(eta=0.21))


def test_a_slow_target_that_starts_from_zero_shrinks_the_basin():
    flow, p0 = EigenmodeFlow(eta=0.05, beta=1.0), np.linspace(0, 0.3, 301)
    found = basin_map(flow, "beta", [0.04, 1.0], p0, tau0=0.0)
    border = [float(found["p0"][found["survives"].sel(beta=b)][0]) for b in (0.04, 1.0)]
    expected = [critical_start(EigenmodeFlow(eta=0.05, beta=b)) for b in (0.04, 1.0)]
    np.testing.assert_allclose(border, expected, atol=1.1e-3)


def test_a_target_begins_as_a_copy_if_nothing_is_said():
    flow, p0 = EigenmodeFlow(eta=0.05, beta=0.4), np.linspace(0.03, 0.08, 51)
    alive = basin_map(flow, "beta", [0.4], p0)["survives"].isel(beta=0)
    assert float(alive["p0"][alive][0]) == pytest.approx(0.0535898, abs=1.1e-3)  # p_-


def test_ways_are_those_of_the_flow_at_each_value():
    times = np.linspace(0, 5, 11)
    found = trajectories(EigenmodeFlow(beta=0.4), "alpha_p", [1.0, 4.0], times, (0.2, 0.1, 0.3))
    flow = EigenmodeFlow(beta=0.4, alpha_p=4.0)
    alone = integrate(flow, (0.2, 0.1, 0.3), times).isel(mode=0)
    assert found["tau"].dims == ("alpha_p", "time")
    assert set(found.coords) == {"alpha_p", "time"}
    np.testing.assert_allclose(found["tau"].sel(alpha_p=4.0), alone["tau"])
    kappa = flow.mode_alignment_rate(*(alone[name].values for name in flow.variables))
    np.testing.assert_allclose(found["mode_alignment_rate"].sel(alpha_p=4.0), kappa)
    figure = sweep_figure([found])
    assert len(figure.axes) == 4
    assert figure.axes[0].get_xlabel() == "gradient-flow time"
    without = trajectories(FLOW, "tau", [0.5, 1.0], times, (0.2, 0.1, 0.3))
    assert len(sweep_figure([without]).axes) == 3  # tau is no variable


def test_a_basin_is_drawn_with_its_rest_points():
    found = basin_map(FLOW, "eta", [0.05, 0.1], np.linspace(0, 1, 11))
    ax = plot_basin(found, Figure().subplots())
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["survives", "its edge", "$p_-$", "$p_+$"]
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_allclose(lines["$p_-$"], found["unstable"])
    assert ax.get_xlabel() == r"$\eta$"


@pytest.mark.parametrize(
    "words", [["basin", "--s0", "0.01"], ["trajectories", "--over", "beta", "--values", "0.1,1"]]
)
def test_commands_write_a_figure(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("dynamics.commands.basin.POINTS", 12)
    out = tmp_path / "f.png"
    assert main([*words, "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.stat().st_size > 5_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trajectories", "--values", "1,x"], "'1,x'; numbers with commas wanted"),
        (["basin", "--over", "gamma"], "'gamma' is not known"),
        (["basin", "--over", "beta", "--low", "0"], "beta is 0: the target stands still"),
        (["trajectories", "--over", "tau", "--beta", "1"], "tau is part of the state"),
    ],
)
def test_bad_input_is_one_line(words, message, tmp_path, capsys):
    code = main([*words, "--out", str(tmp_path / "f.png")])
    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1)
    assert message in error
    assert not any(tmp_path.iterdir())


def test_refusals():
    with pytest.raises(ValueError, match="'gamma' is no parameter of EigenmodeFlow"):
        basin_map(FLOW, "gamma", [1.0], [0.1])
    with pytest.raises(ValueError, match=r"s0 is 0\.0; finite and above 0 wanted"):
        basin_map(FLOW, "eta", [0.1], [0.1], 0.0)
    with pytest.raises(ValueError, match=r"eta is 0\.1; several values of it, in a list, wanted"):
        basin_map(FLOW, "eta", 0.1, [0.1])
