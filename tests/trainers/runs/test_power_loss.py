"""The power goes at any moment of a training: resumed, it ends as if it never had."""

import random

import pytest
from damage import refusal
from power_loss import Disk
from small_runs import tiny

from analysis import open_snapshots
from trainers import METHODS, resume, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """All that a training did to the disk, and the run that it ended in."""
    folder = tmp_path_factory.mktemp("power")
    config = tiny(folder, METHODS["directpred"], epochs=3)
    (folder / "a").mkdir()
    with pytest.MonkeyPatch.context() as patched:
        disk = Disk(folder / "a", patched)
        run = train(config, folder / "a" / "run")
    return disk, open_snapshots(run).load(), open_snapshots(run, "metrics")


def check(trained, to, trials):
    disk, snapshots, metrics = trained
    rng = random.Random(0)
    kept = [i for i, (_, path, *_) in enumerate(disk.operations) if path.name == "checkpoint.pt"]
    counts = {"resumed": 0, "before the first checkpoint": 0}
    for moment, held in disk.states(rng, trials):
        run = disk.restore(held, to) / "run"
        said, found = refusal(lambda run=run: open_snapshots(run).load(), run)
        if not said and found.sizes:  # what was published is what was trained
            assert found.equals(snapshots.sel(step=found["step"]))
        said, _ = refusal(lambda run=run: resume(run), run)
        if said:
            assert moment <= kept[0] + 2, (moment, said)  # its name waits for the folder
            counts["before the first checkpoint"] += 1
            continue
        counts["resumed"] += 1
        assert open_snapshots(run).load().equals(snapshots)
        mine = open_snapshots(run, "metrics").drop_vars("images_per_second")
        assert mine.equals(metrics.drop_vars("images_per_second"))
    return counts


def test_a_run_that_lost_power_is_resumed_to_the_run_that_did_not(trained, tmp_path):
    check(trained, tmp_path / "b", 4)


@pytest.mark.slow
def test_a_run_that_lost_power_at_any_moment_is_resumed(trained, tmp_path, trials):
    print(check(trained, tmp_path / "b", max(trials, 50)))


def test_what_a_root_speaks_of_was_waited_for_before_the_root_has_its_name(trained):
    disk, *_ = trained
    store = next(path.parent for _, path, *_ in disk.operations if path.name == "zarr.json")
    while store.name != "snapshots.zarr":
        store = store.parent
    waiting, roots = set(), 0  # folders in which a folder or a chunk is new
    for kind, path, *_ in disk.operations:
        if kind == "sync":
            waiting.discard(path)
        elif path == store / "zarr.json":
            roots += 1
            assert roots == 1 or not waiting, (roots, waiting)
        elif kind in ("set", "folder") and store in path.parents and path.name != "zarr.json":
            waiting.add(path.parent)
    assert roots > 3
