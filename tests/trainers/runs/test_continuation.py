import json
import shutil

import numpy as np
import pytest
from pictures import save

from analysis import SnapshotWriter, open_snapshots
from trainers import METHODS, Config, resume, train
from trainers.runs import checkpoint
from trainers.runs.continuation import check_continuation
from trainers.training.learner import Learner

CONFIG = json.dumps({"seed": 1})


def store(run, snapshots, metrics, config=CONFIG):
    with SnapshotWriter(run / "snapshots.zarr", attrs={"config": config}) as writer:
        for step in snapshots:
            writer.append(step, epoch=step / 4, time=0.0, predictor=np.eye(2))
        if metrics:
            writer.append_metrics(metrics, loss=np.ones(len(metrics)))
    return run


@pytest.mark.parametrize("step", [0, 4, 6, 9])
def test_a_store_that_goes_to_the_checkpoint_or_on_is_continued(tmp_path, step):
    for name, last in (("ends", step), ("goes on", 11)):
        snapshots = [t for t in (0, 3, 6, 9, 12) if t <= last]
        run = store(tmp_path / name, snapshots, list(range(1, last + 1)))
        check_continuation(run, step, CONFIG, {3, 6, 9, 12})


@pytest.mark.parametrize(
    ("snapshots", "metrics", "message"),
    [
        ([0, 3], range(1, 10), "lacks snapshots from step 6 on; .* step 5 or before"),
        ([0, 3, 6, 9], range(1, 6), "lacks metrics from step 6 on; .* step 5 or before"),
        ([0, 3, 6], range(1, 5), "snapshots from step 9 and metrics from step 5 on; .* step 4 or"),
        ([0, 3, 9, 12], range(1, 13), "lacks snapshots from step 6 on"),  # a gap, not an end
        ([0, 3, 6, 9], [*range(1, 4), *range(6, 13)], "lacks metrics from step 4 on"),
        ([3, 6, 9], range(1, 10), "lacks snapshots from step 0 on"),
        ([0, 3, 5, 6, 9], range(1, 10), "has snapshots of step 5, where this run has none"),
        ([0, 3, 6, 9], [], "lacks metrics from step 1 on"),
    ],
)
def test_a_store_that_lacks_what_the_checkpoint_speaks_of_is_refused(
    tmp_path, snapshots, metrics, message
):
    run = store(tmp_path / "run", snapshots, list(metrics))
    with pytest.raises(ValueError, match=message):
        check_continuation(run, 9, CONFIG, {3, 6, 9, 12})


def test_store_and_checkpoint_of_two_runs_are_refused(tmp_path):
    run = store(tmp_path / "run", [0], [])
    with pytest.raises(ValueError, match="are of runs of other options"):
        check_continuation(run, 0, json.dumps({"seed": 2}), {3})


def test_an_old_copy_of_the_store_or_the_checkpoint(tmp_path, monkeypatch):
    config = Config(
        method=METHODS["directpred"],
        data=save(tmp_path / "a.npz"),
        width=1,
        batch_size=4,
        projector_hidden=6,
        projector_out=4,
        epochs=3,
        every=2,
        device="cpu",
    )
    run, old = tmp_path / "run", tmp_path / "old"
    learn = Learner.learn

    def copying(self, step, x1, x2):
        if step == 5 and not old.exists():  # the first epoch is over, its checkpoint made
            shutil.copytree(run, old)
        return learn(self, step, x1, x2)

    monkeypatch.setattr(Learner, "learn", copying)
    train(config, run)
    assert checkpoint.load(old)["step"] == 3
    shutil.copytree(run, tmp_path / "behind")
    shutil.copy(old / "checkpoint.pt", tmp_path / "behind")
    resume(tmp_path / "behind")  # from step 3: what came after is written anew
    assert open_snapshots(tmp_path / "behind").identical(open_snapshots(run))
    before = (old / "snapshots.zarr" / "zarr.json").read_bytes()
    shutil.copy(run / "checkpoint.pt", old)
    message = (
        r"checkpoint.pt is of step 9, and the store lacks snapshots from step [46] and metrics"
    )
    with pytest.raises(ValueError, match=message):
        resume(old)
    assert (old / "snapshots.zarr" / "zarr.json").read_bytes() == before
