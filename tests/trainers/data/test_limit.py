import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import save

from trainers.data.limit import expected_runs, mixed, part_of
from trainers.data.load import load_data
from trainers.data.sources import read_shapes


def runs(y):
    return sum(1 for _ in itertools.groupby(y))


@pytest.mark.parametrize("counts", [(3, 3, 2), (4, 2, 1), (5, 2)])
def test_the_runs_of_a_random_order_have_the_moments_that_are_used(counts):
    labels = [k for k, n in enumerate(counts) for _ in range(n)]
    every = np.array([runs(order) for order in set(itertools.permutations(labels))])
    mean, deviation = expected_runs(np.array(counts))
    assert mean == pytest.approx(every.mean())
    assert deviation == pytest.approx(every.std())


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 12), n=st.integers(2, 40))
def test_a_file_sorted_by_class_or_by_groups_of_classes_is_not_mixed(seed, classes, n):
    rng = np.random.default_rng(seed)
    y = np.repeat(rng.permutation(classes), n)
    assert not mixed(torch.tensor(y))
    halves = np.concatenate([rng.permutation(part) for part in np.split(np.arange(400) // 40, 2)])
    assert not mixed(torch.tensor(halves))


def test_a_random_order_is_taken_for_a_sorted_one_at_the_stated_rate():
    rng = np.random.default_rng()
    y = np.repeat(np.arange(10), 30)
    orders = 4000
    wrong = sum(not mixed(torch.tensor(rng.permutation(y))) for _ in range(orders))
    rate = 1 / 700
    assert wrong <= orders * rate + 5 * (orders * rate) ** 0.5 + 2


def test_orders_in_turn_and_without_labels_are_mixed():
    assert mixed(torch.arange(30) % 10)
    assert mixed(torch.full((9,), -1))
    assert mixed(torch.arange(5))
    assert mixed(torch.empty(0, dtype=torch.int64))
    assert mixed(read_shapes(None, 8).y_train)


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=8).filter(lambda c: max(c) > 1),
    data=st.data(),
)
def test_a_part_has_every_class_in_its_share(counts, data):
    y = torch.tensor([k for k, n in enumerate(counts) for _ in range(n)])
    n = data.draw(st.integers(1, len(y)))
    numbers = part_of(y, n)
    assert len(numbers.unique()) == n
    assert numbers.tolist() == part_of(y, n).tolist()
    taken = y[numbers].bincount(minlength=len(counts))
    assert (taken <= n * torch.tensor(counts) / len(y) + 1).all()
    if n >= len(counts):
        assert (taken >= 1).all()


def test_a_part_of_a_class_is_drawn_and_not_its_first():
    y = torch.arange(2).repeat_interleave(50)
    first = part_of(y, 20)
    assert first[:10].tolist() != list(range(10))
    assert first[:10].max() > 25


def test_a_limit_of_a_sorted_file_takes_of_all_classes_and_says_so(tmp_path):
    path = save(tmp_path / "a.npz", y_train=np.arange(12) // 4)
    data = load_data(path, limit=6)
    assert data.y_train.bincount().tolist() == [2, 2, 2]
    whole = load_data(path)
    pairs = zip(whole.x_train, whole.y_train, strict=True)
    known = {bytes(x.flatten().tolist()): k for x, k in pairs}
    for x, k in zip(data.x_train, data.y_train, strict=True):
        assert known[bytes(x.flatten().tolist())] == k
    assert "a part of each class, of 12 in order" in data.account
    mixed_file = load_data(save(tmp_path / "b.npz"), limit=6)
    assert "the first of 12" in mixed_file.account
    assert "of 12" not in load_data(path, limit=12).account


def test_a_class_that_the_limit_leaves_out_is_not_scored(tmp_path):
    data = load_data(save(tmp_path / "a.npz", y_train=np.arange(12) // 4), limit=2)
    assert data.y_train.tolist() == [0, 1]
    assert data.y_test.tolist() == [0, 1, -1, 0, 1, -1]
