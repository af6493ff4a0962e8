"""A run is given other epochs: what it becomes, what its store says, and kills on the way."""

import dataclasses
import json

import numpy as np
import pytest
from small_runs import SMALL, same_runs, small, snapshots

from analysis.store.reader import SnapshotWriter, open_snapshots
from trainers import EMA, Config, Learned, Method, resume, train
from trainers.commands.main import main
from trainers.evaluation.exact_correlation import exact_correlation
from trainers.optimisation.schedule import Schedule
from trainers.runs import checkpoint
from trainers.runs.finished import finished_at
from trainers.training.learner import Learner
from trainers.training.steps import due_steps

pytestmark = pytest.mark.usefixtures("few_shapes")

TWO = dataclasses.replace(SMALL, epochs=2, every=2)
FOUR = dataclasses.replace(TWO, epochs=4)


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """The run of four epochs in one go; made by the first test that asks."""
    return tmp_path_factory.mktemp("four") / "run"


def in_one_go(four):
    return four if four.exists() else train(FOUR, four)


def test_a_constant_run_of_two_epochs_extended_to_four_is_the_run_of_four(tmp_path, four):
    run = train(TWO, tmp_path / "run")
    assert resume(run, epochs=4) == run
    assert same_runs(in_one_go(four), run, evaluation=False)
    assert open_snapshots(run, "evaluation").step.values.tolist() == [8, 16]
    assert finished_at(run) == 16
    attrs = open_snapshots(run).attrs
    assert Config.from_json(attrs["config"]) == FOUR
    assert Config.from_json(attrs["config_resolved"]) == FOUR.resolved
    assert json.loads(attrs["extended"]) == [{"epochs": 2, "until": 8}]
    assert Config.from_json(checkpoint.load(run)["config"]) == FOUR


class Killed(BaseException):
    pass


@pytest.mark.parametrize("where", ["before the mark", "after the mark", "in an epoch"])
def test_an_extension_that_is_killed_goes_on(tmp_path, monkeypatch, four, where):
    run = train(TWO, tmp_path / "run")
    learn, calls = Learner.learn, []

    def kill(*args, **kwargs):
        raise Killed

    def late(self, step, x1, x2):
        calls.append(step)
        return kill() if step == 14 else learn(self, step, x1, x2)

    target, function = {
        "before the mark": ((SnapshotWriter, "mark"), kill),
        "after the mark": ((checkpoint, "save"), kill),
        "in an epoch": ((Learner, "learn"), late),
    }[where]
    with monkeypatch.context() as patched:
        patched.setattr(*target, function)
        with pytest.raises(Killed):
            resume(run, epochs=4)
    assert finished_at(run) == (8 if where == "before the mark" else None)
    resume(run, epochs=4 if where == "before the mark" else None)
    assert finished_at(run) == 16
    assert same_runs(in_one_go(four), run, evaluation=False)


def test_a_run_that_was_stopped_can_be_made_longer_or_shorter(tmp_path, monkeypatch, four):
    learn = Learner.learn

    def until(self, step, x1, x2):
        if step == 10:
            raise KeyboardInterrupt
        return learn(self, step, x1, x2)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", until)
        with pytest.raises(KeyboardInterrupt):
            train(dataclasses.replace(FOUR, epochs=50), tmp_path / "run")
    run = tmp_path / "run"
    resume(run, epochs=4)
    assert same_runs(in_one_go(four), run)
    assert json.loads(open_snapshots(run).attrs["extended"]) == [{"epochs": 50, "until": 8}]


def test_schedules_are_those_of_the_new_epochs_and_time_adds_up(tmp_path, monkeypatch):
    progress, momentum_at = [], EMA.momentum_at

    def noting(self, done):
        progress.append(done)
        return momentum_at(self, done)

    monkeypatch.setattr(EMA, "momentum_at", noting)
    method = Method(Learned(hidden=8), EMA(0.9, final=1.0))
    run = train(small(method, schedule="cosine", epochs=2, every=None), tmp_path / "run")
    first = snapshots(run)
    resume(run, epochs=4)
    k = np.arange(16)
    rates = 0.03 * np.where(
        k < 8, (1 + np.cos(np.pi * k / 8)) / 2, (1 + np.cos(np.pi * k / 16)) / 2
    )
    metrics, ds = open_snapshots(run, "metrics"), snapshots(run)
    np.testing.assert_allclose(metrics.learning_rate, rates, rtol=1e-6)
    np.testing.assert_allclose(progress, (k + 1) / np.where(k < 8, 8, 16))
    time = np.concatenate([[0], np.cumsum(4 * rates / (1 - 0.9))])
    np.testing.assert_allclose(ds.time, time[ds.step.values], rtol=1e-6)
    assert ds.sel(step=first.step).drop_vars("time").equals(first.drop_vars("time"))
    assert exact_correlation(run).time == pytest.approx(time[-1])


def test_steps_of_snapshots_stay_and_go_on_by_the_new_total():
    assert due_steps([(8, 8)], 3) == {3, 6, 8}
    assert due_steps([(8, 8), (16, 16)], 3) == {3, 6, 8, 9, 12, 15, 16}
    assert due_steps([(50, 8), (16, 16)], 3) == {3, 6, 9, 12, 15, 16}
    old, new = due_steps([(10_000, 10_000)], None), due_steps([(20_000, 20_000)], None)
    both = due_steps([(10_000, 10_000), (20_000, 20_000)], None)
    assert both == old | {step for step in new if step > 10_000}


def test_a_schedule_that_was_extended_twice():
    schedule = Schedule("cosine", 8, before=[(2, 2), (4, 3)])
    totals = [2, 2, 4, 8, 8, 8, 8, 8]
    rates = [(1 + np.cos(np.pi * k / total)) / 2 for k, total in enumerate(totals)]
    np.testing.assert_allclose(schedule.rates, rates)
    assert [schedule.progress(k) for k in (1, 2, 3, 4, 8)] == [0.5, 1, 0.75, 0.5, 1]


def test_too_few_epochs_are_refused_and_as_many_say_that_it_is_finished(tmp_path, capsys):
    run = train(TWO, tmp_path / "run")
    before = {file: file.stat().st_mtime_ns for file in run.rglob("*")}
    for epochs in (1, 0):
        with pytest.raises(ValueError, match="epochs is"):
            resume(run, epochs=epochs)
    assert main(["resume", str(run), "--epochs", "1"]) == 2
    assert "has 2 of 2 epochs behind it, and epochs is 1: give more" in capsys.readouterr().err
    assert main(["resume", str(run), "--epochs", "2"]) == 0
    assert "is finished: 2 epochs, 8 steps" in capsys.readouterr().err
    assert before == {file: file.stat().st_mtime_ns for file in run.rglob("*")}
    assert main(["resume", str(run), "--epochs", "3"]) == 0
    assert "kNN accuracy" in capsys.readouterr().out


def test_a_checkpoint_of_before_the_extension_goes_on_by_what_the_steps_were(tmp_path, monkeypatch):
    config = dataclasses.replace(TWO, schedule="cosine")
    run = train(config, tmp_path / "run")
    old = []
    save = checkpoint.save

    def keeping(run, state, *args, **kwargs):
        save(run, state, *args, **kwargs)
        old.append((run / checkpoint.FILE).read_bytes())

    monkeypatch.setattr(checkpoint, "save", keeping)
    again = train(config, tmp_path / "again")  # checkpoints of steps 0, 4 and 8
    for one in (run, again):
        resume(one, epochs=4)
    (again / checkpoint.FILE).write_bytes(old[1])
    resume(again)
    assert same_runs(run, again, evaluation=False)


def test_a_store_that_knows_of_no_extension_is_refused(tmp_path):
    run = train(TWO, tmp_path / "run")
    state = checkpoint.load(run)
    checkpoint.save(run, state | {"config": FOUR.to_json()})
    with pytest.raises(ValueError, match="of 4 epochs, the store of one of 2 that was never ext"):
        resume(run)
