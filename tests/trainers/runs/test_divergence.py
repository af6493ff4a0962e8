"""A run whose numbers stop being finite ends there, keeps what was good, and everyone says so."""

import dataclasses
import shlex
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from analysis import open_snapshots
from trainers import EMA, METHODS, Config, Euclidean, Learned, Method, train
from trainers.commands.main import main
from trainers.evaluation.cached_features import features
from trainers.evaluation.exact_correlation import exact_correlation
from trainers.evaluation.protocol import share_right
from trainers.evaluation.view_features import view_features
from trainers.methods.running_moments import exactly
from trainers.runs import checkpoint
from trainers.runs.network import load_network
from trainers.runs.trained import load
from trainers.training.learner import Learner

OPTIONS = {
    **{"size": 16, "width": 2, "projector_hidden": 8, "projector_out": 6, "batch_size": 16},
    **{"device": "cpu", "epochs": 3},
}
FLAGS = [w for k, v in OPTIONS.items() for w in (f"--{k.replace('_', '-')}", str(v))]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Four batches of sixteen images of four classes, in a file."""
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("data") / "images.npz"
    x, y = rng.integers(0, 256, (84, 16, 16, 3), dtype=np.uint8), np.arange(84) % 4
    np.savez(file, x_train=x[:64], y_train=y[:64], x_test=x[64:], y_test=y[64:])
    return file


@pytest.fixture(scope="module")
def whole(images, tmp_path_factory):
    """A run that did not diverge, evaluated."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert main(["byol", "--data", str(images), *FLAGS, "--out", str(out)]) == 0
    assert main(["evaluate", str(out), "--protocol", "linear", "--linear.count", "1"]) == 0
    return out


def of_loss(learner, seen):
    return dataclasses.replace(seen, loss=seen.loss * torch.nan)


def of_gradient(learner, seen):
    return dataclasses.replace(seen, grad_norm=torch.tensor(torch.inf))


def of_features(learner, seen):
    return dataclasses.replace(seen, z=(seen.z[0], seen.z[1] * torch.nan))


def of_a_weight(learner, seen):
    next(learner.online.projector.parameters()).data[0, 0] = -torch.inf
    return seen


def of_the_predictor(learner, seen):
    next(learner.predictor.parameters()).data[0, 0] = torch.nan
    return seen


def of_a_statistic(learner, seen):
    learner.online.encoder[1].running_var[0] = torch.inf
    return seen


BREAKS = {
    of_loss: "the loss is nan",
    of_gradient: "the norm of the gradient is inf",
    of_features: "the norm of features, predictions and targets is nan",
    of_a_weight: "the largest weight or batch statistic is inf",
    of_the_predictor: "the largest weight or batch statistic is nan",
    of_a_statistic: "the largest weight or batch statistic is inf",
}


@pytest.mark.parametrize(
    ("broken", "at", "kept"),
    [(broken, 6, 4) for broken in BREAKS]
    + [(of_loss, 8, 4), (of_loss, 9, 8), (of_a_weight, 12, 8)],
)
def test_a_run_stops_at_the_first_step_that_is_not_finite_and_keeps_what_was_before(
    tmp_path, images, monkeypatch, broken, at, kept
):
    learn = Learner.learn

    def poisoned(self, step, x1, x2):
        seen = learn(self, step, x1, x2)
        return broken(self, seen) if step == at else seen

    monkeypatch.setattr(Learner, "learn", poisoned)
    config = Config(method=METHODS["byol"], data=str(images), every=5, **OPTIONS)
    run = tmp_path / "run"
    snapshot = (at - 1) // 5 * 5
    message = f"diverged at step {at}: {BREAKS[broken]}; kept are the snapshots to step {snapshot} "
    message += f"and the checkpoint of step {kept}: lower --lr"
    with pytest.raises(FloatingPointError, match=message):
        train(config, run)
    ds = open_snapshots(run)
    assert ds.attrs["diverged_at"] == at
    assert ds.step.values.tolist() == list(range(0, at, 5))
    assert np.isfinite(ds.to_array()).all()
    metrics = open_snapshots(run, "metrics")
    assert metrics.step.values.tolist() == list(range(1, at + 1))
    assert np.isfinite(metrics.isel(step=slice(-1)).to_array()).all()
    state = checkpoint.load(run)
    assert state["step"] == kept
    for part in ("online", "target", "predictor"):
        for value in state["learner"][part].values():
            assert value.isfinite().all()
    with pytest.raises(ValueError, match="no group 'evaluation'"):
        open_snapshots(run, "evaluation")
    assert not (run / "encoder.pt").exists()


def refused(capsys, *arguments) -> str:
    code = main([str(argument) for argument in arguments])
    lines = capsys.readouterr().err.splitlines(keepends=True)
    said = [line for line in lines if " training images, " not in line]  # what data are there
    assert len(said) == 1, lines
    (error,) = said
    return f"{code} {error}"


@pytest.mark.parametrize(("method", "lr"), [("byol", 1e30), ("directpred", 1e8)])
def test_too_large_a_rate_is_a_diverged_run_for_every_command(
    tmp_path, capsys, images, whole, method, lr
):
    run = tmp_path / "run"
    words = [method, "--data", images, *FLAGS, "--lr", lr, "--out", run]
    assert refused(capsys, *words).startswith(f"1 python -m trainers {method}: error: diverged at")
    at = open_snapshots(run).attrs["diverged_at"]
    assert 1 <= at <= 12
    shutil.copy(whole / "classifier.pt", run)  # of an earlier evaluation, say
    before = {file: file.stat().st_mtime_ns for file in run.rglob("*")}
    for command in (
        ("resume", run),
        ("evaluate", run),
        ("predict", run, tmp_path),
        ("export", run, "--out", tmp_path / "f.pt"),
        ("ranks", run),
    ):
        assert f"{run} diverged at step {at}; train anew" in refused(capsys, *command)
    assert before == {file: file.stat().st_mtime_ns for file in run.rglob("*")}
    assert exact_correlation(run).attrs["diverged_at"] == at


def no_convergence():
    torch.linalg.eigh(torch.full((3, 3), torch.nan))


def no_moments():
    exactly(torch.full((3, 3), torch.nan))


@pytest.mark.parametrize(
    ("fail", "reason"), [(no_convergence, "linalg.eigh"), (no_moments, "moments of the features")]
)
def test_a_predictor_that_cannot_be_set_is_a_diverged_run(
    tmp_path, images, monkeypatch, fail, reason
):
    learn = Learner.learn

    def failing(self, step, x1, x2):
        if step == 7:
            fail()
        return learn(self, step, x1, x2)

    monkeypatch.setattr(Learner, "learn", failing)
    config = Config(method=METHODS["directpred"], data=str(images), **OPTIONS)
    with pytest.raises(FloatingPointError, match=f"diverged at step 7: {reason}"):
        train(config, tmp_path / "run")
    assert open_snapshots(tmp_path / "run").attrs["diverged_at"] == 7


def test_a_run_that_goes_well_says_nothing_of_the_kind(whole):
    assert "diverged_at" not in open_snapshots(whole).attrs


@pytest.mark.usefixtures("looks")
def test_a_collapse_to_zero_is_no_divergence(tmp_path):
    # Every weight falls to 0 in float32, where even tau is 0/0.
    method = Method(Learned(layers=1), EMA(0.5), Euclidean())
    options = {"data": "gaussian", "batch_size": 512, "epochs": 2, "device": "cpu"}
    options |= {"lr": 1e-3, "momentum": 0.0, "weight_decay": 0.999, "decay": "decoupled"}
    run = train(Config(method=method, **options), tmp_path / "run")
    assert (abs(open_snapshots(run).predictor[-1]) < 1e-30).all()
    assert not np.isfinite(open_snapshots(run, "metrics").tau[-1])


def test_weights_that_are_not_finite_name_nothing_and_are_not_measured(whole, tmp_path, capsys):
    run = shutil.copytree(whole, tmp_path / "run")
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    for broken in (torch.nan, torch.inf):
        content = checkpoint.read(run / "classifier.pt")
        content["network"]["1.weight"][0, 0] = broken
        checkpoint.replace(run / "classifier.pt", content)
        said = refused(capsys, "predict", run, tmp_path)
        assert said.startswith("2 ")
        assert "classifier.pt has weights that are not finite" in said
    state = checkpoint.load(run)
    next(iter(state["learner"]["online"].values()))[0] = torch.nan
    checkpoint.save(run, state)
    evaluation = open_snapshots(run, "evaluation")
    said = refused(capsys, "evaluate", run)
    assert "the checkpoint's online network has weights that are not finite" in said
    assert evaluation.identical(open_snapshots(run, "evaluation"))


def test_features_and_logits_that_are_not_finite_have_no_accuracy(whole, tmp_path, capsys):
    state = checkpoint.load(whole)
    config = Config.from_json(state["config"])
    data = load(config, torch.device("cpu"))
    body = load_network(state, config, data.shape, "online").encoder
    with torch.no_grad():
        for weight in body.parameters():
            weight *= 1e30  # finite, and overflows
    with pytest.raises(FloatingPointError, match="features of 64 of 64 images are not finite"):
        features(body, data, data.x_train)
    state["learner"]["online"] |= {
        f"encoder.{name}": value for name, value in body.state_dict().items()
    }
    run = shutil.copytree(whole, tmp_path / "run")
    checkpoint.save(run, state)
    for measure in (exact_correlation, view_features):
        with pytest.raises(FloatingPointError, match=r"features of .* images are not finite"):
            measure(run)
    logits = torch.tensor([[0.0, torch.nan], [torch.nan, 1.0]])
    with pytest.raises(FloatingPointError, match="the logits are not finite"):
        share_right(logits, torch.tensor([0, 1]))
    words = shlex.split("--protocol finetune --finetune.lr 1e30 --finetune.epochs 3")
    said = refused(capsys, "evaluate", whole, *words)
    assert said.startswith("1 ")
    assert "not finite" in said
    assert "finetune_accuracy" not in open_snapshots(whole, "evaluation")
    assert "lr is inf; a finite" in refused(
        capsys, "evaluate", whole, *words[:2], "--finetune.lr", "inf"
    )
