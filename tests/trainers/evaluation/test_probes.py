"""The linear probe by L-BFGS and by Adam, on features that are given."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from torch import nn
from torch.nn.functional import cross_entropy

from trainers.evaluation.adam_probe import AdamProbe
from trainers.evaluation.cached_features import CachedFeatures
from trainers.evaluation.linear_probe import LinearProbe, apply_head, as_layer, fit_logistic


def clusters(n: int, d: int, classes: int, seed: int, spread: float = 1.0):
    generator = torch.Generator().manual_seed(seed)
    centres = 2 * torch.randn(classes, d, generator=generator)
    y = torch.arange(n) % classes
    return centres[y] + spread * torch.randn(n, d, generator=generator), y


def cached(train, labels, test, truth, classes) -> CachedFeatures:
    split = torch.arange(len(train) // 10, len(train)), torch.arange(len(train) // 10)
    values = {"train": train, "labels": labels, "test": test, "truth": truth, "split": split}
    return SimpleNamespace(**values, classes=classes, encoder=nn.Identity())


def start(classes: int, d: int) -> torch.Tensor:
    return torch.zeros(classes, d + 1, dtype=torch.float64)


@pytest.mark.parametrize("l2", [1e-3, 0.1, 1.0])
def test_two_points_by_hand(l2):
    # x = -1, 1 with labels 0, 1: by symmetry W = (-w, w), b = 0. The loss is
    # log(1 + e^{-2w}) + l2 w^2, so that 2 / (1 + e^{2w}) = 2 l2 w.
    x, y = torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1])
    w = brentq(lambda w: 1 / (1 + math.exp(2 * w)) - l2 * w, 0, 20)
    head = fit_logistic(x, y, l2, start(2, 1))
    np.testing.assert_allclose(head.numpy(), [[-w, 0], [w, 0]], atol=2e-4)


@given(seed=st.integers(0, 50), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_the_gradient_vanishes_and_units_do_not_matter(seed, scale, shift):
    x, y = clusters(60, 4, 3, seed)
    head = fit_logistic(x, y, 0.01, start(3, 4))
    std = x.double().std(0, correction=0)
    free = head.clone().requires_grad_()
    loss = cross_entropy(apply_head(free, x), y) + 0.01 / 2 * ((free[:, :-1] * std) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, free)
    assert gradient.abs().max() < 1e-3
    moved = fit_logistic(scale * x + shift, y, 0.01, start(3, 4))
    torch.testing.assert_close(
        apply_head(moved, scale * x + shift), apply_head(head, x), atol=5e-3, rtol=1e-3
    )


def test_a_start_in_the_terms_of_the_features_is_kept():
    x, y = clusters(80, 5, 3, seed=1)
    head = fit_logistic(3 * x + 1, y, 0.1, start(3, 5))
    again = fit_logistic(3 * x + 1, y, 0.1, head)
    torch.testing.assert_close(again, head, atol=1e-4, rtol=1e-3)


def test_a_constant_feature_changes_nothing():
    x, y = clusters(60, 4, 3, seed=2)
    with_constant = torch.cat([x, torch.full((60, 1), 0.1)], 1)
    one, other = (fit_logistic(f, y, 0.01, start(3, f.shape[1])) for f in (x, with_constant))
    assert torch.isfinite(other).all()
    torch.testing.assert_close(
        apply_head(other, with_constant), apply_head(one, x), atol=1e-3, rtol=1e-3
    )


def test_the_strength_is_the_validation_images_choice():
    # Many features, few images: hardly any regularisation overfits.
    train, labels = clusters(60, 80, 2, seed=3, spread=6.0)
    test, truth = clusters(400, 80, 2, seed=3, spread=6.0)
    probe = LinearProbe(weakest=1e-6, strongest=10.0, count=4)
    made = cached(train, labels, test, truth, 2)
    score = probe.score(made)
    fit, validation = made.split
    tried = {}
    for l2 in np.geomspace(10.0, 1e-6, 4):
        head = fit_logistic(train[fit], labels[fit], float(l2), start(2, 80))
        right = apply_head(head, train[validation]).argmax(1) == labels[validation]
        tried[float(l2)] = right.double().mean().item()
    assert score.attrs["validation_accuracy"] == max(tried.values())
    assert score.attrs["l2"] == max(l2 for l2 in tried if tried[l2] == max(tried.values()))
    final = fit_logistic(train, labels, score.attrs["l2"], start(2, 80))
    right = (apply_head(final, test).argmax(1) == truth).double().mean().item()
    assert score.accuracy == pytest.approx(right, abs=0.01)
    assert (as_layer(final)(test).argmax(1) == truth).double().mean() == pytest.approx(right, 0.01)


def test_the_test_images_change_neither_choice_nor_fit():
    train, labels = clusters(100, 6, 3, seed=4, spread=3.0)
    test, truth = clusters(50, 6, 3, seed=4, spread=3.0)
    for probe in (LinearProbe(count=3), AdamProbe(epochs=2)):
        one = probe.score(cached(train, labels, test, truth, 3))
        other = probe.score(cached(train, labels, -test, truth.roll(1), 3))
        assert one.attrs == other.attrs
        for a, b in zip(one.classifier.parameters(), other.classifier.parameters(), strict=True):
            assert torch.equal(a, b)
        assert one.accuracy != other.accuracy


def test_adams_rate_is_the_predecessors():
    # 5e-4 + 0.0495 (1 - t/T)^2, at t = 0, T/2 and T.
    assert [AdamProbe().rate(p) for p in (0, 0.5, 1)] == pytest.approx([0.05, 0.012875, 0.0005])


def test_adam_learns_and_keeps_both_curves():
    train, labels = clusters(300, 6, 3, seed=6, spread=0.3)
    test, truth = clusters(90, 6, 3, seed=6, spread=0.3)
    score = AdamProbe(epochs=20, batch_size=32).score(cached(train, labels, test, truth, 3))
    assert score.accuracy > 0.8
    for part in ("train", "validation"):
        curve = score.attrs[f"{part}_accuracy_by_epoch"]
        assert len(curve) == 20
        assert score.attrs[f"{part}_accuracy"] == curve[-1]
    right = (score.classifier(test).argmax(1) == truth).double().mean().item()
    assert score.accuracy == pytest.approx(right)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearProbe(weakest=0.0), "linear weakest is 0.0"),
        (lambda: LinearProbe(weakest=2.0), "0 < weakest <= strongest"),
        (lambda: LinearProbe(count=0), "linear count is 0"),
        (lambda: AdamProbe(epochs=0), "adam epochs is 0"),
        (lambda: AdamProbe(batch_size=-1), "adam batch-size is -1"),
        (lambda: AdamProbe(lr=float("nan")), "adam lr is nan"),
    ],
)
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
