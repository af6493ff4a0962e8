import dataclasses

import pytest
import torch
import xarray as xr
from small_runs import SMALL, small, snapshots, weights

from analysis.store.reader import open_snapshots
from trainers import (
    EMA,
    METHODS,
    Direct,
    Method,
    Optimal,
    StopGradient,
    resume,
    train,
)
from trainers.commands.main import main
from trainers.evaluation.evaluate import PROTOCOLS, evaluate
from trainers.evaluation.knn import KNN
from trainers.runs.finished import finished_at
from trainers.training.learner import Learner

pytestmark = pytest.mark.usefixtures("few_shapes")


class Stop(KeyboardInterrupt):
    pass


SCHEDULED = {"schedule": "cosine", "warmup": 1.5, "decay": "decoupled", "predictor_lr": 0.1}
STOPPED = {
    "byol": small(METHODS["byol"]),
    "directpred": small(METHODS["directpred"]),
    "optimal": small(Method(Optimal(every=2), EMA(0.9, final=1.0, buffers=True)), **SCHEDULED),
    "accumulated": small(METHODS["directpred"], accumulate=5),
    "bf16": small(METHODS["directcopy"], precision="bf16"),
    "lars": small(METHODS["byol"], optimiser="lars", lr=1.0, schedule="cosine"),
    "centred": small(Method(Direct(centred=True), StopGradient()), batch_norm="fused-per-view"),
}


@pytest.fixture(scope="module")
def whole_runs():
    """Runs that were not stopped, by name, as they are first asked for."""
    return {}


@pytest.mark.parametrize("stop", [1, 4, 6, 11])
@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_was_stopped_and_resumed_is_bitwise_the_run_that_was_not(
    tmp_path, tmp_path_factory, monkeypatch, whole_runs, name, stop
):
    # Snapshots and checkpoints fall on different steps.
    config = dataclasses.replace(STOPPED[name], every=3)
    if name not in whole_runs:
        whole_runs[name] = train(config, tmp_path_factory.mktemp("whole") / name)
    whole = whole_runs[name]
    learn = Learner.learn

    def learn_until(self, step, x1, x2):
        if step == stop:
            raise Stop
        return learn(self, step, x1, x2)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", learn_until)
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path / "stopped")
    assert open_snapshots(tmp_path / "stopped").step.values[-1] < stop
    stopped = resume(tmp_path / "stopped")
    xr.testing.assert_equal(snapshots(whole), snapshots(stopped))
    noise = ["images_per_second"]
    xr.testing.assert_equal(
        open_snapshots(whole, "metrics").drop_vars(noise),
        open_snapshots(stopped, "metrics").drop_vars(noise),
    )
    xr.testing.assert_equal(
        open_snapshots(whole, "evaluation"), open_snapshots(stopped, "evaluation")
    )
    for left, right in zip(weights(whole), weights(stopped), strict=True):
        assert torch.equal(left, right)


def test_resuming_a_finished_run_computes_nothing_and_says_so(tmp_path, capsys, monkeypatch):
    run = train(SMALL, tmp_path / "run")
    assert finished_at(run) == 12
    before = {file: file.stat().st_mtime_ns for file in run.rglob("*")}
    monkeypatch.setattr(KNN, "score", None)
    capsys.readouterr()
    assert resume(run) == run
    said = f"{run} is finished: 3 epochs, 12 steps, nothing was computed; --epochs N with N above 3"
    assert capsys.readouterr().err.startswith(said)
    assert main(["resume", str(run)]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith(said)
    assert (captured.err.count("\n"), captured.out) == (1, "")
    assert before == {file: file.stat().st_mtime_ns for file in run.rglob("*")}


def test_what_is_no_run_or_hardly_one_is_not_finished(tmp_path):
    assert finished_at(tmp_path / "nowhere") is None
    (tmp_path / "begun" / "snapshots.zarr").mkdir(parents=True)
    assert finished_at(tmp_path / "begun") is None


@pytest.mark.parametrize("between", [(), ("knn",), ("linear",), ("knn", "linear")])
def test_a_run_without_its_last_measurement_is_not_finished(tmp_path, monkeypatch, between):
    whole = train(SMALL, tmp_path / "whole")

    def stop(*_):
        raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(KNN, "score", stop)
        with pytest.raises(
            KeyboardInterrupt, match=r"^interrupted at step 12; `eigenspace resume "
        ):
            train(SMALL, tmp_path / "stopped")
    stopped = tmp_path / "stopped"
    assert finished_at(stopped) is None
    if between:
        evaluate(stopped, {name: PROTOCOLS[name] for name in between})
        assert finished_at(stopped) is None
    resume(stopped)
    assert finished_at(stopped) == 12
    tables = [open_snapshots(run, "evaluation").to_dataframe() for run in (whole, stopped)]
    knn = [table[table["protocol"] == "knn"].to_dict("records") for table in tables]
    assert knn[0] == knn[1]
    assert len(tables[1]) == 1 + ("linear" in between)
