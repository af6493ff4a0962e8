"""A writer is interrupted at every line; its store is whole, and goes on."""

from contextlib import suppress
from itertools import count

import numpy as np
import pytest
from interrupts import interrupted_at

from analysis.store.reader import MissingGroupError, SnapshotWriter, open_snapshots

ROWS = 3
FEW, ALL = 89, 1  # lines from one interruption to the next


def write(path):
    with SnapshotWriter(path) as writer:
        for step in range(ROWS):
            writer.append(step=step, predictor=np.full((2, 2), float(step)), correlation=np.eye(2))
            writer.append_metrics(step=[step], loss=[step], tau=[1.0])
            writer.mark(reached=step)
            if step == 1:
                writer.flush()


def assert_whole(path):
    if not (path / "zarr.json").is_file():
        return
    ds = open_snapshots(path).load()
    for step in range(ds.sizes.get("step", 0)):
        assert (ds.predictor.values[step] == step).all()
    with suppress(MissingGroupError):
        metrics = open_snapshots(path, "metrics")
        np.testing.assert_array_equal(metrics.loss, metrics.step)
        assert metrics.tau.notnull().all()
    try:
        writer = SnapshotWriter(path, resume_after=0)
    except BlockingIOError:  # interrupted in its closing, it is held until its process ends
        return
    with writer:
        writer.append(step=1, predictor=np.eye(2), correlation=np.eye(2))
    assert open_snapshots(path).step.values[-1] == 1


@pytest.mark.parametrize(
    "stride", [FEW, pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_ctrl_c_at_any_line_leaves_whole_rows(tmp_path, stride):
    for n in count(1, stride):
        path = tmp_path / str(n)
        if interrupted_at(n, ["analysis/store"], lambda path=path: write(path)) is None:
            break
        assert_whole(path)
    assert n > 500


@pytest.mark.parametrize(
    "stride", [17, pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_a_closing_that_was_interrupted_is_ended_by_closing_again(tmp_path, stride):
    for n in count(1, stride):
        path = tmp_path / str(n)
        writer = SnapshotWriter(path)
        writer.append(step=0, predictor=np.zeros((2, 2)), correlation=np.eye(2))
        if interrupted_at(n, ["analysis/store"], writer.close) is None:
            break
        writer.close()
        writer.close()
        with pytest.raises(ValueError, match="is closed; resume it"):
            writer.append(step=1, predictor=np.eye(2), correlation=np.eye(2))
        with SnapshotWriter(path, resume_after=0):
            pass
    assert n > 50


def test_a_writer_that_an_error_left_open_is_told_and_closed_by_hand(tmp_path):
    writer = SnapshotWriter(tmp_path / "run" / "snapshots.zarr")
    for again in range(2):
        with pytest.raises(BlockingIOError, match="this very process: close that, or end it"):
            SnapshotWriter(tmp_path / "run" / "snapshots.zarr", resume_after=again)
    writer.close()
    SnapshotWriter(tmp_path / "run" / "snapshots.zarr", resume_after=0).close()
