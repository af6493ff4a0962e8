"""The power goes at any moment of writing a store: what was published is read, or nothing."""

import random

import numpy as np
import pytest
from power_loss import Disk

from analysis import SnapshotWriter, open_snapshots, verify

D, SNAPSHOTS = 512, 9  # four rows a chunk


def matrix(step):
    return np.full((D, D), step + 1, np.float32)


def written(folder, monkeypatch, durable):
    """A store that is written, stopped, resumed in the middle of a chunk, and closed."""
    with monkeypatch.context() as patched:
        disk = Disk(folder, patched)
        published = []
        for first, last, options in ((0, 6, {}), (4, SNAPSHOTS, {"resume_after": 3})):
            with SnapshotWriter(folder / "run.zarr", durable=durable, **options) as writer:
                for step in range(first, last):
                    writer.append(step, predictor=matrix(step), samples=step)
                    writer.append_metrics([step], loss=[step])
                    if step % 2:
                        writer.flush()
                        published.append((len(disk.operations), step))
    return disk, published


def check(disk, published, to, trials, durable):
    rng = random.Random(0)
    refused = 0
    for moment, held in disk.states(rng, trials):
        run = disk.restore(held, to) / "run.zarr"
        kept = max((step for at, step in published if at <= moment), default=None)
        first_of_resume = min(at for at, step in published if step == 5 and at)
        try:
            ds, metrics = open_snapshots(run).load(), None
            if (run / "metrics").is_dir():
                metrics = open_snapshots(run, "metrics") if "predictor" in ds else None
        except (ValueError, OSError) as error:
            said = str(error)
            refused += 1
        else:
            said = ""
        # With fsync what was published once is never refused.
        assert not (said and durable and kept is not None), (moment, said)
        assert "\n" not in said
        if said:
            continue
        # Only metadata that our reader does not read, and a resumed writer writes anew.
        strange = [line for line in verify(run) if "zarr.json is" not in line]
        assert strange == [] or not durable, strange
        steps = ds["step"].values if "step" in ds else np.empty(0, int)
        assert steps.tolist() == list(range(len(steps)))
        if len(steps):
            whole = np.stack([matrix(step) for step in steps])
            np.testing.assert_array_equal(ds["predictor"], whole)
            np.testing.assert_array_equal(ds["samples"], steps)
        if metrics is not None:
            np.testing.assert_array_equal(metrics["loss"], metrics["step"])
        if durable and kept is not None:
            # Resuming after step 3 gives up the later ones.
            assert len(steps) > (kept if moment <= first_of_resume else 3)
    return refused


@pytest.mark.parametrize("durable", [True, False])
def test_a_loss_of_power_never_yields_a_mixture(tmp_path, monkeypatch, durable):
    (tmp_path / "a").mkdir()
    disk, published = written(tmp_path / "a", monkeypatch, durable)
    check(disk, published, tmp_path / "b", 12, durable)


@pytest.mark.slow
@pytest.mark.parametrize("durable", [True, False])
def test_many_losses_of_power_never_yield_a_mixture(tmp_path, monkeypatch, trials, durable):
    (tmp_path / "a").mkdir()
    disk, published = written(tmp_path / "a", monkeypatch, durable)
    print(check(disk, published, tmp_path / "b", max(trials, 200), durable), "refused")
