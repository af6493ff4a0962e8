"""What was opened, and computed, before a fork is no hindrance after it."""

import multiprocessing
import os
import time

import numpy as np
import pytest
from numbered_stores import assert_holds, matrices, write

from analysis import SnapshotWriter, asymmetry, open_runs, open_snapshots

# Of Python 3.12 and up: threads are no longer there after a fork, which is what is tested.
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]
PATIENCE = 60.0


def in_a_fork(function, *arguments):
    """Return what a function returns in a forked process, or fail where it hangs."""
    here, there = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    child = context.Process(target=lambda: there.send(function(*arguments)))
    child.start()
    try:
        assert here.poll(PATIENCE), "hangs"
        return here.recv()
    finally:
        child.kill()
        child.join()


def computed(opened, path):
    """Numbers of a run that was opened before, of the same one opened anew, and of many."""
    anew = open_snapshots(path)
    return [
        float(opened["predictor"].sum()),
        float(anew["predictor"].sum()),
        float(asymmetry(anew["predictor"]).sum()),
        open_snapshots(path, "metrics").sizes["step"],
        float(open_runs([path])["correlation"].sum()),
    ]


@pytest.mark.parametrize("before", ["opened", "computed"])
def test_a_fork_opens_and_computes_as_its_parent_does(tmp_path, before):
    path = tmp_path / "run"
    write(path / "snapshots.zarr", 9, d=8)
    opened = open_snapshots(path)
    if before == "computed":
        wanted = computed(opened, path)
        assert in_a_fork(computed, opened, path) == wanted
        assert in_a_fork(in_a_fork, computed, opened, path) == wanted  # and its own forks
    else:
        assert in_a_fork(computed, opened, path) == computed(opened, path)


def test_a_parent_computes_on_after_its_fork(tmp_path):
    write(tmp_path / "snapshots.zarr", 3)
    opened = open_snapshots(tmp_path)
    opened["predictor"].sum().compute()
    in_a_fork(time.monotonic)
    np.testing.assert_array_equal(opened["predictor"], matrices(3)[0])


def test_a_run_is_read_and_written_where_it_was_opened_when_the_folder_changes(
    tmp_path, monkeypatch
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    W, F = matrices(2)
    with SnapshotWriter("snapshots.zarr") as writer:
        writer.append(0, epoch=0.0, time=0.0, predictor=W[0], correlation=F[0], samples=7)
        writer.append_metrics([0, 1], loss=[0, 0.5])
        writer.flush()
        opened = open_snapshots("snapshots.zarr")
        monkeypatch.chdir(tmp_path / "elsewhere")
        writer.append(10, epoch=0.2, time=0.1, predictor=W[1], correlation=F[1], samples=7)
        writer.append_metrics([10, 11], loss=[1, 1.5])
    np.testing.assert_array_equal(opened["predictor"], W[:1])
    assert_holds(tmp_path / "snapshots.zarr", 2)
    assert not [*(tmp_path / "elsewhere").iterdir()]
