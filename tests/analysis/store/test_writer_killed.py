"""A writer is killed at random moments; nothing that was published may be lost or half-written."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from killed_writer import FRESH, Child

from analysis.store.reader import SnapshotWriter, open_snapshots


def published(path: Path) -> int:
    """Read everything with plain xarray; return how many steps are there with metrics."""
    run = xr.open_zarr(path).load()
    if "metrics" not in zarr.open_group(path, mode="r"):
        return 0  # killed before the first metrics were out
    metrics = xr.open_zarr(path, group="metrics").load()
    steps = run.step.values
    np.testing.assert_array_equal(steps, np.arange(len(steps)))
    row = np.ones(run.predictor.shape, np.float32) * steps[:, None, None]
    np.testing.assert_array_equal(run.predictor, row)
    np.testing.assert_array_equal(run.correlation, -row)
    np.testing.assert_array_equal(run.samples, steps)
    np.testing.assert_allclose(run.time, steps / 100)
    np.testing.assert_array_equal(metrics.loss, metrics.metrics_step)
    np.testing.assert_array_equal(metrics.metrics_step, np.arange(len(metrics.loss)))
    open_snapshots(path)  # our own reader finds nothing missing or cut off either
    # A snapshot can be out before the metrics of its own step; a checkpoint flushes both.
    return min(len(steps), len(metrics.loss))


@pytest.mark.parametrize(("d", "kills"), [(2, 5), (256, 5), (1024, 5)])
def test_every_published_snapshot_survives_kills_and_resuming(tmp_path, d, kills):
    kill_and_resume(tmp_path / "s.zarr", d, kills)


@pytest.mark.slow
@pytest.mark.parametrize("d", [2, 32, 128, 512, 2048])
def test_every_published_snapshot_survives_many_kills(tmp_path, d, trials):
    kill_and_resume(tmp_path / "s.zarr", d, kills=trials)


def kill_and_resume(path: Path, d: int, kills: int) -> None:
    rng = random.Random(d)
    after, seen = FRESH, 0
    for _ in range(kills):
        child = Child(path, d, after)
        time.sleep(rng.uniform(0, 0.25))
        child.kill()
        there = published(path)
        assert there >= min(seen, max(after + 1, 0))
        # Resume a little before the end, as a checkpoint would.
        seen, after = there, max(there - 1 - rng.randrange(5), -1)
        if d >= 1024:  # keep the file small: start again from an early step
            after = min(after, 20)
    code, errors = Child(path, d, after, snapshots=after + 4).end()
    assert code == 0, errors
    assert published(path) == after + 4
    assert not list(path.rglob("*.partial"))


def test_a_full_disk_is_an_error_with_the_last_good_step_and_keeps_what_was_written(tmp_path):
    # Constant matrices compress to nothing and fit; noise does not.
    full = {"noise_from": 40, "largest": 2**17}
    code, errors = Child(tmp_path / "s.zarr", d=512, after=FRESH, **full).end()
    assert code == 1
    assert "could not be written: " in errors
    assert "File too large" in errors
    assert "whole up to step " in errors
    assert str(tmp_path / "s.zarr") in errors
    assert 30 < published(tmp_path / "s.zarr") <= 40
    with SnapshotWriter(tmp_path / "s.zarr", resume_after=-1):
        pass
    assert not list((tmp_path / "s.zarr").rglob("*.partial"))
