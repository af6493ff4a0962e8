import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import correlation

from analysis import commutator, commutator_null, mode_commutator

seeds = st.integers(0, 10**6)


def random_pair(seed, d=6):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((20, d)) * np.linspace(2, 0.5, d)
    return correlation(rng.standard_normal((d, d))), correlation(Z.T @ Z / 20)


def test_two_modes_by_hand():
    F, W = correlation(np.diag([1.0, 2.0])), correlation(np.array([[1.0, 0.0], [3.0, 1.0]]))
    # [F, W] e_1 = (0, 3), of mode 2; its size is the largest there is: sqrt(2) sqrt(1/2) 3
    np.testing.assert_allclose(mode_commutator(W, F), [0, 1], atol=1e-12)


@given(seed=seeds)
def test_squares_add_up_to_the_commutator(seed):
    W, F = random_pair(seed)
    c = mode_commutator(W, F)
    np.testing.assert_allclose((c**2).sum("mode"), commutator(W, F, deviatoric=True) ** 2)


@given(seed=seeds)
def test_each_is_what_its_eigenvector_gives(seed):
    W, F = random_pair(seed)
    bracket = F.values @ W.values - W.values @ F.values
    U = np.linalg.eigh(F.values)[1][:, ::-1]
    c = mode_commutator(W, F).values
    lengths = np.linalg.norm(bracket @ U, axis=0)
    np.testing.assert_allclose(c / c.sum(), lengths / lengths.sum(), atol=1e-9)


@given(seed=seeds)
def test_rotating_features_and_adding_identity_change_nothing(seed):
    W, F = random_pair(seed)
    R = np.linalg.qr(np.random.default_rng(seed + 1).standard_normal((6, 6)))[0]
    turned = mode_commutator(correlation(R @ W.values @ R.T), correlation(R @ F.values @ R.T))
    eye = correlation(np.eye(6))
    np.testing.assert_allclose(turned, mode_commutator(W, F), atol=1e-9)
    np.testing.assert_allclose(mode_commutator(-3 * W + eye, F), mode_commutator(W, F), atol=1e-9)


def test_a_null_level_of_unrelated_eigenbases():
    rng = np.random.default_rng(0)
    d = 24
    pairs = [random_pair(seed, d) for seed in range(200)]
    W, F = (xr.concat(part, "draw") for part in zip(*pairs, strict=True))
    R = np.linalg.qr(rng.standard_normal((200, d, d)))[0]
    W = W.copy(data=R @ W.values @ R.swapaxes(1, 2))
    rms = np.sqrt(float((mode_commutator(W, F) ** 2).mean()))
    null = float(np.sqrt((commutator_null(W, F, deviatoric=True) ** 2).mean() / d))
    assert rms == pytest.approx(null, rel=0.03)


def test_a_shared_eigenbasis_and_the_identity():
    W, F = correlation(np.diag([3.0, 1.0, 2.0])), correlation(np.diag([1.0, 2.0, 5.0]))
    np.testing.assert_allclose(mode_commutator(W, F), 0, atol=1e-12)
    assert np.isnan(mode_commutator(correlation(np.eye(3)), F)).all()
    with pytest.raises(ValueError, match="correlation is not symmetric"):
        mode_commutator(F, correlation(np.triu(np.ones((3, 3)))))
