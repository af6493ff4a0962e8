import json
import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from analysis import open_example
from analysis.figures.against_theory import plot_against_theory, plot_parabola, theory_comparison
from analysis.figures.phase_plane import phase_figure
from analysis.store.writer import SnapshotWriter
from dynamics import EigenmodeFlow, ScalarFlow, compare, integrate, phase_portrait
from dynamics.commands.main import main
from trainers import EMA, METHODS, Attached, Config, Learned, Method, train
from trainers.methods.losses import Euclidean

METHOD = Method(Learned(layers=1), EMA(0.99), Euclidean())
CONFIG = json.loads(Config(method=METHOD, data="gaussian").to_json())
K = np.array([1.25, 1.25, 2.0])


@pytest.fixture(scope="module")
def run():
    """Three aligned modes under EMA, the last from a negative p: stored as a run would be."""
    flow = ScalarFlow(same=K, cross=1.0, eta=0.05, beta=0.4)
    w, p = np.array([1.0, 0.7, 0.3]), np.array([0.6, 0.5, -0.6])
    theory = integrate(flow, (w, p, w), np.linspace(0, 30, 31))
    s = theory["encoder_value"] ** 2
    order = s[-1].values.argsort()[::-1]

    def matrices(values):
        return ("step", "row", "col"), np.einsum("tj,ij->tij", values[:, order], np.eye(3))

    wa = theory["target_value"] * theory["encoder_value"]
    return xr.Dataset(
        {
            "predictor": matrices(theory["predictor_eigenvalue"].values),
            "cross_correlation": matrices(s.values),
            "correlation": matrices((K * s).values),
            "target_correlation": matrices(wa.values),
        },
        {"step": np.arange(31), "time": ("step", theory["time"].values)},
    )


def test_a_run_of_theory_is_predicted_through_the_pole_of_tau(run):
    s = np.diagonal(run["cross_correlation"].values, axis1=1, axis2=2)
    assert s[:, 2].min() < 1e-4 < s[0, 2]  # the last mode crosses zero
    beside = compare(run, EigenmodeFlow(sigma2=K - 1, eta=0.05, beta=0.4))
    for name in ("predictor_eigenvalue", "correlation_eigenvalue"):
        measured, predicted = (beside[name].sel(source=x) for x in ("measured", "predicted"))
        np.testing.assert_allclose(predicted, measured, atol=2e-6)


def test_theory_may_be_a_run_of_matrices(run):
    theory = run.assign_coords(step=run["step"] + 5)
    beside = compare(run.assign_attrs(config=json.dumps(CONFIG)), theory.isel(step=slice(0, 20)))
    p = beside["predictor_eigenvalue"]
    np.testing.assert_array_equal(p.sel(source="predicted")[:20], p.sel(source="measured")[:20])
    assert p.sel(source="predicted")[20:].isnull().all()  # it has nothing to say of later
    with pytest.raises(ValueError, match=r"theory lacks \['predictor'"):
        compare(run.assign_attrs(config=json.dumps(CONFIG)), run[["correlation"]])


def test_k_is_read_off_mode_by_mode(run, monkeypatch):
    class Parameters:
        eta, beta = 0.05, 0.4

        def eigenmodes(self, sigma2):
            np.testing.assert_allclose(sigma2, [0.25, 0.25, 1.0], rtol=1e-6)
            return EigenmodeFlow(sigma2=sigma2, eta=0.05, beta=0.4)

    monkeypatch.setattr(
        "dynamics.experiment.compare.FlowParameters.from_run", lambda _: Parameters()
    )
    beside = compare(run)
    assert beside["survives"].sel(source="predicted").values.tolist() == [True, True, False]


def test_lines_are_the_data_dashed_what_is_predicted(run):
    beside = compare(run, EigenmodeFlow(sigma2=0.25, eta=0.05, beta=0.4), start=3)
    ax = plot_against_theory(beside, ax=Figure().subplots(), modes=2)
    lines = [line for line in ax.lines if len(line.get_xdata()) == 31]
    assert [line.get_linestyle() for line in lines] == ["-", "-", "--", "--"]
    np.testing.assert_array_equal(
        lines[1].get_ydata(), beside["predictor_eigenvalue"].sel(source="measured", mode=2)
    )
    assert np.isnan(lines[2].get_ydata()[:3]).all()
    assert lines[0].get_color().tolist() == lines[2].get_color().tolist()


def test_the_parabola_is_where_modes_rest(run):
    beside = compare(run, EigenmodeFlow(sigma2=0.25, eta=0.05, eta_p=0.1, alpha_p=4))
    ax = plot_parabola(beside, ax=Figure().subplots(), modes=2)
    curve = next(line for line in ax.lines if len(line.get_xdata()) == 400)
    p, s = (np.asarray(x) for x in curve.get_data())
    np.testing.assert_allclose(s, 2 * p**2 / 4)  # eta_p / eta = 2


def test_a_figure_says_who_lives(run, tmp_path):
    figure = theory_comparison(compare(run, EigenmodeFlow(sigma2=K - 1, eta=0.05, beta=0.4)))
    assert "of 3 modes 2 live at the end, 2 predicted" in figure.get_suptitle()


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        (METHOD, {"data": "gaussian"}, ""),
        (
            Method(Learned(layers=1), EMA(0.99)),
            {"data": "gaussian"},
            "not in the flow: cosine loss",
        ),
        (
            METHODS["simsiam"],
            {},
            "not in the flow: cosine loss, non-linear encoder (conv4), batch norm, "
            "non-linear projector of 2 layers, predictor of 2 layers",
        ),
        (
            Method(
                Learned(layers=1, constraint="psd", bias=True), EMA(0.9, final=1.0), Euclidean()
            ),
            {"data": "gaussian", "schedule": "cosine"},
            "not in the flow: bias in the predictor, psd predictor, cosine learning rates, "
            "EMA on a schedule",
        ),
        (
            Method(Learned(layers=1), Attached(), Euclidean()),
            {"data": "gaussian"},
            "not in the flow: no stop-gradient",
        ),
    ],
)
def test_what_the_flow_has_not_is_said(run, method, options, said):
    config = Config(method=method, **options)
    attrs = {"config": config.to_json(), "config_resolved": config.resolved.to_json()}
    theory = EigenmodeFlow(sigma2=K - 1, eta=0.05, beta=0.4)
    beside = compare(run.assign_attrs(attrs), theory)
    assert beside.attrs["not_in_the_flow"] == said
    title = theory_comparison(beside).get_suptitle().split("\n")
    assert title[1] == beside.attrs["errors"]
    assert re.fullmatch(r"EigenmodeFlow: relative error of p [\d.]+, of s [\d.]+", title[1])
    assert " ".join(title[2:]) == said
    assert max(map(len, title)) <= 120


def test_labels_say_of_what(run):
    beside = compare(run, EigenmodeFlow(sigma2=K - 1, eta=0.05, beta=0.4))
    for name in ("predictor_eigenvalue", "correlation_eigenvalue", "parabola"):
        assert beside[name].attrs["basis"] == "cross_correlation"
    ax = plot_against_theory(beside, ax=Figure().subplots())
    assert "Rayleigh quotient of the predictor" in " ".join(ax.get_ylabel().split())
    ax = plot_parabola(beside, ax=Figure().subplots())
    words = " ".join(ax.get_ylabel().split())
    assert "Rayleigh quotient of the cross-view correlation" in words
    figure = phase_figure(
        [phase_portrait(EigenmodeFlow(), points=21)], beside.sel(source="measured")
    )
    assert figure.axes[0].get_xlabel().startswith("Rayleigh quotient of the predictor")
    measured = beside.sel(source="measured").assign_attrs(not_in_the_flow="a word " * 20)
    figure = phase_figure([phase_portrait(EigenmodeFlow(), points=21)], measured)
    figure.draw_without_rendering()
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):  # inside, beside a long title
        box = axis.label.get_window_extent()
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y1 <= figure.bbox.height
    alone = phase_figure([phase_portrait(EigenmodeFlow(), points=21)]).axes[0]
    assert alone.get_xlabel() == "eigenvalue of the predictor $p_j$"
    assert alone.get_ylabel().replace("\n", " ") == "eigenvalue of the cross-view correlation $s_j$"


def test_the_command_says_what_a_cosine_run_breaks(tmp_path, capsys):
    method = Method(Learned(layers=1), EMA(0.99))
    options = {"data": "gaussian", "width": 4, "epochs": 1, "lr": 0.01, "device": "cpu"}
    run = train(Config(method=method, **options), tmp_path / "run")
    said = []
    for words in (["compare", str(run)], ["phase", "--run", str(run), "--eta", "0.05"]):
        capsys.readouterr()
        assert main([*words, "--out", str(tmp_path / "f.png")]) == 0
        said.append(capsys.readouterr().out.splitlines()[:2])
    for flow, broken in said:
        assert re.fullmatch(r"CosineFlow: relative error of p \d\S*, of s \d\S*", flow)
        assert broken.startswith("not in the flow: W_p asymmetric (")  # the flow has the loss
        assert re.search(r"few effective dimensions \(\d\.\d, then \d\.\d\)", broken)
        assert re.search(r"\|W_p\|\^2 ends at \d\.\d+ times the flow's", broken)


@pytest.mark.parametrize(("name", "own"), [("linear", "euclidean"), ("directpred", "cosine")])
def test_the_flow_of_another_loss_is_asked_by_name(name, own):
    ds = open_example(name).isel(step=slice(0, 20)).load()
    default, same, other = (
        compare(ds, start=2, loss=loss)
        for loss in (None, own, "cosine" if own == "euclidean" else "euclidean")
    )
    assert default.identical(same)
    assert ("cosine loss" in other.attrs["not_in_the_flow"]) == (own == "cosine")
    assert ("euclidean loss" in other.attrs["not_in_the_flow"]) == (own == "euclidean")
    k = [b.attrs["flow"].split("array(")[1].split(")")[0].split() for b in (default, other)]
    assert k[0] == k[1]  # the loss is all that differs
    assert not np.allclose(default["error"], other["error"])


def test_what_is_no_comparison_is_refused(run):
    with pytest.raises(ValueError, match="loss is 'hinge'; cosine or euclidean wanted"):
        compare(run, loss="hinge")
    with pytest.raises(ValueError, match="none beside a theory"):
        compare(run, EigenmodeFlow(), loss="cosine")
    with pytest.raises(ValueError, match="no variable 'predictor_eigenvalue'"):
        plot_against_theory(run)
    beside = compare(run, EigenmodeFlow()).sel(source="measured")
    with pytest.raises(ValueError, match=r"wanted: \(source, step, mode\) with"):
        plot_against_theory(beside)


def test_the_command_draws_a_trained_run(tmp_path, capsys):
    options = {"data": "gaussian", "width": 4, "epochs": 2, "lr": 0.01, "device": "cpu"}
    run = train(Config(method=METHOD, **options), tmp_path / "run")
    out = tmp_path / "beside.png"
    assert main(["compare", str(run), "--start", "2", "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out)
    assert out.stat().st_size > 10_000


def test_a_run_without_targets_of_theory_is_refused_in_one_line(tmp_path, capsys):
    with SnapshotWriter(tmp_path / "snapshots.zarr", attrs={"method": "x"}) as writer:
        eye = np.eye(2)
        writer.append(0, epoch=0.0, time=0.0, predictor=eye, correlation=eye, samples=8)
    assert main(["compare", str(tmp_path), "--out", str(tmp_path / "f.png")]) == 2
    assert "the run lacks ['cross_correlation']" in capsys.readouterr().err
    assert not (tmp_path / "f.png").exists()
