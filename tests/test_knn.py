import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.knn import KNN

ANGLES = torch.tensor([0.0, 0.1, 0.3, 2.0])  # of the bank, in the plane
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
    assert label(1.9, KNN(k=400, temperature=0.1)) == 2  # k is at most the bank


@given(seed=st.integers(0, 99), scale=st.floats(0.01, 100))
def test_only_directions_count(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    bank, queries = torch.randn(2, 30, 4, generator=generator)
    labels, truth = torch.randint(3, (2, 30), generator=generator)
    knn = KNN(k=5)
    expected = knn.accuracy(bank, labels, queries, truth)
    assert knn.accuracy(scale * bank, labels, queries / scale, truth) == expected
    order = torch.randperm(30, generator=generator)
    assert knn.accuracy(bank[order], labels[order], queries, truth) == expected
    assert knn.accuracy(bank, labels, bank, labels) >= 1 / 3


def test_the_votes_are_those_of_a_loop_over_queries():
    generator = torch.Generator().manual_seed(0)
    bank, queries = torch.randn(2, 700, 4, generator=generator)
    labels, truth = torch.randint(5, (2, 700), generator=generator)
    unit_bank = bank / bank.norm(dim=1, keepdim=True)
    right = 0
    for query, answer in zip(queries / queries.norm(dim=1, keepdim=True), truth, strict=True):
        cosines = (unit_bank @ query).numpy()
        nearest = np.argsort(-cosines)[:20]
        votes = np.bincount(labels[nearest], np.exp(cosines[nearest] / 0.1), minlength=5)
        right += votes.argmax() == answer.item()
    assert KNN(k=20).accuracy(bank, labels, queries, truth) == right / 700


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
