"""Signals and kills at random moments, one after another on one run, which ends bitwise whole."""

import random
import shlex
import signal
import time
from collections import Counter

import pytest
from signalled import Command
from small_runs import same_runs

from trainers.commands.main import main
from trainers.runs import checkpoint
from trainers.runs.finished import finished_at

TINY = shlex.split(
    "byol --limit 64 --size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 "
    "--epochs 12 --every 5 --device cpu"
)
NUMBERS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, shades):
    run = tmp_path_factory.mktemp("whole") / "run"
    assert main([*TINY, "--data", str(shades), "--out", str(run)]) == 0
    return run


def await_checkpoint(command, run):
    before = written(run)
    while written(run) == before and command.process.is_alive():
        time.sleep(0.01)


def written(run):
    file = run / checkpoint.FILE
    return file.stat().st_mtime_ns if file.is_file() else None


def interrupt_and_resume(tmp_path, whole, shades, trials, seed=0):
    """Return how often each signal, and a second one behind it, ended a command."""
    rng, count, runs = random.Random(seed), Counter(), 0
    log, run = tmp_path / "log", tmp_path / "0"
    words = begin = [*TINY, "--data", str(shades), "--out"]
    while sum(count.values()) < trials:
        words = ["resume", str(run)] if (run / checkpoint.FILE).is_file() else [*begin, str(run)]
        if words[0] != "resume" and run.exists():
            words.append("--overwrite")
        command, number = Command(words, log), rng.choice(list(NUMBERS))
        for _ in range(rng.randrange(4)):  # epochs that it may train
            await_checkpoint(command, run)
        time.sleep(rng.uniform(0, 1.5) ** 2)
        command.signal(number)
        if twice := rng.random() < 0.3:
            time.sleep(rng.uniform(0, 0.05))
            command.signal(rng.choice([signal.SIGINT, signal.SIGTERM]))
        code, said = command.end()
        assert "Traceback" not in said
        if code == 0:  # it was through before
            assert finished_at(run) is not None
        else:
            assert code == NUMBERS[number] or (twice and code in NUMBERS.values()), said
            count[signal.Signals(number).name + " twice" * twice] += 1
            if code != -9:
                assert "interrupted" in said.splitlines()[-1]
                if (run / checkpoint.FILE).is_file() and finished_at(run) is None:
                    assert f"eigenspace resume {run}" in said or said.endswith("interrupted\n")
        if code == 0 or finished_at(run) is not None:
            assert same_runs(whole, run)
            runs += 1
            run = tmp_path / str(runs)
    if (run / checkpoint.FILE).is_file():
        assert main(["resume", str(run)]) == 0
        assert same_runs(whole, run)
    return count, runs + 1


def test_a_run_survives_signals_and_kills(tmp_path, whole, shades):
    interrupt_and_resume(tmp_path, whole, shades, trials=2)


@pytest.mark.slow
def test_a_run_survives_many_signals_and_kills(tmp_path, whole, shades, trials, capsys):
    count, runs = interrupt_and_resume(tmp_path, whole, shades, trials, seed=1)
    with capsys.disabled():
        print(f"{sum(count.values())} interruptions, {runs} runs bitwise: {dict(count)}")
