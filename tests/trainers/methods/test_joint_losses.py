"""Losses that keep features apart by themselves: by hand, by another formula, by their gradient."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from learners import config_of, learned, unlearned, views
from scipy.integrate import quad

from trainers import Attached, BarlowTwins, Identity, LeJEPA, Method, VICReg
from trainers.methods.lejepa import directions
from trainers.methods.method import LOSSES

JOINT = {"vicreg": VICReg(), "barlow-twins": BarlowTwins(), "lejepa": LeJEPA(directions=16)}


def pair(seed, n=12, d=3, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(2, n, d, generator=generator, dtype=torch.float64)


def test_vicreg_by_hand():
    q = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)  # variances 1/2, covariance 1/2
    t = torch.tensor([[0.0, 0.0], [3.0, 0.0]], dtype=torch.float64)  # variances 9/2 and 0
    near = (4 + 1) / 4
    short = [1 - np.sqrt(0.5001), (0 + 1 - 0.01) / 2]
    together = 2 * 0.25 / 2 + 0
    expected = 25 * near + 25 * np.mean(short) + together
    assert VICReg().distance(q, t).item() == pytest.approx(expected)


def test_barlow_twins_by_hand():
    # Standardised features are +-1: C = [[1, -1], [0, 0]] up to eps, of z (1, 1, -1, -1) with
    # (1, 1, -1, -1) and (-1, -1, 1, 1), and of (1, -1, 1, -1) with both.
    q = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64)
    t = torch.tensor([[1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, 1.0]], dtype=torch.float64)
    assert BarlowTwins(redundancy=0.5).distance(q, t).item() == pytest.approx(1 + 0.5, abs=1e-4)
    assert BarlowTwins().distance(q, q).item() == pytest.approx(0, abs=1e-8)


@given(seed=st.integers(0, 99))
def test_covariances_are_those_of_numpy(seed):
    q, t = pair(seed, d=4)
    C = np.cov(q.numpy().T)
    off = (C**2).sum() - (np.diag(C) ** 2).sum()
    alone = VICReg(invariance=0, variance=0).distance(q, torch.zeros_like(t))
    assert alone.item() == pytest.approx(off / 4)
    R = np.corrcoef(q.numpy().T, t.numpy().T)[:4, 4:]
    expected = ((1 - np.diag(R)) ** 2).sum() + 0.1 * (R**2).sum() - 0.1 * (np.diag(R) ** 2).sum()
    assert BarlowTwins(redundancy=0.1).distance(q, t).item() == pytest.approx(expected, rel=1e-3)


@given(seed=st.integers(0, 99), step=st.integers(0, 5))
def test_sigreg_is_the_integral_over_frequencies(seed, step):
    q, t = pair(seed, n=5, d=2)
    loss = LeJEPA(gaussian=1.0, directions=2).at(step)
    A = directions(step, q, 2).numpy()
    np.testing.assert_allclose(np.linalg.norm(A, axis=0), 1)

    def away(x):
        def apart(u):
            return abs(np.exp(1j * u * x).mean() - np.exp(-(u**2) / 2)) ** 2 * np.exp(-(u**2) / 2)

        return len(x) * quad(apart, -3, 3)[0]

    expected = np.mean([away(z.numpy() @ a) for z in (q, t) for a in A.T])
    assert loss.distance(q, t).item() == pytest.approx(expected, rel=0.02)  # 17 knots


def test_lejepa_shares_its_weight_between_distance_and_sigreg_by_hand():
    # From their mean both views are 1/2, 1/2; 1, 0 away: (1/4 + 1/4 + 1 + 0) / 4.
    q = torch.tensor([[0.0, 1.0], [3.0, 5.0]], dtype=torch.float64)
    t = torch.tensor([[1.0, 0.0], [1.0, 5.0]], dtype=torch.float64)
    near, away = (LeJEPA(gaussian=a, directions=4).distance(q, t).item() for a in (0.0, 1.0))
    assert near == pytest.approx(0.375)
    both = LeJEPA(gaussian=0.2, directions=4).distance(q, t).item()
    assert both == pytest.approx(0.8 * near + 0.2 * away)


def test_the_null_of_sigreg_does_not_depend_on_the_number_of_samples():
    loss = LeJEPA(gaussian=1.0, directions=64)
    for n in (32, 512):
        values = [loss.at(seed).distance(*pair(seed, n=n, d=8)).item() for seed in range(40)]
        assert np.mean(values) == pytest.approx(1.0525, abs=0.1)


def test_every_step_of_lejepa_has_directions_of_its_own():
    q, t = pair(0)
    loss = LeJEPA(directions=4)
    assert loss.at(3).distance(q, t) == loss.at(3).distance(q, t)
    assert loss.at(3).distance(q, t) != loss.at(4).distance(q, t)
    assert VICReg().at(3) == VICReg()


@pytest.mark.parametrize("name", JOINT)
def test_the_views_may_be_swapped_and_the_factor_multiplies(name):
    z1, z2 = pair(1)
    loss = JOINT[name]
    value = loss((z1, z2), (z1, z2), (z1, z2))
    assert loss((z2, z1), (z2, z1), (z2, z1)).item() == pytest.approx(value.item())
    assert value.item() == pytest.approx(loss.distance(z1, z2).item())
    twice = type(loss)(**{**vars(loss), "factor": 2.0})
    assert twice((z1, z2), (z1, z2), (z1, z2)).item() == pytest.approx(2 * value.item())


@pytest.mark.parametrize("name", JOINT)
def test_gradients_are_those_of_finite_differences(name):
    z = pair(2, n=5).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: JOINT[name].distance(z[0], z[1]), [z])


@pytest.mark.parametrize("name", JOINT)
def test_collapse_is_no_minimum_of_it(name):
    loss, (q, t) = JOINT[name], pair(3, n=64, scale=1.0)
    agreed = (q + t) / np.sqrt(2)  # spread, and the views agree
    assert loss.distance(agreed, agreed) < loss.distance(0 * q, 0 * t)


@pytest.mark.parametrize("name", ["vicreg", "barlow-twins", "lejepa", "off-diagonal-head"])
def test_a_preset_of_it_learns(name):
    config = config_of(name, "--lr 0.003")
    assert config.method.loss in LOSSES.values()
    before, after = unlearned(config), learned(config, steps=8)
    first, last = (learner.look(*views(1), step=1).loss for learner in (before, after))
    assert last < first


def test_in_the_names_of_the_published_method_there_is_no_predictor():
    for loss in JOINT.values():
        method = Method(Identity(), Attached(), loss)
        z1, z2 = (z.requires_grad_() for z in pair(4))
        method.loss((z1, z2), (z1, z2), (z1, z2)).backward()
        assert all(z.grad.abs().sum() > 0 for z in (z1, z2))


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (VICReg, {"variance": -1}, "loss variance is -1"),
        (BarlowTwins, {"redundancy": "a"}, "loss redundancy is 'a'"),
        (LeJEPA, {"gaussian": 1.5}, "loss gaussian is 1.5; a share, at most 1"),
        (LeJEPA, {"gaussian": -0.1}, "loss gaussian is -0.1"),
        (LeJEPA, {"directions": 0}, "loss directions is 0"),
    ],
)
def test_weights_out_of_range_are_refused(kind, options, words):
    with pytest.raises(ValueError, match=words):
        kind(**options)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_would_teach_nothing_is_refused(name):
    for factor in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="loss factor is "):
            type(LOSSES[name])(factor=factor)


def test_all_losses_have_names_and_round_trips():
    from trainers import Config

    for name, a in itertools.product(LOSSES, (1.0, 3.0)):
        loss = type(LOSSES[name])(factor=a)
        config = Config(method=Method(Identity(), Attached(), loss))
        assert Config.from_json(config.to_json()).method.loss == loss
