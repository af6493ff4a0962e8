import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trainers.randomness import normals, permutation, uniforms

MASK = (1 << 64) - 1
SAMPLES = torch.arange(20_000)
words = st.integers(0, 2**40)


def splitmix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def by_hand(seed: int, stream: int, step: int, view: int, sample: int, column: int) -> float:
    key = 0
    for part in (seed, stream, step, view):
        key = splitmix(((key ^ part) + 0x9E3779B97F4A7C15) & MASK)
    row = splitmix((key + sample * 0x9E3779B97F4A7C15) & MASK)
    return (splitmix((row + (column + 1) * 0xD1342543DE82EF95) & MASK) >> 40) / 2**24


@given(words, st.integers(0, 9), words, st.integers(0, 9), words, st.integers(0, 40))
def test_each_number_is_the_hash_of_its_key_in_plain_integers(
    seed, stream, step, view, sample, column
):
    drawn = uniforms(seed, step, view, torch.tensor([sample]), column + 1, stream=stream)
    assert drawn[0, column].item() == by_hand(seed, stream, step, view, sample, column)


def test_the_numbers_are_frozen():
    drawn = uniforms(0, 1, 2, torch.tensor([0, 1, 2**40]), 2)
    expected = [
        [0.8491466641426086, 0.7455605268478394],
        [0.6405771970748901, 0.04739189147949219],
        [0.5500994920730591, 0.5479798316955566],
    ]
    assert drawn.tolist() == expected
    assert permutation(0, 0, 8).tolist() == [1, 4, 6, 3, 2, 5, 0, 7]


@pytest.mark.parametrize("draw", [uniforms, normals])
@given(
    samples=st.lists(words, min_size=1, max_size=40),
    cut=st.integers(0, 40),
    n=st.integers(1, 9),
    more=st.integers(0, 5),
)
def test_a_draw_depends_on_its_sample_alone(draw, samples, cut, n, more):
    samples = torch.tensor(samples)
    whole = draw(5, 7, 1, samples, n)
    halves = [draw(5, 7, 1, part, n) for part in (samples[:cut], samples[cut:])]
    assert torch.equal(whole, torch.cat(halves))
    assert torch.equal(whole.flip(0), draw(5, 7, 1, samples.flip(0), n))
    assert torch.equal(whole, draw(5, 7, 1, samples, n + more)[:, :n])


def test_uniforms_are_uniform():
    u = uniforms(1, 2, 3, SAMPLES, 8)
    assert u.dtype == torch.float32
    assert u.min() >= 0
    assert u.max() < 1
    assert all(stats.kstest(column, "uniform").pvalue > 1e-4 for column in u.T.numpy())


def test_neighbouring_keys_are_uncorrelated():
    keys = [(s, t, v, k) for s in (0, 1) for t in (0, 1, 2) for v in (1, 2) for k in (0, 1)]
    columns = [uniforms(s, t, v, SAMPLES, 2, stream=k) for s, t, v, k in keys]
    u = torch.cat([*columns, columns[0].roll(1, 0)], dim=1)
    r = np.corrcoef(u.T)[np.triu_indices(u.shape[1], 1)] * math.sqrt(len(SAMPLES))
    assert stats.kstest(r, "norm").pvalue > 1e-4  # as correlations of unrelated columns spread
    assert abs(r).max() < 5


def test_normals_are_standard_normal():
    z = normals(1, 2, 3, SAMPLES, 5).double()
    n = z.numel()
    assert z.shape == (len(SAMPLES), 5)
    assert abs(z.mean()) < 4 / math.sqrt(n)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 4 * math.sqrt(96 / n)
    assert stats.kstest(z.flatten(), "norm").pvalue > 1e-4
    r = np.corrcoef(z.T)[np.triu_indices(5, 1)]
    assert abs(r).max() < 4.5 / math.sqrt(len(SAMPLES))


@given(seed=words, epoch=st.integers(0, 1000), n=st.integers(0, 300))
def test_an_epoch_visits_every_sample_once(seed, epoch, n):
    order = permutation(seed, epoch, n)
    assert order.dtype == torch.int64
    assert torch.equal(order.sort().values, torch.arange(n))
    assert torch.equal(order, permutation(seed, epoch, n))


def test_every_epoch_and_every_seed_has_an_order_of_its_own():
    orders = {tuple(permutation(s, e, 50).tolist()) for s in range(4) for e in range(4)}
    assert len(orders) == 16


@pytest.mark.parametrize("samples", [torch.zeros(2, 2, dtype=torch.int64), torch.zeros(2)])
def test_samples_that_are_no_vector_of_integers_are_refused(samples):
    with pytest.raises(ValueError, match=r"samples has shape \(2.*\(batch,\) torch.int64 wanted"):
        uniforms(0, 0, 0, samples, 1)
