"""Anyone's loop: what the hooks see is what was trained, and wrong uses are refused."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from analysis import open_snapshots
from trainers import METHODS, Config, Recorder
from trainers.recording.loop_recorder import LoopRecorder
from trainers.training.learner import Learner

D = 4


def head(*, hidden=7):
    return nn.Sequential(
        nn.Linear(D, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, D, bias=False)
    )


def rows(seed, n=6, d=D):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def second_moment(left, right):
    return sum(np.einsum("ni,nj->ij", a, b) for a, b in zip(left, right, strict=True)) / sum(
        len(a) for a in left
    )


def test_snapshots_hold_the_means_of_all_that_passed_since_the_last(tmp_path):
    predictor = nn.Linear(D, D)
    seen = []
    with Recorder(tmp_path / "run", predictor, every=2) as recorder:
        for step in range(1, 6):
            z = rows(2 * step), rows(2 * step + 1)
            q = predictor(z[0]), predictor(z[1])
            t = rows(100 + step), rows(200 + step)
            recorder.step(loss=torch.tensor(step / 2), targets=t, entropy=step)
            seen.append([[x.detach().double().numpy() for x in pair] for pair in (z, q, t)])
    ds = open_snapshots(tmp_path / "run").load()
    assert ds["step"].values.tolist() == [1, 2, 4, 5]  # the last has its own
    assert ds["samples"].values.tolist() == [12, 12, 24, 12]
    z, q, t = ([[one[k][v] for one in seen[2:4]] for v in (0, 1)] for k in (0, 1, 2))
    row = ds.sel(step=4)
    expected = {
        "correlation": second_moment(z[0] + z[1], z[0] + z[1]),
        "cross_correlation": second_moment(z[0], z[1]),
        "prediction_correlation": second_moment(q[0] + q[1], z[0] + z[1]),
        "target_correlation": second_moment(t[1] + t[0], z[0] + z[1]),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(row[name], value, atol=1e-6)
    np.testing.assert_allclose(row["mean"], np.concatenate(z[0] + z[1]).mean(0), atol=1e-6)
    np.testing.assert_array_equal(row["predictor"], predictor.weight.detach())
    metrics = open_snapshots(tmp_path / "run", "metrics")
    assert metrics["loss"].values.tolist() == [0.5, 1, 1.5, 2, 2.5]
    assert metrics["entropy"].values.tolist() == [1, 2, 3, 4, 5]
    assert metrics["entropy"].attrs["long_name"] == "entropy"


def test_hooks_on_our_learner_see_what_our_own_loop_records(tmp_path):
    config = Config(method=METHODS["byol"], data="gaussian", width=3, projector_out=3)

    class Kept:
        rows: list[dict] = []  # noqa: RUF012

        def append(self, **values):
            self.rows.append(values)

        def append_metrics(self, **columns):
            pass

        def variables(self, group):
            return set()

    learner = Learner(config, (5,), torch.device("cpu"), steps_per_epoch=4)
    own = LoopRecorder(Kept(), learner, torch.device("cpu"), 8)
    target = learner.target.network
    with Recorder(
        tmp_path / "run", learner.predictor, optimizer=learner.optimiser.sgd, every=4,
        targets=target, loss_factor=4.0, steps_per_epoch=4,
    ) as recorder:  # fmt: skip
        for step in range(1, 5):
            seen = learner.learn(step, rows(step, 8, 5), rows(-step, 8, 5))
            own.observe(step, seen)
            if step == 1:
                own.snapshot(1, 0.25, config.time_per_step)
            recorder.step(loss=seen.loss)
    own.snapshot(4, 1.0, 4 * config.time_per_step)
    ds = open_snapshots(tmp_path / "run").load()
    for i, row in enumerate(Kept.rows):
        assert ds["step"][i] == row.pop("step")
        for name, values in row.items():
            exactly = np.testing.assert_array_equal
            close = np.testing.assert_allclose
            (close if name == "time" else exactly)(ds[name].values[i], values)
    assert ds["predictor"].attrs["kind"] == "product"


@pytest.mark.parametrize("stacked", [False, True])
def test_parts_of_an_accumulated_gradient_and_stacked_views_are_one_step(tmp_path, stacked):
    predictor = nn.Linear(D, D)
    views = [(rows(k), rows(k + 50)) for k in range(3)]
    runs = [tmp_path / "apart", tmp_path / "other"]
    with Recorder(runs[0], predictor) as recorder:
        for z1, z2 in views:
            predictor(z1), predictor(z2)
        recorder.step()
    with Recorder(runs[1], predictor, stacked=stacked) as recorder:
        for z1, z2 in views:
            predictor(torch.cat([z1, z2])) if stacked else (predictor(z1), predictor(z2))
        recorder.step()
    one, two = (open_snapshots(run).load() for run in runs)
    for name in one.data_vars:
        np.testing.assert_allclose(one[name], two[name], atol=1e-7)
    assert one["samples"].values.tolist() == [36]


def test_three_views_meet_each_other_once(tmp_path):
    predictor, z = nn.Linear(D, D), [rows(k) for k in range(3)]
    with Recorder(tmp_path / "run", predictor, views=3) as recorder:
        for one in z:
            predictor(one)
        recorder.step(targets=z)
    ds = open_snapshots(tmp_path / "run").isel(step=0).load()
    z = [one.numpy() for one in z]
    cross = second_moment([z[0], z[0], z[1]], [z[1], z[2], z[2]])
    np.testing.assert_allclose(ds["cross_correlation"], cross, atol=1e-6)
    both = second_moment(*zip(*[(a, b) for a in z for b in z if a is not b], strict=True))
    np.testing.assert_allclose(ds["target_correlation"], both, atol=1e-6)


def test_copies_evaluation_and_recomputation_are_not_training(tmp_path):
    predictor = nn.Linear(D, D)
    with Recorder(tmp_path / "run", predictor) as recorder:
        target = copy.deepcopy(predictor)
        z1, z2 = rows(1).requires_grad_(), rows(2).requires_grad_()
        q = [checkpoint(predictor, z, use_reentrant=False) for z in (z1, z2)]
        (q[0] + q[1] + target(z1)).sum().backward()  # runs the predictor once more
        predictor.eval()
        predictor(rows(3))
        predictor.train()
        recorder.step()
    assert open_snapshots(tmp_path / "run")["samples"].values.tolist() == [12]
    predictor(z1)  # no hook is left
    assert not predictor._forward_hooks


def test_what_changes_in_place_afterwards_is_not_recorded(tmp_path):
    predictor, z = nn.Linear(D, D), rows(1)
    kept = z.clone()
    with Recorder(tmp_path / "run", predictor, views=1) as recorder:
        predictor(z)
        z.zero_()
        recorder.step()
    ds = open_snapshots(tmp_path / "run").isel(step=0)
    np.testing.assert_allclose(ds["correlation"], kept.mT @ kept / 6, atol=1e-6)
    assert "cross_correlation" not in ds


def train(run, steps, *, stop=None, state=None, resume=False):
    """Train by a fixed sequence of batches; return network and state at `stop`."""
    torch.manual_seed(0)
    encoder, predictor = nn.Linear(3, D), head()
    sgd = torch.optim.SGD(
        [{"params": predictor.parameters(), "lr": 0.5}, {"params": encoder.parameters()}],
        lr=0.1,
        momentum=0.5,
    )
    parts = {"encoder": encoder, "predictor": predictor, "sgd": sgd}
    recorder = Recorder(run, predictor, optimizer=sgd, every=4, resume=resume)
    if state:
        for name, part in parts.items():
            part.load_state_dict(state[name])
        recorder.load_state_dict(state["recorder"])
    with recorder:
        for step in range(1 + (state["recorder"]["step"] if state else 0), steps + 1):
            z1, z2 = encoder(rows(step, 6, 3)), encoder(rows(step + 99, 6, 3))
            loss = (predictor(z1) - z2.detach()).square().mean()
            loss = loss + (predictor(z2) - z1.detach()).square().mean()
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            recorder.step(loss=loss, entropy=step)
            if step == stop:
                kept = {name: part.state_dict() for name, part in parts.items()}
                state = copy.deepcopy(kept | {"recorder": recorder.state_dict()})
    return state


def test_resumed_is_bitwise_as_if_never_stopped(tmp_path):
    train(tmp_path / "whole", 11)
    state = train(tmp_path / "cut", 9, stop=6)  # between two snapshots
    train(tmp_path / "cut", 11, state=state, resume=True)
    for group in (None, "metrics"):
        whole, cut = (open_snapshots(tmp_path / n, group).load() for n in ("whole", "cut"))
        assert whole["step"].values.tolist() == cut["step"].values.tolist()
        for name in whole.variables:
            np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)


def test_time_is_that_of_the_group_that_is_not_the_predictors(tmp_path):
    train(tmp_path / "run", 4)
    ds = open_snapshots(tmp_path / "run")
    np.testing.assert_allclose(ds["time"], [0.2, 0.8])  # lr .1 / (1 - .5) a step
    rate = open_snapshots(tmp_path / "run", "metrics")["learning_rate"]
    np.testing.assert_allclose(rate, 0.1)


def test_adam_has_no_gradient_flow_time(tmp_path):
    predictor = nn.Linear(D, D)
    adam = torch.optim.Adam(predictor.parameters(), lr=0.01)
    with Recorder(tmp_path / "run", predictor, optimizer=adam, views=1) as recorder:
        predictor(rows(1))
        recorder.step()
    assert "time" not in open_snapshots(tmp_path / "run").coords


def test_divergence_is_told_and_kept(tmp_path):
    def diverge():
        predictor = nn.Linear(D, D)
        with Recorder(tmp_path / "run", predictor, views=1, every=2) as recorder:
            for step in range(1, 9):
                predictor(rows(step))
                recorder.step(loss=float("nan") if step > 2 else 1.0)

    with pytest.raises(FloatingPointError, match=r"step 3: the loss is nan; .*run keeps the snap"):
        diverge()
    ds = open_snapshots(tmp_path / "run")
    assert ds["step"].values.tolist() == [1, 2]
    assert ds.attrs["diverged_at"] == 3


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_is_summed_in_single(tmp_path, half):
    predictor = nn.Linear(D, D).to(half)
    z = rows(1).to(half)
    with Recorder(tmp_path / "run", predictor, views=1) as recorder:
        predictor(z)
        recorder.step()
    F = open_snapshots(tmp_path / "run").isel(step=0)["correlation"]
    assert F.dtype == np.float32
    np.testing.assert_allclose(F, z.float().mT @ z.float() / 6, rtol=1e-6)
