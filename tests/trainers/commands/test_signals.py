"""A command is interrupted: what it says, what it returns, and that the run goes on."""

import pkgutil
import shlex
import signal

import pytest
from small_runs import same_runs

from analysis.commands.signals import interruptible
from trainers.commands.main import main
from trainers.runs.finished import finished_at

CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
TINY = shlex.split(
    "byol --limit 64 --size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 "
    "--epochs 3 --device cpu"
)


@pytest.mark.parametrize("name", CODES)
def test_a_signal_raises_where_the_program_is_and_has_its_code(name):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with interruptible() as interruption:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):  # and again while the first is handled
            signal.raise_signal(number)
    assert interruption.code == CODES[name]
    assert signal.getsignal(number) == before


def test_what_was_to_be_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        with interruptible():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, shades):
    run = tmp_path_factory.mktemp("whole") / "run"
    assert main([*TINY, "--data", str(shades), "--out", str(run)]) == 0
    return run


def signalling(number, times, function):
    """Return `function` that is first interrupted by a signal, when it is called often enough."""
    calls = 0

    def with_signal(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == times:
            signal.raise_signal(number)
        return function(*args, **kwargs)

    return with_signal


MOMENTS = {  # where, at which call, what is said
    "before anything": ("trainers.training.loop.load", 1, ": interrupted\n"),
    "at step 0": ("trainers.training.loop._look_before_training", 1, "the same command begins"),
    "in a step": ("trainers.training.learner.Learner.learn", 6, "at step 5; `eigenspace resume {}"),
    "in a checkpoint": ("torch.save", 3, "at step 8; `eigenspace resume {}` continues it from st"),
    "in the encoder": ("torch.save", 4, "at step 12; `eigenspace resume {}` continues"),
    "in the kNN": (
        "trainers.evaluation.knn.KNN.score",
        1,
        "at step 12; `eigenspace resume {}` con",
    ),
    "in the figure": (
        "analysis.figures.run_overview.draw_run",
        1,
        "{} is finished, and `eigenspace analyse {}` draws it",
    ),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_command_says_how_to_go_on_and_the_run_does(
    tmp_path, capsys, monkeypatch, shades, moment, whole
):
    where, times, said = MOMENTS[moment]
    name = list(CODES)[sum(map(ord, moment)) % 3]
    run = tmp_path / "run"
    with monkeypatch.context() as patched:
        function = pkgutil.resolve_name(where)
        patched.setattr(where, signalling(getattr(signal, name), times, function))
        assert main([*TINY, "--data", str(shades), "--out", str(run)]) == CODES[name]
    captured = capsys.readouterr()
    assert said.format(run, run) in captured.err.splitlines(keepends=True)[-1]
    assert "Traceback" not in captured.err
    if moment == "before anything":
        assert not run.exists()
    elif moment == "at step 0":
        assert main([*TINY, "--data", str(shades), "--out", str(run), "--overwrite"]) == 0
        assert same_runs(whole, run)
    else:
        assert (finished_at(run) is not None) == (moment == "in the figure")
        assert main(["resume", str(run)]) == 0
        assert same_runs(whole, run)


def test_a_command_that_leaves_no_run_says_only_that_it_was_interrupted(capsys, monkeypatch):
    monkeypatch.setattr(
        "trainers.commands.listing.list_command", signalling(signal.SIGINT, 1, lambda *_: 0)
    )
    assert main(["list"]) == 130
    assert capsys.readouterr().err.endswith("list: interrupted\n")
