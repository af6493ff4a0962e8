import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from trainers.evaluation.knn import KNN

ANGLES = torch.tensor([0.0, 0.1, 0.3, 2.0])  # of what is known, in the plane
BANK = torch.stack([ANGLES.cos(), ANGLES.sin()], dim=1)
LABELS = torch.tensor([0, 1, 1, 2])


def label(query: float, knn: KNN) -> int:
    """Return the label that `knn` gives to a query at an angle."""
    point = torch.tensor([[math.cos(query), math.sin(query)]])
    return next(
        c for c in range(3) if knn.accuracy(BANK, LABELS, 5 * point, torch.tensor([c])) == 1
    )


def test_votes_by_hand():
    # At -0.05 the neighbours are at distance .05 (label 0), .15 and .35 (label 1).
    assert label(-0.05, KNN(k=1)) == 0
    assert label(-0.05, KNN(k=3, temperature=10.0)) == 1  # two nearly equal votes against one
    # cos .05 - cos .15 = .00998 and cos .05 - cos .35 = .0594: e^-10 + e^-59 is no match for 1.
    assert label(-0.05, KNN(k=3, temperature=0.001)) == 0
    assert label(1.9, KNN(k=4, temperature=0.1)) == 2
    assert label(1.9, KNN(k=400, temperature=0.1)) == 2  # k is at most what is known


@given(seed=st.integers(0, 99), scale=st.floats(0.01, 100))
def test_only_directions_count(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    cached, queries = torch.randn(2, 30, 4, generator=generator)
    labels, truth = torch.randint(3, (2, 30), generator=generator)
    knn = KNN(k=5)
    expected = knn.accuracy(cached, labels, queries, truth)
    assert knn.accuracy(scale * cached, labels, queries / scale, truth) == expected
    order = torch.randperm(30, generator=generator)
    assert knn.accuracy(cached[order], labels[order], queries, truth) == expected
    assert knn.accuracy(cached, labels, cached, labels) >= 1 / 3


def reference(cached, labels, queries, truth, k, temperature):
    """Return the accuracy by a loop over queries and classes, in logarithms of votes."""
    x, h = (np.asarray(a, dtype=np.float64) for a in (cached, queries))
    x, y, right = x / np.hypot.reduce(x, axis=1, keepdims=True), labels.numpy(), 0
    for query, answer in zip(h, truth.numpy(), strict=True):
        cosines = x @ query / np.sqrt(query @ query)
        nearest = np.argsort(-cosines)[:k]
        of = [cosines[nearest][y[nearest] == c] / temperature for c in range(y.max() + 1)]
        right += np.argmax([logsumexp(c) if len(c) else -np.inf for c in of]) == answer
    return right / len(h)


@pytest.mark.parametrize(
    ("temperature", "scale"),
    [
        (1e-300, 1),
        (1e-9, 1),
        (1e-6, 1),
        (0.003, 1e-30),
        (0.003, 1),
        (0.1, 1e30),
        (0.1, 1),
        (1e3, 1),
    ],
)
def test_the_votes_are_those_of_a_loop_over_queries(temperature, scale):
    generator = torch.Generator().manual_seed(0)
    cached, queries = scale * torch.randn(2, 150, 4, generator=generator)
    labels, truth = torch.randint(5, (2, 150), generator=generator)
    for k in (20, 151):  # more neighbours than images: all of them
        expected = reference(cached, labels, queries, truth, k, temperature)
        assert KNN(k, temperature).accuracy(cached, labels, queries, truth) == expected


def test_far_from_every_neighbour_the_nearest_still_has_a_vote():
    # A query across from neighbours on one side: all weights e^(cos / T) underflow at T = 0.003.
    cached = torch.tensor([[-1.0, 0.5], [-1.0, 0.1], [-1.0, 0.0]])
    for labels, nearest in (([0, 1, 2], 0), ([2, 0, 1], 2)):
        for temperature in (1e-6, 0.003):
            score = KNN(3, temperature).accuracy(
                cached, torch.tensor(labels), torch.tensor([[1.0, 0.0]]), torch.tensor([nearest])
            )
            assert score == 1


def test_cosines_that_are_equal_in_float32_are_told_apart():
    # 1 - cos is 2e-9 and 0: as float32 both are 1. At T = 1e-10 the second is all.
    cached = torch.tensor([[1.0, 6.4e-5], [1.0, 0.0]])
    query, truth = torch.tensor([[1.0, 0.0]]), torch.tensor([1])
    assert KNN(2, 1e-10).accuracy(cached, torch.tensor([0, 1]), query, truth) == 1


def test_equal_votes_go_to_the_first_class_and_a_feature_of_length_0_has_no_direction():
    cached = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    labels = torch.tensor([2, 1, 0, 0])
    query = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    # (1, 0): one vote each for 1 and 2, e^(-10) for 0. No direction: all at 0, two of class 0.
    assert KNN(4).accuracy(cached, labels, query, torch.tensor([1, 0])) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"k": 0}, "knn k is 0"), ({"temperature": 0.0}, "knn temperature is 0.0")],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        KNN(**settings)


def test_the_protocol_is_named():
    assert KNN().attrs["k"] == 200
    assert {"protocol", "split"} <= KNN().attrs.keys()
    assert pytest.approx(0.1) == KNN().attrs["temperature"]
