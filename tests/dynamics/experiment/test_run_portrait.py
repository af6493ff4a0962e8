"""The portrait under a run is that of its own flow, whichever it is."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis import open_example, open_snapshots
from analysis.figures.phase_plane import plot_phase
from dynamics import ClosedFormFlow, CosineFlow, EigenmodeFlow, compare
from dynamics.commands.main import main
from dynamics.experiment.own_flow import own_flow
from dynamics.experiment.run_portrait import changed, run_portrait

LAST = np.array([0.8, 0.5]), np.array([3.0, 1.0])
AXES = (-0.5, 2.0), (0.0, 4.0)


@pytest.mark.parametrize(
    ("flow", "drawn"),
    [
        (EigenmodeFlow(eta=0.05, beta=0.3), "separatrix"),
        (CosineFlow(eta=0.05, beta=0.3), r"$p = 1/(\mu k)$"),
        (ClosedFormFlow(eta=0.05, beta=0.3, cosine=True), "$p$ of each $s$, as it is set"),
    ],
)
def test_every_flow_has_its_portrait_without_its_target(flow, drawn):
    portrait = run_portrait(flow, LAST, *AXES)
    ax = plot_phase(portrait, Figure().subplots())
    labels = ax.get_legend_handles_labels()[1]
    assert drawn in labels
    # A cosine has no edge of survival, and a rule no plane around its curve.
    assert ("survives" in labels) == isinstance(flow, EigenmodeFlow)
    assert (r"$\dot s = 0$" in labels) != isinstance(flow, ClosedFormFlow)
    assert portrait.attrs["not_drawn"] == ""


def test_a_rule_goes_up_below_its_rest_point_and_down_above_it():
    # Of p = sqrt(1.25 s), p (1 - 1.25 p) = 0.05: p = 0.7464, s = 0.4457.
    flow = ClosedFormFlow(same=1.25, eta=0.05)
    portrait = run_portrait(flow, LAST, (-0.5, 2.0), (0.0, 1.0))
    ax = plot_phase(portrait, Figure().subplots())
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["$s_j$ falls"].get_ydata().min() > 0.4457
    grows = lines["$s_j$ grows"].get_ydata()
    assert 0.01 < grows.min() < grows.max() < 0.4457
    rest = lines["stable rest point"]
    np.testing.assert_allclose([*rest.get_xdata(), *rest.get_ydata()], [0.7464, 0.4457], atol=1e-3)


def test_one_k_is_drawn_and_the_range_of_all_is_said():
    flow = EigenmodeFlow(sigma2=np.array([0.2, 1.0]))
    portrait = run_portrait(flow, LAST, *AXES)
    assert portrait.attrs["k"] == pytest.approx((3 * 1.2 + 2.0) / 4)
    assert portrait.attrs["not_drawn"] == "drawn at one k, for k_j from 1.2 to 2"
    dead = LAST[0], np.array([3.0, 0.001])
    assert run_portrait(flow, dead, *AXES).attrs["not_drawn"] == ""


def test_where_decays_differ_the_parabola_is_where_modes_rest():
    flow = EigenmodeFlow(alpha_p=2.0, sigma2=0.0, eta=0.05, eta_p=0.1)
    portrait = run_portrait(flow, LAST, *AXES)
    ax = plot_phase(portrait, Figure().subplots())
    line = next(x for x in ax.lines if x.get_label() == r"$s = \eta_p p^2/(\eta \alpha_p)$")
    p, s = float(portrait["rest_p"][-1]), float(portrait["rest_s"][-1])
    assert np.interp(p, *line.get_data()) == pytest.approx(s, rel=1e-3)


def test_numbers_of_another_flow_are_refused():
    with pytest.raises(ValueError, match="tau is given, and the run's flow, CosineFlow, has none"):
        changed(CosineFlow(), {"tau": 0.5})
    with pytest.raises(ValueError, match="alpha_p is given"):
        changed(ClosedFormFlow(), {"alpha_p": 2.0})
    with pytest.raises(ValueError, match="no cross-view eigenvalue above 0"):
        run_portrait(CosineFlow(), (LAST[0], -LAST[1]), *AXES)
    assert changed(EigenmodeFlow(), {"tau": 0.5}).tau == 0.5


@pytest.mark.parametrize(
    ("name", "flow"),
    [("linear", EigenmodeFlow), ("directpred", ClosedFormFlow)],
)
def test_the_flow_is_chosen_by_what_the_run_is(name, flow):
    run = open_example(name).isel(step=slice(0, 4)).load()
    own = own_flow(run)
    assert isinstance(own, flow)
    assert str(own) == compare(run).attrs["flow"]


def test_a_number_that_the_flow_has_not_ends_the_command(tmp_path, capsys):
    from analysis import copy_example

    run = copy_example("directpred", tmp_path / "run")
    words = ["phase", "--run", str(run), "--out", str(tmp_path / "f.png")]
    assert main([*words, "--alpha-p", "2"]) == 2
    assert "alpha_p is given" in capsys.readouterr().err
    assert open_snapshots(run).sizes["step"] > 1
