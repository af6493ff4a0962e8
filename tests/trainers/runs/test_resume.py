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
from trainers.training.learner import Learner

pytestmark = pytest.mark.usefixtures("few_shapes")


class Stop(KeyboardInterrupt):
    pass


SCHEDULED = {"schedule": "cosine", "warmup": 1.5, "decay": "decoupled", "predictor_lr": 0.1}
STOPPED = {
    "byol": small(METHODS["byol"]),
    "directpred": small(METHODS["directpred"]),
    "optimal": small(Method(Optimal(every=2), EMA(0.9, final=1.0, buffers=True)), **SCHEDULED),
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
        with pytest.raises(Stop):
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


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    run = train(SMALL, tmp_path / "run")
    before = snapshots(run), open_snapshots(run, "evaluation")
    resume(run)
    xr.testing.assert_identical(before[0], snapshots(run))
    xr.testing.assert_identical(before[1], open_snapshots(run, "evaluation"))
