import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis import open_snapshots
from analysis.figures.accuracy_swept import accuracy_figure
from analysis.figures.phase_plane import phase_figure, plot_phase, plot_trajectories
from analysis.figures.style import STYLE
from analysis.figures.theory import plot_speed
from dynamics import EigenmodeFlow, FlowParameters, compare, phase_portrait
from dynamics.commands.main import main
from dynamics.figures.numbers import NUMBERS
from dynamics.figures.table import FIGURES, draw_figure
from trainers import Config, Learned, Method, StopGradient, train
from trainers.methods.losses import Euclidean


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    method = Method(Learned(layers=1), StopGradient(), Euclidean())
    options = {"data": "gaussian", "width": 4, "epochs": 2, "lr": 0.01, "device": "cpu"}
    return train(Config(method=method, **options), tmp_path_factory.mktemp("runs") / "run")


def axes():
    return Figure().subplots()


def test_the_command_line_knows_the_numbers_of_the_table():
    assert tuple(FIGURES) == NUMBERS


@pytest.mark.parametrize("number", [n for n in FIGURES if n != "7"])
def test_every_figure_is_written(number, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(STYLE, "savefig.dpi", 60)
    out = tmp_path / "figure.png"
    assert main(["figure", number, "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.stat().st_size > 5_000
    assert out.with_suffix(".pdf").is_file()


def test_figure_7_keeps_targets_near_the_online_network():
    panels = FIGURES["7"].data(seeds=2)
    assert [panel.attrs["eta"] for panel in panels] == [0.0, 0.01, 0.1]
    for panel in panels:
        assert np.isnan(panel.isel(time=0)).all()  # W_a(0) = 0
        assert float(panel.isel(time=slice(1, None)).min()) > 0.9
    assert len(draw_figure("7", panels).axes) == 3


def test_a_figure_that_no_paper_has_is_refused():
    with pytest.raises(ValueError, match="figure '6' is not known; choose from 3, 4, 5, 7"):
        draw_figure("6")


def test_figure_9_grows_without_decay_and_shrinks_with_it():
    free, _, decayed = FIGURES["9"].data()
    growth = free.sel(tau=1.0) / free.sel(tau=1.0).isel(time=0)
    assert float(growth.max()) > 4
    assert float(growth[-1]) < 0.1
    later = decayed.sel(tau=0.2)
    assert (later.diff("time") < 0).all()


def test_a_portrait_marks_rest_points_by_stability():
    portrait = phase_portrait(EigenmodeFlow(eta=0.05), points=41)
    assert portrait["rest_stability"].values.tolist() == ["stable", "saddle", "stable"]
    ax = plot_phase(portrait, axes())
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    faces = [mpl.colors.to_hex(line.get_markerfacecolor()) for line in marks]
    assert faces == ["#228833", "#ffffff", "#228833"]
    assert {line.get_label() for line in ax.lines} >= {"separatrix", r"$s = p^2/\alpha_p$"}
    at = portrait["survives"].sel(predictor_eigenvalue=[-0.4, 0.8], method="nearest")
    assert at.sel(correlation_eigenvalue=0.05, method="nearest").values.tolist() == [False, True]


def test_without_decay_whole_lines_rest():
    ax = plot_phase(phase_portrait(EigenmodeFlow(), points=41), axes())
    upright = [line for line in ax.lines if np.ptp(line.get_xdata()) == 0]
    assert len(upright) == 1
    np.testing.assert_allclose(upright[0].get_xdata(), 0.8)
    assert not [line for line in ax.lines if line.get_marker() == "o"]


def test_speeds_mark_where_they_rest():
    half_stable, weak, strong = (plot_speed(panel, axes()) for panel in FIGURES["4"].data())
    colours = [
        [line.get_color() for line in ax.lines if line.get_marker() in "oD"]
        for ax in (half_stable, weak, strong)
    ]
    stable, saddle, neutral = "#228833", "#EE6677", "#BBBBBB"
    assert colours == [[neutral, stable], [stable, saddle, stable], [stable]]


def test_a_measured_run_is_laid_over_the_portrait(run, tmp_path, capsys):
    out = tmp_path / "phase.png"
    assert main(["phase", "--eta", "0.05", "--run", str(run), "--out", str(out)]) == 0
    assert out.is_file()
    measured = compare(open_snapshots(run)).sel(source="measured")
    p, s = measured["predictor_eigenvalue"], measured["correlation_eigenvalue"]
    ax = plot_trajectories(p, s, axes())
    assert len(ax.lines) == 4 + 1
    np.testing.assert_allclose(ax.lines[1].get_xdata(), p.isel(mode=1))
    np.testing.assert_allclose(ax.lines[4].get_ydata(), s.isel(step=-1))


def test_a_portrait_under_a_run_is_of_its_own_flow(run, tmp_path, monkeypatch):
    flows = []

    def portrait(flow, p, s, **axis):
        flows.append(flow)
        return phase_portrait(flow, p, s, points=21)

    monkeypatch.setattr("dynamics.experiment.run_portrait.phase_portrait", portrait)
    words = ["phase", "--run", str(run), "--out", str(tmp_path / "phase.png")]
    assert main(words) == 0
    assert main([*words, "--sigma2", "0.5", "--eta", "0.03"]) == 0
    own, given = flows
    expected = FlowParameters.from_run(open_snapshots(run))
    assert (own.eta, own.eta_p, own.alpha_p) == (expected.eta, expected.eta_p, expected.alpha_p)
    last = open_snapshots(run).isel(step=-1)
    same, cross = (np.trace(last[name]) for name in ("correlation", "cross_correlation"))
    assert own.k == pytest.approx(same / cross)
    assert (given.eta, given.eta_p) == (0.03, expected.eta_p)
    assert given.k == pytest.approx(1.5)


def test_portraits_side_by_side_share_a_legend():
    flows = (EigenmodeFlow(), EigenmodeFlow(eta=0.05))
    figure = phase_figure([phase_portrait(flow, points=21) for flow in flows])
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert len(names) == len(set(names))
    assert {"survives", "separatrix", "stable rest point", "saddle rest point"} <= set(names)
    with pytest.raises(ValueError, match="one portrait or more"):
        phase_figure([])


def test_figure_6_is_of_accuracies_over_the_ratio_of_rates(tmp_path, capsys):
    table = tmp_path / "accuracy.csv"
    head = "method,seed,accuracy,value,epoch,data,commit,device\n"
    rows = [
        f"mine predictor_lr={lr},0,{kind},{value},10,cifar10,abc,cpu\n"
        for lr, value in ((0.03, 0.2), (0.3, 0.4))
        for kind in ("knn_accuracy", "linear_accuracy")
    ]
    table.write_text(head + "".join(rows))
    out = tmp_path / "six.png"
    assert main(["figure", "6", "--runs", str(table), "--lr", "0.03", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    (ax,) = accuracy_figure([table], "predictor_lr", unit=0.03).axes
    assert list(ax.lines[0].get_xdata()) == pytest.approx([1, 10])
    assert ax.get_ylabel() == "linear-probe accuracy (%)"
    (ax,) = accuracy_figure([table], "predictor_lr", of="knn").axes
    assert ax.get_ylabel().startswith("kNN")
    assert main(["figure", "6", "--runs", str(table), "--lr", "0", "--out", str(out)]) == 2
    assert "the unit of predictor_lr is 0.0; above 0 wanted" in capsys.readouterr().err
    with pytest.raises(ValueError, match="no run has 'adam'; stored are knn, linear"):
        accuracy_figure([table], "predictor_lr", of="adam")


def test_ten_observations_hold_and_one_does_not_reproduce(observations, monkeypatch, capsys):
    assert [o.number for o in observations] == list(range(1, 12))
    assert [o.holds for o in observations] == [True] * 10 + [False]
    monkeypatch.setattr("dynamics.theorems.observations.each_observation", lambda: observations)
    assert main(["observations"]) == 0
    assert capsys.readouterr().out.count("holds  ") == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["figure", "11", "--out", "f.png"], "'11' is not known"),
        (["figure", "6", "--out", "f.png"], "--runs RUN... wanted"),
        (["figure", "6", "--runs", "nowhere", "--out", "f.png"], "nowhere"),
        (["figure", "3"], "--out"),
        (["phase", "--eta", "-1", "--out", "f.png"], "eta is -1.0; finite and 0 or more"),
        (["phase", "--eta", "x", "--out", "f.png"], "is 'x'; a number wanted"),
        (["phase", "--run", "nowhere", "--out", "f.png"], "nowhere"),
        (["phase", "--eta", "0.1", "--eta-p", "-2", "--out", "f.png"], "eta_p is -2.0"),
        (["portrait"], "'portrait' is not known"),
    ],
)
def test_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = main(words)
    error = capsys.readouterr().err
    assert code == 2
    assert message in error
    assert error.count("\n") == 1
    assert not any(tmp_path.iterdir())
