"""What is the user's own is tried before anything is written, and what fails later is told."""

import dataclasses
import random
import re

import failing_module
import numpy as np
import pytest
import torch
import users_module
from small_runs import SMALL, same_runs, small

from analysis import open_snapshots
from trainers import EMA, Direct, Euclidean, Learned, Method, resume, train
from trainers.training.learner import Learner
from trainers.training.rehearsal import rehearse

EMA_, LEARNED = EMA(0.99), Learned(layers=2, hidden=8)
WRONG = {
    "loss": {
        "Beyond": r"IndexError in .*failing_module.py:\d+, distance: index 1000 is out of bounds",
        "PerImage": r"loss 'failing_module:PerImage' makes shape \(10,\) torch.float32; a tens",
        "Cut": "loss 'failing_module:Cut' has no gradient",
        "Number": "loss 'failing_module:Number' makes 12.0; a tensor of one number wanted",
    },
    "predictor": {
        "Unsolved": r"IndexError in .*failing_module.py:\d+, solve: no such mode; nothing was wr",
        "OnlyLinear": "OnlyLinear' builds a Linear without matrix and after_step and run",
        "Narrow": r"Narrow' makes \(10, 5\) of features \(10, 6\); the same shape wan",
    },
    "target": {
        "NoTarget": r"ZeroDivisionError in .*failing_module.py:\d+, build: division by zero"
    },
    "encoder": {"Fussy": r"TypeError in .*failing_module.py:\d+, forward: two images wanted"},
    "views": {"low": r"views 'failing_module:low' make \(10, 3, 7, 8\)"},
}


def of(kind, part):
    """The config of a small run with one part from the module of those that fail."""
    there = {"data": "users_module:arrays", "limit": None, "size": None, "width": None}
    if kind in ("encoder", "views"):
        return small(BYOL, **there, **{kind: f"failing_module:{part}"})
    return small(dataclasses.replace(BYOL, **{kind: getattr(failing_module, part)()}), **there)


BYOL = Method(LEARNED, EMA_)


@pytest.mark.parametrize(("kind", "part"), [(k, p) for k, parts in WRONG.items() for p in parts])
def test_a_part_that_fails_is_told_in_one_line_and_nothing_is_written(kind, part, tmp_path):
    config = of(kind, part)
    with pytest.raises(ValueError, match=WRONG[kind][part]) as refused:
        train(config, tmp_path / "run")
    assert "\n" not in str(refused.value)
    assert not any(tmp_path.iterdir())


def test_a_rule_is_tried_at_the_step_at_which_it_is_due(few_shapes, tmp_path):
    config = small(Method(failing_module.Unsolved(every=5), EMA_))
    with pytest.raises(ValueError, match="solve: no such mode; nothing was written"):
        train(config, tmp_path / "run")


def test_numbers_that_cannot_be_computed_with_are_left_to_the_training(few_shapes, tmp_path):
    with pytest.raises(FloatingPointError, match="diverged at step 1"):
        train(small(Method(failing_module.Singular(), EMA_)), tmp_path / "run")


def test_nothing_of_it_stays(few_shapes, tmp_path):
    """A run with a part of one's own that does what ours does is that run, bit by bit."""
    ours = train(small(Method(Direct(every=2), EMA_)), tmp_path / "ours")
    own = train(small(Method(Direct(every=2), users_module.Slow(0.99))), tmp_path / "own")
    assert same_runs(ours, own)


def test_no_generator_has_moved(forty_shapes):
    def state():
        numpy = np.random.get_state()[1].tolist()  # noqa: NPY002 (what others draw from)
        return torch.random.get_rng_state().tolist(), random.getstate(), numpy

    config = small(Method(LEARNED, EMA_, failing_module.Drawing()))
    learner = Learner(config, (3, 16, 16), torch.device("cpu"))
    before = state()
    rehearse(config, forty_shapes, learner)
    assert state() == before
    failing_module.Drawing().distance(torch.ones(2, 2), torch.ones(2, 2))
    assert all(now != then for now, then in zip(state(), before, strict=True))


def test_what_is_all_ours_is_not_tried(monkeypatch, forty_shapes):
    learner = Learner(SMALL, (3, 16, 16), torch.device("cpu"))
    monkeypatch.setattr(Learner, "by_itself", lambda _: 1 / 0)
    rehearse(SMALL, forty_shapes, learner)
    own = small(Method(LEARNED, users_module.Slow()))
    with pytest.raises(ZeroDivisionError):
        rehearse(own, forty_shapes, learner)


# Two a step: one is tried, three are looked at for a full F, and 6 are trained, of 4 an epoch.
CALLS = 2 * (1 + 3 + 6)


@pytest.fixture
def patience():
    yield failing_module.patience
    failing_module.patience.clear()


def test_what_fails_later_says_where_and_what_is_kept_and_goes_on_when_mended(
    few_shapes, tmp_path, patience
):
    config = small(Method(LEARNED, EMA_, failing_module.Late()))
    whole = train(config, tmp_path / "whole")
    patience.append(CALLS + 1)
    told = (
        r"after step 6: KeyError in .*failing_module.py:\d+, distance: 'too late'; kept are the "
        r"snapshots to step 6 and the checkpoint of step 4; when it is mended, `eigenspace resume "
        r".*run` goes on from there"
    )
    with pytest.raises(ValueError, match=told) as failed:
        train(config, tmp_path / "run")
    assert isinstance(failed.value.__cause__, KeyError)
    assert "\n" not in str(failed.value)
    assert open_snapshots(tmp_path / "run").step[-1] == 6
    patience.clear()
    assert same_runs(resume(tmp_path / "run"), whole)


def test_on_going_on_it_is_tried_first(few_shapes, tmp_path, patience):
    config = small(Method(LEARNED, EMA_, failing_module.Late()))
    patience.append(CALLS)
    with pytest.raises(ValueError, match="after step 6"):
        train(config, tmp_path / "run")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*")}
    with pytest.raises(ValueError, match=re.escape("before training: KeyError in ")):
        resume(tmp_path / "run")
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*")} == before


def test_a_loss_of_one_s_own_that_is_ours_is_not_taken_for_one(few_shapes, tmp_path, monkeypatch):
    """What fails in our code is a bug of ours, and keeps its traceback."""
    # Other tests bring parts from this package: what stands here is no user's now.
    monkeypatch.setattr("trainers.named._STRANGERS", set())
    monkeypatch.setattr(Euclidean, "distance", lambda *_: [][0])
    with pytest.raises(IndexError):
        train(small(Method(LEARNED, EMA_, Euclidean())), tmp_path / "run")
