import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from analysis import SnapshotWriter, open_runs, open_snapshots
from analysis.store.lock import hold, is_held, lock_file
from trainers import Config
from trainers.commands.main import main
from trainers.data.load import place_of
from trainers.training.children import Children
from trainers.training.sweep import DONE, NEW, STARTED, Planned, environment, expand, found, plan

SMALL = ["--size", "16", "--limit", "96", "--width", "2", "--epochs", "1", "--batch-size", "32"]
SMALL += ["--projector-hidden", "8", "--projector-out", "4", "--device", "cpu"]


LONG = [*SMALL]
LONG[LONG.index("--epochs") + 1] = "100000"


def sweep(*words, small=SMALL):
    return main(["sweep", *map(str, words), *small])


@pytest.fixture
def in_process(monkeypatch):
    """Runs are trained here: a process of its own takes most of its time to start."""

    one = threading.Lock()  # stdout belongs to the process

    def run(self, command, log, env):
        with (
            one,
            log.open("a") as out,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            return main(command[3:])  # after python -m trainers

    monkeypatch.setattr(Children, "run", run)


def test_expand_is_the_product_with_the_last_option_fastest():
    chosen = [tuple(c.values()) for c in expand({"--lr": ["1", "2"], "--width": ["3", "4"]})]
    assert chosen == [("1", "3"), ("1", "4"), ("2", "3"), ("2", "4")]
    assert list(expand({})) == [{}]


def test_what_is_a_users_is_swept_by_its_name_and_skipped_when_done(tmp_path, in_process, capfd):
    small = [word for word in SMALL if word not in ("--size", "16", "--limit", "96")]
    words = ["byol", "--data", "users_module:arrays", "--loss", "users_module:L1,cosine"]
    words += ["--views", "users_module:noisy,crop", "--out", tmp_path]
    assert sweep(*words, small=small) == 0
    assert "4 runs: 4 trained" in capfd.readouterr().out
    ds = open_runs(tmp_path)
    assert sorted(set(ds["views"].values.tolist())) == ["crop", "users_module:noisy"]
    assert (tmp_path / "byol-loss=users_module%3AL1-views=crop-0" / "encoder.pt").is_file()
    assert sweep(*words, small=small) == 0
    assert "0 trained, 4 were done" in capfd.readouterr().out
    assert main(["sweep", *map(str, words), "--loss.weight", "0", *small]) == 2
    assert "loss weight is 0.0; it must be above 0" in capfd.readouterr().err


@pytest.mark.slow
def test_a_sweep_of_processes_trains_all_and_the_runs_open_as_one(tmp_path, capfd):
    trains_all(tmp_path, capfd)


def test_a_sweep_trains_all_at_once_and_the_runs_open_as_one(
    tmp_path, in_process, monkeypatch, capfd
):
    both, run = threading.Barrier(2, timeout=60), Children.run

    def together(*words):
        both.wait()
        return run(*words)

    monkeypatch.setattr(Children, "run", together)
    trains_all(tmp_path, capfd)


def trains_all(tmp_path, capfd):
    words = ["directpred", "--predictor.eps", "0.1,0.3", "--out", tmp_path]
    assert sweep(*words, "--workers", "2") == 0
    assert "2 runs: 2 trained, 0 were done, 0 failed, 0 diverged" in capfd.readouterr().out
    ds = open_runs(tmp_path)
    assert ds["predictor_eps"].values.tolist() == [0.1, 0.3]
    assert ds["predictor"].notnull().all()
    before = (tmp_path / "directpred-predictor.eps=0.1-0" / "encoder.pt").stat().st_mtime_ns
    assert sweep(*words) == 0
    assert "0 trained, 2 were done" in capfd.readouterr().out
    assert (tmp_path / "directpred-predictor.eps=0.1-0" / "encoder.pt").stat().st_mtime_ns == before


def test_a_run_that_fails_does_not_end_the_rest(tmp_path, in_process, capfd):
    small = [*SMALL, "--loss", "euclidean"]
    assert sweep("byol-linear", "--lr", "1e30,0.01", "--out", tmp_path, small=small) == 1
    out = capfd.readouterr().out
    assert "2 runs: 1 trained, 0 were done, 0 failed, 1 diverged" in out
    told = next(line for line in out.splitlines() if line.startswith("diverged"))
    assert "lr=1e30" in told
    assert "diverged at step" in told
    log = tmp_path / "logs" / "byol-linear-lr=1e30-0.log"
    assert log.read_text().strip()
    assert open_snapshots(tmp_path / "byol-linear-lr=0.01-0").attrs["closed"]
    written = log.stat().st_mtime_ns
    assert sweep("byol-linear", "--lr", "1e30,0.01", "--out", tmp_path, small=small) == 1
    out = capfd.readouterr().out  # what diverged would diverge again
    assert "2 runs: 0 trained, 1 were done, 0 failed, 1 diverged" in out
    assert log.stat().st_mtime_ns == written


def test_a_run_that_was_stopped_is_resumed(tmp_path, in_process, capfd):
    run = tmp_path / "byol-linear-0"
    assert main(["byol-linear", *SMALL, "--out", str(run)]) == 0
    (run / "encoder.pt").unlink()  # as if killed before the end
    log = tmp_path / "logs" / "byol-linear-0.log"
    log.parent.mkdir()
    log.write_text("of the first attempt\n")
    assert sweep("byol-linear", "--out", tmp_path, "--dry-run") == 0
    assert capfd.readouterr().out.splitlines()[-1].split() == ["started", str(run)]
    assert sweep("byol-linear", "--out", tmp_path) == 0
    assert (run / "encoder.pt").is_file()
    lines = log.read_text().splitlines()
    assert lines[0] == "of the first attempt"
    assert lines[1].endswith(f"-m trainers resume {run}")


def test_a_run_that_another_process_trains_is_waited_for_and_judged(
    tmp_path, in_process, capfd, monkeypatch
):
    run = tmp_path / "byol-linear-0"
    assert main(["byol-linear", *SMALL, "--out", str(run)]) == 0
    looks = []
    with hold(run) as held:

        def pause(self, seconds):
            looks.append(seconds)
            held.release()

        monkeypatch.setattr(Children, "pause", pause)
        assert sweep("byol-linear", "--out", tmp_path, "--dry-run") == 0
        assert capfd.readouterr().out.splitlines()[-1].split() == ["running", str(run)]
        assert sweep("byol-linear", "--out", tmp_path) == 0
    told = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == ["running", "done", "1"]
    assert len(looks) == 1
    assert not (tmp_path / "logs").exists()  # nothing was trained here


def test_two_sweeps_at_once_train_each_run_once(tmp_path, in_process, capfd):
    # The other one takes the run between our look and our process: it is refused, and looks again.
    run = tmp_path / "byol-linear-0"
    train = Children.run
    theirs = []

    def late(self, command, log, env):
        if not theirs:
            theirs.append(main(["byol-linear", *SMALL, "--out", str(run)]))
            held.append(hold(run))
            threading.Timer(0.3, held[0].release).start()
            return 2
        return train(self, command, log, env)

    held = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Children, "run", late)
        assert sweep("byol-linear", "--out", tmp_path) == 0
    assert theirs == [0]
    assert "1 runs: 1 trained" in capfd.readouterr().out


def test_an_interrupted_sweep_ends_its_processes_and_says_what_is_done(tmp_path):
    words = ["directpred", "--seeds", "0,1", "--out", str(tmp_path), *LONG]
    command = [sys.executable, "-m", "trainers", "sweep", *words]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    run = tmp_path / "directpred-0"
    while not (run / "checkpoint.pt").is_file():
        assert child.poll() is None
        time.sleep(0.05)
    child.terminate()
    _, said = child.communicate()
    assert child.returncode == 143
    assert "interrupted: 0 of 2 runs are done, and what was being trained is stopped" in said
    assert not is_held(run)
    last = (tmp_path / "logs" / "directpred-0.log").read_text().splitlines()[-1]
    assert f"`eigenspace resume {run}` continues it" in last
    assert not (tmp_path / "directpred-1").exists()


@pytest.mark.slow
def test_what_a_killed_sweep_leaves_training_is_running_and_ends(tmp_path, capfd):
    command = [sys.executable, "-m", "trainers", "sweep", "directpred", "--out", str(tmp_path)]
    child = subprocess.Popen([*command, *LONG])
    run = tmp_path / "directpred-0"
    while not (run / "checkpoint.pt").is_file():
        assert child.poll() is None
        time.sleep(0.05)
    child.kill()
    child.wait()
    assert sweep("directpred", "--out", tmp_path, "--dry-run", small=LONG) == 0
    assert capfd.readouterr().out.splitlines()[-1].split() == ["running", str(run)]
    holder = int(re.search(r"process (\d+)", lock_file(run).read_text())[1])
    os.kill(holder, signal.SIGTERM)
    while is_held(run):
        time.sleep(0.05)
    assert sweep("directpred", "--out", tmp_path, "--dry-run", small=LONG) == 0
    assert capfd.readouterr().out.splitlines()[-1].split() == ["started", str(run)]


def test_the_command_of_each_state(tmp_path):
    run = Planned("byol", ("--seed", "3"), tmp_path / "x", Config(method=_byol()), "shapes")
    assert run.command()[2:] == [*("trainers", "byol", "--seed", "3", "--out", str(tmp_path / "x"))]
    started = Planned(run.name, run.options, run.out, run.config, run.place, STARTED)
    assert started.command()[2:] == ["trainers", "resume", str(tmp_path / "x")]
    assert {NEW, DONE} == {"new", "done"}


def _byol():
    from trainers.methods.method import METHODS

    return METHODS["byol"]


def test_workers_share_cores_and_take_gpus_in_turn(monkeypatch):
    for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert "OMP_NUM_THREADS" not in environment(0, workers=1, gpus=4)
    env = environment(5, workers=6, gpus=4)
    assert (env["OMP_NUM_THREADS"], env["CUDA_VISIBLE_DEVICES"]) == ("1", "1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bylo"], "did you mean 'byol'"),
        (["byol", "--lr", "0.1,zero"], "--lr is 'zero'; a number wanted"),
        (["byol", "--predictor.eps", "1"], "belongs to --predictor direct"),
        (["byol", "--sedes", "0,1"], "unknown argument '--sedes'"),
        (["byol", "--seeds", "0-4"], "seeds is '0-4'; whole numbers between commas"),
        (["byol", "--seeds", "0,0"], "byol-0 is planned twice"),
        (["byol", "--seed", "1"], "a sweep takes --seeds"),
        (["byol", "--overwrite"], "leave it out of a sweep"),
        (["byol", "--lr", "--epochs", "1"], "--lr has no value"),
        (["byol", "--lr", "1", "--lr", "2"], "--lr is given twice"),
        (["byol", "--workers", "0"], "workers is 0; it must be at least 1"),
        (["byol", "--lr", "0.1,-1"], "lr is -1.0; it must be above 0"),
        (["byol", "--lr", "1", "simsiam"], "'simsiam' belongs to no option; methods come first"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_trained(tmp_path, capsys, words, message):
    assert main(["sweep", *words, "--out", str(tmp_path / "runs")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_what_else_is_at_the_place_of_a_run_is_left_alone(tmp_path, capsys):
    (tmp_path / "byol-0").mkdir()
    (tmp_path / "byol-0" / "thesis.tex").write_text("mine")
    assert sweep("byol", "--out", tmp_path) == 2
    assert "exists and is not a run" in capsys.readouterr().err
    assert main(["byol-linear", *SMALL, "--out", str(tmp_path / "byol-linear-0")]) == 0
    assert sweep("byol-linear", "--out", tmp_path, "--lr", "0.5") == 2
    assert "holds a run of other options" in capsys.readouterr().err


def test_a_run_on_a_relative_path_of_another_folder_is_another_run(tmp_path, monkeypatch):
    config = Config(method=_byol(), data="photos")
    for name, attrs in (("new", {"data_place": str(tmp_path / "photos")}), ("old", {})):
        attrs = {"config": config.to_json(), **attrs}
        with SnapshotWriter(tmp_path / name / "snapshots.zarr", attrs=attrs):
            (tmp_path / name / "checkpoint.pt").touch()
    monkeypatch.chdir(tmp_path)
    new, old = planned(tmp_path, config)
    assert (found(new), found(old)) == (STARTED, STARTED)
    monkeypatch.chdir(tmp_path / "new")
    assert found(new) == STARTED  # as it was planned
    new, old = planned(tmp_path, config)
    with pytest.raises(FileExistsError, match=r"/photos, not on .*/new/photos; give an"):
        found(new)
    assert found(old) == STARTED  # of before data had a place


def planned(folder, config):
    place = place_of(config.data)
    return (Planned("byol", (), folder / name, config, place) for name in ("new", "old"))


def test_two_values_of_one_name_are_one_run():
    with pytest.raises(ValueError, match="planned twice"):
        plan(["byol", "byol"], [0], {}, _nowhere(), lambda *_: Config(method=_byol()))


def _nowhere():
    from pathlib import Path

    return Path("nowhere-at-all")
