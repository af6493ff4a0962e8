"""Training is interrupted at lines of ours and of torch's saving; the run goes on bitwise."""

import dataclasses
import random

import pytest
from interrupts import interrupted_at, lines_of
from small_runs import SMALL, same_runs

from trainers import resume, train
from trainers.runs import checkpoint
from trainers.runs.finished import finished_at

pytestmark = pytest.mark.usefixtures("few_shapes")

ROOMS = ["trainers/", "analysis/store", "torch/serialization"]
SHORT = dataclasses.replace(SMALL, epochs=1, every=3)


def interrupt(tmp_path, trials):
    """Return where it was interrupted: before the first checkpoint, later, in the end."""
    whole = train(SHORT, tmp_path / "whole")
    lines = lines_of(ROOMS, lambda: train(SHORT, tmp_path / "counted"))
    rng, where = random.Random(trials), []
    for trial in range(trials):
        run = tmp_path / str(trial)
        n = rng.randrange(1, lines)
        said = interrupted_at(n, ROOMS, lambda run=run: train(SHORT, run))
        assert said is not None
        if (run / checkpoint.FILE).is_file() and finished_at(run) is None:
            assert f"`eigenspace resume {run}` continues it" in said
            resume(run)
        elif finished_at(run) is None:
            train(SHORT, run, overwrite=run.exists())
        where.append("later" if "resume" in said else "finished" if "finished" in said else "early")
        assert same_runs(whole, run)
        assert not [*run.rglob("*.partial")]
    return where, lines


def test_ctrl_c_at_a_few_lines(tmp_path):
    interrupt(tmp_path, 2)


@pytest.mark.slow
def test_ctrl_c_at_many_lines(tmp_path, trials, capsys):
    where, lines = interrupt(tmp_path, trials)
    with capsys.disabled():
        print(f"{len(where)} of {lines} lines: { ({one: where.count(one) for one in set(where)}) }")
