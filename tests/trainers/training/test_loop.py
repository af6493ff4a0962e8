import dataclasses
import json

import numpy as np
import pytest
import torch
import xarray as xr
from small_runs import SMALL, small, snapshots, weights

import trainers.runs.trained
import trainers.training.loop
from analysis.store.reader import open_snapshots
from trainers import (
    EMA,
    METHODS,
    Config,
    Direct,
    Learned,
    Method,
    StopGradient,
    resume,
    train,
)
from trainers.device import pick_device
from trainers.training.learner import Learner
from trainers.training.steps import batches, snapshot_steps

pytestmark = pytest.mark.usefixtures("few_shapes")


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize("name", METHODS)
def test_every_method_trains_and_leaves_a_complete_run(tmp_path, name):
    config = small(METHODS[name], seed=7)
    run = train(config, tmp_path / "run")
    ds = snapshots(run)
    np.testing.assert_array_equal(ds.step, np.arange(13))
    np.testing.assert_allclose(ds.epoch, np.arange(13) / 4)
    np.testing.assert_allclose(ds.time, 1.2 * np.arange(13))  # 4 * .03 / .1 a step
    assert ds.predictor.shape == (13, 6, 6)
    assert ds.samples.values[1:].tolist() == [20] * 12  # two views of ten images
    assert np.isfinite(ds.drop_vars("running_correlation", errors="ignore").to_array()).all()
    assert ds.attrs["method"] == name
    assert Config.from_json(ds.attrs["config"]) == config
    assert json.loads(ds.attrs["config"])["batch_size"] == 10
    assert json.loads(ds.attrs["config"])["seed"] == ds.attrs["seed"] == 7
    assert ds.attrs["commit"] == "unknown" or len(ds.attrs["commit"]) == 40
    metrics = open_snapshots(run, "metrics")
    assert metrics.step.values.tolist() == list(range(1, 13))
    assert {"loss", "learning_rate", "tau", "feature_std", "grad_norm"} <= set(metrics)
    assert metrics.loss.notnull().all()
    assert (metrics.learning_rate == 0.03).all()
    evaluation = open_snapshots(run, "evaluation")
    assert evaluation.step.values.tolist() == [12]
    assert 0 <= evaluation.accuracy.values[0] <= 1
    assert json.loads(evaluation.options.item()) == {"k": 200, "temperature": 0.1}
    assert json.loads(evaluation.details.item())["split"].startswith("test")
    states = torch.load(run / "encoder.pt", weights_only=True)
    assert set(states) == {"online", "target"}


def test_momentum_zero_is_the_stop_gradient(tmp_path):
    a = train(small(Method(Learned(hidden=8), EMA(0.0))), tmp_path / "ema")
    b = train(small(Method(Learned(hidden=8), StopGradient())), tmp_path / "stop")
    xr.testing.assert_equal(snapshots(a), snapshots(b))
    for left, right in zip(weights(a), weights(b), strict=True):
        assert torch.equal(left, right)
    assert (open_snapshots(a, "metrics").tau == 1).all()


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("preset", ["directpred", "directcopy"])
def test_the_direct_predictor_is_its_closed_form_at_due_steps_and_only_then(
    tmp_path, preset, every
):
    rule = dataclasses.replace(METHODS[preset].predictor, every=every)
    ds = snapshots(train(small(Method(rule, EMA(0.9))), tmp_path / "run"))
    for step in range(1, 13):
        F = ds.running_correlation.sel(step=step).values.astype(float)
        s, U = np.linalg.eigh(F)
        p = {
            "directpred": np.sqrt(s.clip(0) / s.max()) + 0.1,
            "directcopy": s / np.sqrt((F**2).sum()) + 0.3,
        }[preset]
        closed_form = (U * p) @ U.T
        off = abs(ds.predictor.sel(step=step) - closed_form).max()
        assert (off < 2e-6) == (step % every == 0), step
    assert ds.running_correlation.isel(step=0).isnull().all()
    assert ds.running_correlation.attrs["rho"] == rule.rho


def test_the_running_correlation_follows_from_the_recorded_batches(tmp_path):
    ds = snapshots(train(small(METHODS["directpred"]), tmp_path / "run"))
    F = ds.correlation.sel(step=1).values  # with every=1 one batch is behind each snapshot
    for step in range(2, 13):
        F = 0.3 * F + 0.7 * ds.correlation.sel(step=step).values
        np.testing.assert_allclose(ds.running_correlation.sel(step=step), F, atol=1e-6)


def test_the_fit_of_a_linear_predictors_predictions_is_its_weight(tmp_path):
    # q = W z before the step: E[q z^T] = W E[z z^T], with the W of the snapshot before.
    ds = snapshots(train(small(Method(Learned(layers=1), EMA(0.9))), tmp_path / "run"))
    for step in range(1, 13):
        W = ds.predictor.sel(step=step - 1).values.astype(float)
        expected = W @ ds.correlation.sel(step=step).values
        np.testing.assert_allclose(ds.prediction_correlation.sel(step=step), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("d", "batch", "images"),
    [(6, 10, 30), (6, 20, 40), (12, 20, 40), (6, 4, 24), (30, 10, 40)],
)
def test_step_zero_is_recorded_on_eight_rows_a_feature_or_an_epoch(tmp_path, d, batch, images):
    # 8 d rows, two an image, in whole batches: 24 or 48 images; the data have 40.
    config = dataclasses.replace(SMALL, projector_out=d, batch_size=batch, epochs=1, every=99)
    first = snapshots(train(config, tmp_path / "run")).isel(step=0)
    assert (first.step, first.epoch, first.time) == (0, 0, 0)
    assert first.samples == 2 * images
    assert images == 40 or 2 * images >= 8 * d > 2 * (images - batch)
    if d == 6:
        assert np.linalg.matrix_rank(first.correlation) == d


def test_step_zero_leaves_no_trace_in_training(tmp_path, monkeypatch):
    a = snapshots(train(SMALL, tmp_path / "a"))
    monkeypatch.setattr(
        trainers.training.loop,
        "_look_before_training",
        lambda config, data, learner, recorder: None,
    )
    b = snapshots(train(SMALL, tmp_path / "b"))
    xr.testing.assert_equal(a.sel(step=slice(1, None)), b)


def test_time_and_rate_follow_the_schedule(tmp_path):
    config = small(METHODS["byol"], schedule="cosine", warmup=1.0, encoder_lr=0.06)
    run = train(config, tmp_path / "run")
    k = np.arange(12)
    rates = 0.06 * np.where(k < 4, (k + 1) / 4, (1 + np.cos(np.pi * np.maximum(k - 4, 0) / 8)) / 2)
    np.testing.assert_allclose(open_snapshots(run, "metrics").learning_rate, rates, rtol=1e-6)
    time = np.concatenate([[0], np.cumsum(4 * rates / (1 - 0.9))])
    np.testing.assert_allclose(snapshots(run).time, time, rtol=1e-6)


def test_one_seed_is_one_run_and_another_is_another(tmp_path):
    runs = [
        snapshots(train(dataclasses.replace(SMALL, seed=seed), tmp_path / str(i)))
        for i, seed in enumerate((0, 0, 1))
    ]
    xr.testing.assert_equal(runs[0], runs[1])
    assert not np.allclose(runs[0].predictor, runs[2].predictor)
    assert not np.allclose(runs[0].correlation, runs[2].correlation)


def test_recording_changes_nothing(tmp_path):
    a = train(SMALL, tmp_path / "a")
    b = train(dataclasses.replace(SMALL, every=100), tmp_path / "b")
    for left, right in zip(weights(a), weights(b), strict=True):
        assert torch.equal(left, right)


def test_an_epoch_visits_every_image_once_and_the_next_in_another_order():
    class Hundred:
        name = "hundred"

        def __len__(self):
            return 105

    visits = [samples for _, samples in batches(SMALL, Hundred(), 0)]
    assert len(visits) == 30
    first, second = torch.cat(visits[:10]), torch.cat(visits[10:20])
    assert len(first.unique()) == 100
    assert not torch.equal(first, second)
    resumed = [samples for _, samples in batches(SMALL, Hundred(), 13)]
    assert all(torch.equal(a, b) for a, b in zip(visits[13:], resumed, strict=True))


def test_the_schedule_is_dense_at_first_and_ends_at_the_end():
    steps = sorted(snapshot_steps(39_000, None))
    assert steps[:5] == [1, 3, 4, 7, 9]  # 39,000 (i / 400)^2 is .24, .98, 2.2, 3.9, 6.1, 8.8
    assert steps[-1] == 39_000
    assert 380 <= len(steps) <= 400
    assert max(np.diff(steps)) <= 200
    assert sorted(snapshot_steps(25, 10)) == [10, 20, 25]
    assert sorted(snapshot_steps(5, None)) == [1, 2, 3, 4, 5]


def test_a_run_is_not_overwritten_without_being_asked(tmp_path):
    run = train(SMALL, tmp_path / "run")
    with pytest.raises(FileExistsError, match="holds a run; resume it, give another --out"):
        train(SMALL, run)
    train(SMALL, run, overwrite=True)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").touch()
    with pytest.raises(FileExistsError, match="exists and is not a run"):
        train(SMALL, tmp_path / "letters", overwrite=True)
    assert (tmp_path / "letters" / "dear.txt").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 41}, "batch-size is 41, and shapes has 40 training images; lower it"),
        ({"encoder": "linear", "width": None}, "encoder 'linear' wants vectors"),
        ({"device": "cuda:77"}, "device is 'cuda:77', which torch does not find here"),
        ({"device": "tpu!"}, "device is 'tpu!'; choose auto"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        train(dataclasses.replace(SMALL, **options), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_rule_of_a_direct_predictor_reaches_the_network():
    learner = Learner(small(Method(Direct(), EMA())), (3, 16, 16), torch.device("cpu"))
    learner.learn(1, *torch.randn(2, 10, 3, 16, 16))
    predictor = learner.predictor
    torch.testing.assert_close(
        predictor.matrix(), predictor.rule.solve(predictor.running_correlation)
    )


def test_auto_is_a_device_of_this_machine():
    assert pick_device("auto").type in {"cpu", "cuda", "mps"}


def test_dropout_of_a_users_encoder_is_that_of_the_seed_and_of_a_run_that_never_stopped(tmp_path):
    config = small(METHODS["byol"], encoder="users_module:Dropping", width=3)
    torch.manual_seed(1)
    whole = train(config, tmp_path / "whole")
    torch.manual_seed(2)
    state = torch.random.get_rng_state()
    parts = train(dataclasses.replace(config, epochs=1), tmp_path / "parts")
    resume(parts, epochs=3)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(map(torch.equal, weights(whole), weights(parts)))
    ours, theirs = (open_snapshots(run).sel(step=[0, 4, 12]).load() for run in (whole, parts))
    xr.testing.assert_equal(ours, theirs)
    other = train(dataclasses.replace(config, seed=1), tmp_path / "other")
    assert not all(map(torch.equal, weights(whole), weights(other)))
