"""Every recorded number, worked by hand or by NumPy written otherwise."""

import numpy as np
import pytest
import torch
from small_runs import small

from trainers import EMA, METHODS, Config, Direct, Learned, Method, StopGradient
from trainers.recording.loop_recorder import LoopRecorder
from trainers.recording.moments import Moments
from trainers.recording.ring import LENGTH as RING
from trainers.recording.step import Step
from trainers.runs.divergence import Diverged
from trainers.training.learner import Learner

CPU = torch.device("cpu")
VECTORS = {"data": "gaussian", "width": 3, "device": "cpu"}


class Written:
    """Takes what a writer takes."""

    def __init__(self):
        self.metrics: list[dict] = []
        self.snapshots: list[dict] = []

    def variables(self, group=""):
        return frozenset().union(*self.metrics)

    def append_metrics(self, **columns):
        self.metrics.append({name: np.array(values) for name, values in columns.items()})

    def append(self, **values):
        self.snapshots.append(values)

    def column(self, name):
        return np.concatenate([block[name] for block in self.metrics])


def make(method=METHODS["byol"], steps=RING, head=False, **options):
    config = Config(method=method, **{**VECTORS, **options})
    learner = Learner(config, (5,), CPU, steps_per_epoch=steps // config.epochs)
    return learner, LoopRecorder(Written(), learner, CPU, images_per_step=7, head=head)


def seen(z1, z2=None, *, loss=0.0, grad_norm=0.0, q=None, t=None):
    z = torch.tensor(z1), torch.tensor(z1 if z2 is None else z2)
    q, t = (z if values is None else tuple(map(torch.tensor, values)) for values in (q, t))
    return Step(z, q, t, torch.tensor(loss), torch.tensor(grad_norm))


def add(moments, step):
    moments.add(step.z, step.q, step.t)


def test_scalars_by_hand_and_each_at_its_own_step():
    _, recorder = make()
    # Rows of length 5, 13 and 1: (.6, .8, 0), (5/13, 12/13, 0), (0, 0, 1) when normalised.
    recorder.observe(1, seen([[3.0, 4, 0], [5, 12, 0], [0, 0, 1]], loss=1.5, grad_norm=2.0))
    # One direction: no spread, whatever the lengths. The second view is not looked at.
    recorder.observe(2, seen([[1.0, 0, 0], [9, 0, 0]], [[1.0, 2, 3], [3, 2, 1]], loss=0.5))
    recorder.fetch()
    written = recorder.writer
    assert written.column("step").tolist() == [1, 2]
    assert written.column("loss").tolist() == [1.5, 0.5]
    assert written.column("grad_norm").tolist() == [2, 0]
    # sqrt(sum (x - mean)^2 / 2) of (.6, 5/13, 0), (.8, 12/13, 0) and (0, 0, 1), and their mean.
    spread = [0.303952, 0.501202, 0.577350]
    np.testing.assert_allclose(written.column("feature_std"), [np.mean(spread), 0], atol=1e-6)
    assert len(written.metrics) == 1  # both at once
    recorder.fetch()
    assert len(written.metrics) == 1  # nothing new


def test_tau_is_that_of_the_networks_after_the_step():
    learner, recorder = make(Method(Learned(layers=1), EMA(0.5)))
    weight = learner.online.encoder.weight
    for step, (mine, theirs) in enumerate(((2.0, 1.0), (-1.0, 3.0)), 1):
        weight.data.fill_(mine)
        learner.target.network.encoder.weight.data.fill_(theirs)
        recorder.observe(step, seen([[1.0, 0, 0], [0, 1, 0]]))
    recorder.fetch()
    assert recorder.writer.column("tau").tolist() == [0.5, -3]  # <W_a, W> / |W|^2
    _, own = make(Method(Learned(layers=1), StopGradient()))
    own.observe(1, seen([[1.0, 0, 0], [0, 1, 0]]))
    own.fetch()
    assert own.writer.column("tau").tolist() == [1]


def test_the_learning_rate_of_every_step_in_a_ring_and_over_its_end():
    _, recorder = make(schedule="cosine", encoder_lr=0.2, lr=0.5, epochs=2, steps=2 * RING)
    for step in range(1, RING + 4):
        recorder.observe(step, seen([[1.0, 0, 0], [0, 1, 0]], loss=float(step)))
    assert len(recorder.writer.metrics) == 1  # a full ring goes by itself
    recorder.fetch()
    steps = np.arange(1, RING + 4)
    rates = 0.2 * (1 + np.cos(np.pi * (steps - 1) / (2 * RING))) / 2  # of the encoder
    np.testing.assert_array_equal(recorder.writer.column("step"), steps)
    np.testing.assert_array_equal(recorder.writer.column("loss"), steps)
    np.testing.assert_allclose(recorder.writer.column("learning_rate"), rates)
    assert recorder.loss == RING + 3


def test_speed_is_images_over_seconds_since_the_last_fetch(monkeypatch):
    clock = iter([10.0, 14.0, 15.0])
    monkeypatch.setattr("trainers.recording.loop_recorder.time.perf_counter", lambda: next(clock))
    _, recorder = make()
    for steps in ((1, 2, 3), (4,)):
        for step in steps:
            recorder.observe(step, seen([[1.0, 0, 0], [0, 1, 0]]))
        recorder.fetch()
    # 3 steps of 7 images in 4 s, then 1 in 1 s.
    np.testing.assert_allclose(recorder.writer.column("images_per_second"), [21 / 4] * 3 + [7])


def test_moments_by_hand_and_which_side_is_which():
    z1, z2 = [[1.0, 0], [0, 2]], [[0.0, 1], [2, 0]]
    q1, q2 = [[1.0, 1], [0, 0]], [[0.0, 0], [3, 0]]
    t1, t2 = [[5.0, 0], [0, 0]], [[0.0, 0], [0, 7]]
    moments = Moments(2, CPU)
    add(moments, seen(z1, z2, q=(q1, q2), t=(t1, t2)))
    taken = moments.take()
    # Rows z: (1,0) (0,2) (0,1) (2,0), four of them.
    assert taken["correlation"].tolist() == [[5 / 4, 0], [0, 5 / 4]]
    # E z1 z2^T over two images: (1,0)(0,1)^T + (0,2)(2,0)^T.
    assert taken["cross_correlation"].tolist() == [[0, 1 / 2], [4 / 2, 0]]
    # The target of the other view against z: t2 z1^T and t1 z2^T, (0,7)(0,2)^T + (5,0)(0,1)^T.
    assert taken["target_correlation"].tolist() == [[0, 5 / 4], [0, 14 / 4]]
    # The prediction of the same view: (1,1)(1,0)^T + (3,0)(2,0)^T.
    assert taken["prediction_correlation"].tolist() == [[7 / 4, 0], [1 / 4, 0]]
    assert taken["mean"].tolist() == [3 / 4, 3 / 4]
    assert taken["samples"] == 4


def test_moments_are_of_the_rows_since_the_last_snapshot_alone():
    moments = Moments(1, CPU)
    add(moments, seen([[1.0], [2]]))
    add(moments, seen([[3.0], [4], [5]]))
    first = moments.take()
    assert first["samples"] == 10
    assert first["mean"].item() == 3
    assert first["correlation"].item() == 11  # (1 + 4 + 9 + 16 + 25) / 5
    add(moments, seen([[7.0], [7]]))
    assert moments.take()["correlation"].item() == 49


def test_a_snapshot_has_its_step_epoch_and_time_and_the_matrices_of_then():
    learner, recorder = make(Method(Direct(rho=0.5), StopGradient()), head=True)
    learner.predictor.matrix().data.copy_(torch.arange(9.0).view(3, 3))
    learner.predictor.moments.copy_(torch.eye(3)[None] * 2)
    recorder.observe(1, seen([[1.0, 0, 0], [0, 1, 0]]))
    recorder.snapshot(1, 0.25, 1.5)
    (written,) = recorder.writer.snapshots
    assert (written["step"], written["epoch"], written["time"]) == (1, 0.25, 1.5)
    assert written["predictor"].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert written["running_correlation"].tolist() == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    np.testing.assert_array_equal(written["head"], learner.online.encoder.weight.detach())
    assert written["samples"] == 4
    assert len(recorder.writer.metrics) == 1  # scalars first: a snapshot has its metrics
    _, learned = make(Method(Learned(layers=1), StopGradient()))
    learned.observe(1, seen([[1.0, 0, 0], [0, 1, 0]]))
    learned.snapshot(1, 0.0, 0.0)
    assert not {"running_correlation", "head"} & learned.writer.snapshots[0].keys()


def test_a_step_that_is_not_finite_is_the_last_that_is_written():
    _, recorder = make()
    for step in range(1, 6):
        recorder.observe(step, seen([[1.0, 0, 0]] * 2, loss=np.inf if step == 3 else 1.0))
    with pytest.raises(Diverged, match="diverged at step 3: the loss is inf") as met:
        recorder.snapshot(5, 0.0, 0.0)
    assert met.value.step == 3
    assert recorder.writer.column("step").tolist() == [1, 2, 3]
    assert not recorder.writer.snapshots


def test_state_goes_on_where_it_was_taken():
    _, recorder = make()
    recorder.observe(1, seen([[1.0, 2, 3], [4, 5, 6]]))
    state = recorder.state_dict()
    _, other = make()
    other.load_state_dict(state)
    for each in (recorder, other):
        each.observe(2, seen([[7.0, 8, 9], [1, 1, 1]]))
        each.snapshot(2, 0.0, 0.0)
    mine, theirs = recorder.writer.snapshots[0], other.writer.snapshots[0]
    for name in ("correlation", "cross_correlation", "mean", "samples"):
        np.testing.assert_array_equal(mine[name], theirs[name])


def test_moments_are_means_over_all_rows_since_the_last_snapshot():
    learner = Learner(small(Method(Learned(layers=1), EMA(0.5))), (3, 16, 16), torch.device("cpu"))
    moments, seen = Moments(6, torch.device("cpu")), []
    for _ in range(3):
        x1, x2 = torch.randn(2, 5, 3, 16, 16)
        seen.append(learner.learn(1, x1, x2))
        add(moments, seen[-1])
    taken = moments.take()
    z1, z2, q1, q2, t1, t2 = (
        torch.cat([getattr(step, name)[view] for step in seen]).double()
        for name in ("z", "q", "t")
        for view in (0, 1)
    )

    def expected(a, b):  # E[a b^T], by a loop over rows
        return sum(torch.outer(x, y) for x, y in zip(a, b, strict=True)) / len(a)

    close = {"rtol": 1e-5, "atol": 1e-6}
    same = (expected(z1, z1) + expected(z2, z2)) / 2
    np.testing.assert_allclose(taken["correlation"], same, **close)
    np.testing.assert_allclose(taken["cross_correlation"], expected(z1, z2), **close)
    target = (expected(t2, z1) + expected(t1, z2)) / 2
    np.testing.assert_allclose(taken["target_correlation"], target, **close)
    prediction = (expected(q1, z1) + expected(q2, z2)) / 2
    np.testing.assert_allclose(taken["prediction_correlation"], prediction, **close)
    np.testing.assert_allclose(taken["mean"], torch.cat([z1, z2]).mean(0), **close)
    assert taken["samples"] == 30
    assert (taken["correlation"] == taken["correlation"].T).all()
    assert all((total == 0).all() for total in moments.sums.values())


def test_the_norms_of_a_one_layer_predictor_are_those_of_the_optimiser():
    learner, recorder = make(
        Method(Learned(layers=1), StopGradient()),
        momentum=0.5,
        predictor_lr=0.2,
        weight_decay=0.1,
        schedule="cosine",
    )
    weight, buffer = learner.predictor.weights[0], None
    for step in (1, 2):
        before = weight.detach().clone()
        recorder.observe(step, learner.learn(step, *torch.randn(2, 8, 5)))
        gradient = weight.grad + 0.1 * before
        buffer = gradient if buffer is None else 0.5 * buffer + gradient
    recorder.fetch()
    column = recorder.writer.column
    assert column("predictor_grad_norm")[-1] == pytest.approx(weight.grad.norm().item(), rel=1e-6)
    assert column("predictor_buffer_norm")[-1] == pytest.approx(buffer.norm().item(), rel=1e-6)
    rates = [0.2 * learner.schedule[step] for step in (1, 2)]
    np.testing.assert_allclose(column("predictor_learning_rate"), rates, rtol=1e-6)


def test_a_predictor_of_other_kinds_has_no_norms_and_an_older_store_goes_on_without():
    # LARS takes other steps than a scale law knows.
    for layers, optimiser, there in ((2, "sgd", False), (1, "lars", False), (1, "sgd", True)):
        method = Method(Learned(layers=layers), StopGradient())
        _, recorder = make(method, optimiser=optimiser)
        recorder.observe(1, seen([[1.0, 0, 0], [0, 1, 0]]))
        recorder.fetch()
        assert ("predictor_grad_norm" in recorder.writer.variables()) is there
    writer = Written()
    writer.append_metrics(step=[1], loss=[0.5])
    old = LoopRecorder(writer, recorder.learner, CPU, images_per_step=7)
    old.observe(2, seen([[1.0, 0, 0], [0, 1, 0]]))
    old.fetch()
    assert "predictor_grad_norm" not in writer.metrics[-1]


def test_a_store_that_has_norms_of_the_predictor_alone_goes_on_with_these():
    _, recorder = make(Method(Learned(layers=1), StopGradient()))
    recorder.observe(1, seen([[1.0, 0, 0], [0, 1, 0]]))
    recorder.fetch()
    younger = LoopRecorder(recorder.writer, recorder.learner, CPU, images_per_step=7, head=True)
    younger.observe(2, seen([[1.0, 0, 0], [0, 1, 0]]))
    younger.fetch()
    first, second = recorder.writer.metrics
    assert first.keys() == second.keys() >= {"predictor_grad_norm"}


def test_the_norms_of_the_head_are_those_of_the_optimiser():
    method = Method(Direct(), StopGradient())
    learner, recorder = make(method, head=True, encoder_lr=0.2, weight_decay=0.1)
    head = learner.online.head.weight
    before = head.detach().clone()
    recorder.observe(1, learner.learn(1, *torch.randn(2, 8, 5)))
    recorder.fetch()
    column = recorder.writer.column
    assert column("head_grad_norm").tolist() == [pytest.approx(head.grad.norm().item(), rel=1e-6)]
    buffer = (head.grad + 0.1 * before).norm().item()
    assert column("head_buffer_norm").tolist() == [pytest.approx(buffer, rel=1e-6)]
    np.testing.assert_allclose(column("head_learning_rate"), 0.2, rtol=1e-6)
    assert "predictor_grad_norm" not in recorder.writer.variables()
