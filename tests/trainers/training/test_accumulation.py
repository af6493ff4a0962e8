"""A batch that passes in parts is the batch, where images do not see each other by batch norm."""

import dataclasses

import numpy as np
import pytest
import torch
from small_runs import tiny

from analysis import open_snapshots
from trainers import (
    EMA,
    METHODS,
    Attached,
    Config,
    Direct,
    Euclidean,
    Learned,
    Method,
    Optimal,
    StopGradient,
    train,
)
from trainers.methods.losses import Cosine
from trainers.training.learner import Learner

CPU = torch.device("cpu")
WITHOUT_NORM = {
    "learned": Method(Learned(layers=1), EMA(0.9)),
    "psd": Method(Learned(layers=1, constraint="psd"), StopGradient(), Euclidean()),
    "tied": Method(Learned(layers=1, constraint="tied"), StopGradient()),
    "attached": Method(Learned(layers=1), Attached(), Euclidean()),
    "directpred": METHODS["directpred"],
    "directcopy": METHODS["directcopy"],
    "centred": Method(Direct(centred=True, every=2, first=1), EMA(0.9)),
    "iso": Method(Direct(views="cross"), StopGradient(), Cosine(iso=True)),
    "optimal": Method(Optimal(), StopGradient(), Euclidean()),
}


def learned(method, accumulate, steps=3, **options):
    config = Config(
        method=method, data="gaussian", width=4, batch_size=24, accumulate=accumulate, **options
    )
    learner = Learner(config, (6,), CPU, 10)
    x = torch.randn(steps, 2, 24, 6, generator=torch.Generator().manual_seed(1))
    return learner, [learner.learn(step, *views) for step, views in enumerate(x, start=1)]


@pytest.mark.parametrize("parts", [2, 6, 12])
@pytest.mark.parametrize("name", WITHOUT_NORM)
def test_parts_of_a_batch_are_the_batch(name, parts):
    whole, seen = learned(WITHOUT_NORM[name], 1)
    mine, its = learned(WITHOUT_NORM[name], parts)
    start, _ = learned(WITHOUT_NORM[name], 1, steps=0)
    for a, b in zip(whole.state, mine.state, strict=True):
        torch.testing.assert_close(b, a, rtol=1e-4, atol=1e-5)
    assert (start.state[0] - whole.state[0]).abs().max() > 1e-2  # enough to tell
    for a, b in zip(seen, its, strict=True):
        torch.testing.assert_close((*b.z, *b.q, *b.t), (*a.z, *a.q, *a.t), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close((b.loss, b.grad_norm), (a.loss, a.grad_norm), rtol=1e-4, atol=0)
        assert not b.z[0].requires_grad


def test_it_is_no_step_for_each_part():
    # As if the loss were summed over parts, or each part took a step of its own.
    whole, _ = learned(WITHOUT_NORM["learned"], 1, momentum=0.0, weight_decay=0.0)
    mine, _ = learned(WITHOUT_NORM["learned"], 6, momentum=0.0, weight_decay=0.0)
    assert len(mine.optimiser.sgd.state) == len(whole.optimiser.sgd.state)
    before, _ = learned(WITHOUT_NORM["learned"], 1, steps=0)
    moved = [(one.state[0] - before.state[0]).norm().item() for one in (whole, mine)]
    assert moved[1] == pytest.approx(moved[0], rel=1e-4)


@pytest.fixture
def config(tmp_path):
    """A run on images, of an encoder without batch norm."""
    plain = tiny(tmp_path, METHODS["directpred"])
    return dataclasses.replace(plain, encoder="users_module:sized", width=None, projector_layers=1)


def test_a_run_in_parts_is_the_run(config, tmp_path, capsys):
    runs = [
        train(dataclasses.replace(config, accumulate=n), tmp_path / f"in-{n}", overwrite=True)
        for n in (1, 2)
    ]
    assert "accumulate" not in capsys.readouterr().err
    for group in (None, "metrics"):
        one, two = (open_snapshots(run, group).load() for run in runs)
        assert one["step"].equals(two["step"])
        for name in {*one.data_vars} - {"images_per_second"}:
            a, b = one[name].values, two[name].values
            np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-5, err_msg=str(name))
    kept = [Config.from_json(open_snapshots(run).attrs["config"]).accumulate for run in runs]
    assert kept == [1, 2]


def test_what_batch_norm_sees_is_said(tmp_path, capsys):
    config = dataclasses.replace(tiny(tmp_path), accumulate=2, epochs=1)
    train(config, tmp_path / "run")
    said = capsys.readouterr().err
    told = "accumulate 2: batch norm has the statistics of 2 images, not of the batch of 4"
    assert [line for line in said.splitlines() if line.startswith(told)]


def test_a_share_that_has_no_such_parts_is_refused():
    learner, _ = learned(WITHOUT_NORM["learned"], 6, steps=0)
    x = torch.zeros(8, 6)
    with pytest.raises(ValueError, match=r"8 images are a process's share, in 6 parts"):
        learner.split(x, x)
