"""Wrong uses of the recorder end in one line that says what came and what to do."""

import copy

import pytest
import torch
from torch import nn

from trainers import Recorder

D = 4
Z = torch.arange(24.0).reshape(6, 4).sin()


def linear():
    return nn.Linear(D, D)


MADE = {
    "no module": (lambda run: Recorder(run, torch.eye(4)), "predictor is Tensor; a torch module"),
    "a function": (lambda run: Recorder(run, linear().forward), "predictor is method; a torch"),
    "every 0": (lambda run: Recorder(run, linear(), every=0), "every is 0; a whole number of 1"),
    "every 1.5": (lambda run: Recorder(run, linear(), every=1.5), "every is 1.5; a whole number"),
    "no views": (lambda run: Recorder(run, linear(), views=0), "views is 0; a whole number of 1"),
    "no steps": (lambda run: Recorder(run, linear(), steps_per_epoch=0), "steps_per_epoch is 0"),
    "views as text": (lambda run: Recorder(run, linear(), views="2"), "views is '2'; a whole"),
}


@pytest.mark.parametrize("make", [*MADE.values()], ids=[*MADE])
def test_refused_when_made(tmp_path, make):
    call, message = make
    with pytest.raises(ValueError, match=message):
        call(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def once(predictor, *inputs, **options):
    """Return a function that records one step in which `predictor` sees `inputs`."""
    given = {name: options.pop(name) for name in ("loss", "targets", "entropy") if name in options}

    def run(place):
        with Recorder(place, predictor, **options) as recorder:
            for z in inputs:
                predictor(z)
            recorder.step(**given)

    return run


class Tuple(nn.Module):
    def forward(self, z):
        return z, z


class Worded(nn.Module):
    def forward(self, z):
        return torch.zeros(6, D) if isinstance(z, str) else z


def replica(place):
    predictor = linear()
    with Recorder(place, predictor) as recorder:
        shared = copy.copy(predictor)  # as DataParallel copies: one dict of hooks
        shared(Z), shared(Z)
        recorder.step()


def in_eval_mode(place):
    predictor = linear().eval()
    once(predictor, Z, Z)(place)


def other_metrics(place):
    predictor = linear()
    with Recorder(place, predictor, views=1) as recorder:
        predictor(Z)
        recorder.step(loss=1.0)
        predictor(Z)
        recorder.step(entropy=1.0)


def after_close(place):
    recorder = Recorder(place, linear())
    recorder.close()
    recorder.step()


def twice_a_step(place):
    predictor = linear()
    with Recorder(place, predictor, views=1) as recorder:
        predictor(Z)
        recorder.step()
        recorder.step()


def late_state(place):
    predictor = linear()
    with Recorder(place, predictor, views=1) as recorder:
        predictor(Z)
        recorder.step()
        recorder.load_state_dict({"step": 3, "time": 0.0})


def state_without_resume(place):
    Recorder(place, linear()).load_state_dict({"step": 3, "time": 0.0})


def other_width_later(place):
    predictor = nn.Identity()
    with Recorder(place, predictor, views=1) as recorder:
        predictor(Z)
        recorder.step()
        predictor(Z[:, :3])
        recorder.step()


STEPS = {
    "never ran": (once(linear()), "did not run in training mode since the last step; call step"),
    "eval mode": (in_eval_mode, "did not run in training mode"),
    "another module": (
        lambda place: once(linear(), loss=1.0)(place),
        "record the module that the loop itself calls",
    ),
    "step twice": (twice_a_step, "did not run in training mode"),
    "one view of two": (once(linear(), Z), r"ran 1 times in a step of 2 views; .*stacked=True"),
    "three of two": (once(linear(), Z, Z, Z), "ran 3 times in a step of 2 views"),
    "odd stack": (once(linear(), Z[:5], stacked=True), "5 rows does not hold 2 views"),
    "views of two lengths": (once(linear(), Z, Z[:4]), r"views of \[4, 6\] rows; the same samples"),
    "another width": (once(nn.Linear(D, 3), Z, Z), "features of 4, .* are of 3: W_p is square"),
    "targets too few": (once(linear(), Z, Z, targets=[Z]), "1 targets for 2 passes"),
    "targets too wide": (
        once(linear(), Z, Z, targets=[torch.zeros(6, 8)] * 2),
        "predictions or targets are of 8",
    ),
    "targets of other rows": (once(linear(), Z, Z, targets=[Z[:2]] * 2), r"views of \[2, 6\] rows"),
    "a tuple out": (once(Tuple(), Z, Z), "takes Tensor and returns tuple; a tensor of features"),
    "words in": (once(Worded(), "a", "b"), "takes str and returns Tensor"),
    "whole numbers": (once(nn.Identity(), Z.long(), Z.long()), "got torch.int64 of shape"),
    "one row": (once(nn.Identity(), Z[0], Z[0]), r"got torch.float32 of shape \(4,\); features"),
    "DataParallel": (replica, "ran as a replica of DataParallel; use DistributedDataParallel"),
    "loss of many": (once(linear(), Z, Z, loss=Z), r"metric 'loss' is shape \(6, 4\); one real"),
    "loss in words": (once(linear(), Z, Z, loss="low"), "metric 'loss' is 'low'; one real number"),
    "complex metric": (once(linear(), Z, Z, entropy=1j), "metric 'entropy' is 1j; one real number"),
    "other metrics": (other_metrics, "step 2 has metrics .*; give the same at every step"),
    "closed": (after_close, "is closed; resume=True continues the run"),
    "state too late": (late_state, "load_state_dict comes before the first step"),
    "state without resume": (state_without_resume, "load_state_dict comes .* wants resume=True"),
    "W_p of another width": (
        once(linear(), Z, Z, matrix=lambda _: torch.eye(3)),
        r"W_p has shape \(3, 3\); 4 features want d x d",
    ),
    "other width later": (other_width_later, "the run has 4 features, and now 3 passed"),
}


@pytest.mark.parametrize("step", [*STEPS.values()], ids=[*STEPS])
def test_refused_at_the_step(tmp_path, step):
    call, message = step
    with pytest.raises(ValueError, match=message) as caught:
        call(tmp_path / "run")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["step", "epoch", "time", "learning_rate", "feature_std"])
def test_names_that_are_recorded_anyway(tmp_path, name):
    predictor = linear()
    with Recorder(tmp_path / "run", predictor, views=1) as recorder:
        predictor(Z)
        with pytest.raises(ValueError, match=f"metric '{name}' is recorded anyway; give yours"):
            recorder.step(**{name: 1.0})


def test_numbers_that_are_not_finite(tmp_path):
    for i, inputs in enumerate([(Z, Z * torch.inf), (Z * torch.nan, Z)]):
        with pytest.raises(FloatingPointError, match="step 1: the norm of features and predict"):
            once(nn.Identity(), *inputs)(tmp_path / f"run{i}")


def test_a_run_that_is_there_and_one_that_is_not(tmp_path):
    once(linear(), Z, Z)(tmp_path / "run")
    with pytest.raises(FileExistsError, match="holds a run; continue it by resume=True"):
        Recorder(tmp_path / "run", linear())
    with pytest.raises(FileNotFoundError, match=r"no run at .*none to resume; leave resume out"):
        Recorder(tmp_path / "none", linear(), resume=True)


def test_an_error_of_the_loop_is_not_hidden(tmp_path):
    def loop():
        predictor = linear()
        with Recorder(tmp_path / "run", predictor) as recorder:
            predictor(Z), predictor(Z)
            recorder.step()
            predictor(Z)  # half a step, which the recorder would refuse
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        loop()
