"""A sweep on a dask cluster of two workers on this machine."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from analysis import open_runs, open_snapshots
from analysis.store.lock import is_held
from trainers import METHODS, Config
from trainers.commands.main import main
from trainers.runs.finished import finished_at
from trainers.training.cluster import state_of, work
from trainers.training.sweep import DIVERGED, FAILED, Planned

distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")
# Of distributed itself: sockets it closes late, and its own deprecations.
pytestmark = pytest.mark.filterwarnings("ignore")

SMALL = ["--size", "16", "--limit", "96", "--width", "2", "--epochs", "1", "--batch-size", "32"]
SMALL += ["--projector-hidden", "8", "--projector-out", "4", "--device", "cpu"]
LONG = [*SMALL]
LONG[LONG.index("--epochs") + 1] = "30"
PARTS = """
import numpy as np
from torch import nn

x = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 3), dtype=np.uint8)
arrays = {"x_train": x, "y_train": np.arange(24) % 3, "x_test": x[:6], "y_test": np.arange(6) % 3}

def sized(image_size):
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * image_size**2, 7))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("of-workers")
    with (
        contextlib.chdir(elsewhere),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made,
    ):
        os.chdir(os.path.dirname(elsewhere))
        yield made


def sweep(cluster, out, *words):
    argv = [*words, "--out", str(out), "--scheduler", cluster.scheduler_address]
    return main(["sweep", *argv])


def test_what_is_no_scheduler_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("trainers.training.cluster.WAIT", 0.2)
    said = {"nowhere": "scheduler is 'nowhere'; an address", "tcp://": "scheduler is 'tcp://'; an"}
    said["tcp://127.0.0.1:9"] = "no dask scheduler answers at 'tcp://127.0.0.1:9'"
    for address, words in said.items():
        argv = ["byol", "--scheduler", address, "--out", str(tmp_path / "runs"), *SMALL]
        assert main(["sweep", *argv]) == 2
        assert words in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "runs").exists()
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["sweep", *argv]) == 2
    assert "pip install 'eigenspace[cluster]'" in capsys.readouterr().err


def test_a_worker_that_does_not_see_the_folder_is_refused(tmp_path):
    # Else it would train where nobody looks.
    words = ("byol", (), str(tmp_path / "runs" / "byol-0"), "{}", "shapes", "sweep")
    with pytest.raises(FileNotFoundError, match=r"does not see .*/runs or .* all machines share"):
        work(*words, str(tmp_path), str(tmp_path / "runs" / "logs" / ".sweep"))
    (tmp_path / ".sweep").touch()
    with pytest.raises(FileNotFoundError, match="all machines share"):
        work(*words, str(tmp_path / "not-here"), str(tmp_path / ".sweep"))


class Ended(NamedTuple):
    """A future of distributed."""

    status: str
    error: Exception | None = None

    def exception(self):
        return self.error

    def result(self):
        return DIVERGED


def test_how_a_task_ended_is_the_state_of_its_run_or_said(tmp_path):
    run = Planned("byol", (), tmp_path / "byol-0", Config(method=METHODS["byol"]), "shapes")
    run.log.parent.mkdir()
    assert state_of(Ended("finished"), run, "tcp://x") == DIVERGED
    killed = distributed.scheduler.KilledWorker("byol-0", SimpleNamespace(address="tcp://y"), 3)
    assert state_of(Ended("error", killed), run, "tcp://x") == FAILED
    assert "given up: Attempted to run task 'byol-0' on 4 " in run.log.read_text()
    with pytest.raises(OSError, match="scheduler at tcp://x went away; the same command goes on"):
        state_of(Ended("cancelled"), run, "tcp://x")
    with pytest.raises(OSError, match="disk full"):
        state_of(Ended("error", OSError("disk full")), run, "tcp://x")
    missing = ModuleNotFoundError("No module named 'trainers'")
    with pytest.raises(ValueError, match=r"fails .*the same environment wanted"):
        state_of(Ended("error", missing), run, "tcp://x")


@pytest.mark.slow
def test_a_sweep_on_a_cluster_trains_all(cluster, tmp_path, capfd, monkeypatch):
    # With parts and data that only this folder has.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts_of_mine.py").write_text(PARTS)
    words = ["byol-linear", "--encoder", "parts_of_mine:sized", "--data", "parts_of_mine:arrays"]
    words += ["--epochs", "1", "--batch-size", "8", "--projector-out", "4", "--device", "cpu"]
    assert sweep(cluster, "runs", *words, "--lr", "0.1,0.2") == 0
    said = capfd.readouterr().out
    assert "2 runs: 2 trained, 0 were done, 0 failed, 0 diverged" in said
    assert open_runs(tmp_path / "runs")["lr"].values.tolist() == [0.1, 0.2]
    assert sweep(cluster, "runs", *words, "--lr", "0.1,0.2") == 0
    assert "2 runs: 0 trained, 2 were done" in capfd.readouterr().out
    small = [*SMALL, "--loss", "euclidean", "--lr", "1e30,0.01"]
    assert sweep(cluster, "others", "byol-linear", *small) == 1
    said = capfd.readouterr().out
    assert "2 runs: 1 trained, 0 were done, 0 failed, 1 diverged" in said
    assert "diverged at step" in next(line for line in said.splitlines() if "1e30" in line)
    assert not [*(tmp_path / "runs" / "logs").glob(".*")]


def started(cluster, out, *words):
    argv = ["sweep", *words, "--out", str(out), "--scheduler", cluster.scheduler_address]
    command = [sys.executable, "-m", "trainers", *argv]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def has_begun(child, run):
    while not (run / "checkpoint.pt").is_file():
        assert child.poll() is None, child.communicate()
        time.sleep(0.05)


def trains(worker):
    """The processes that a worker trains in."""
    children = psutil.Process(worker).children()
    return [one for one in children if "trainers" in one.cmdline()]


@pytest.mark.slow
@pytest.mark.parametrize("machine", ["machine", "worker"])
def test_a_worker_that_is_killed_loses_no_run(cluster, tmp_path, machine):
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = [*client.run(os.getpid).values()]
    child = started(cluster, tmp_path, "directpred", "--seeds", "0,1,2", *LONG)
    runs = [tmp_path / f"directpred-{seed}" for seed in (0, 1, 2)]
    has_begun(child, runs[0])
    worker = next(pid for pid in pids if any(str(runs[0]) in p.cmdline() for p in trains(pid)))
    trained = trains(worker)
    os.kill(worker, signal.SIGKILL)
    if machine == "machine":
        for process in trained:
            process.kill()
    said, errors = child.communicate(timeout=300)
    assert child.returncode == 0, errors
    assert "3 runs: 3 trained, 0 were done, 0 failed, 0 diverged" in said
    waited = f"running  {runs[0]}: in another process, which is waited for"
    assert (waited in said) == (machine == "worker")
    for run in runs:
        assert finished_at(run) == 90
        assert open_snapshots(run, "metrics").step.values.tolist() == [*range(1, 91)]
    log = (tmp_path / "logs" / "directpred-0.log").read_text()
    assert ("trainers resume" in log) == (machine == "machine")


@pytest.mark.slow
def test_an_interrupted_sweep_ends_what_workers_train(cluster, tmp_path):
    words = ["directpred", "--seeds", "0,1,2,3", *LONG]
    words[words.index("--epochs") + 1] = "100000"
    child = started(cluster, tmp_path, *words)
    run = tmp_path / "directpred-0"
    has_begun(child, run)
    child.terminate()
    _, said = child.communicate(timeout=60)
    assert child.returncode == 143
    assert "interrupted: 0 of 4 runs are done, and what was being trained is stopped" in said
    while is_held(run):
        time.sleep(0.05)
    last = (tmp_path / "logs" / "directpred-0.log").read_text().splitlines()[-1]
    assert "continues it" in last
    time.sleep(1)
    assert not any(is_held(tmp_path / f"directpred-{seed}") for seed in range(4))
