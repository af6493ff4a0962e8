import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import correlation, spectral_pair

from analysis.measures.alignment import alignment
from analysis.measures.balance import rayleigh_quotient, rayleigh_residual

seeds = st.integers(0, 10**6)


def test_two_modes_by_hand():
    F = correlation(np.diag([1.0, 2.0]))  # mode 1 is the second axis
    W = correlation(np.array([[3.0, 1.0], [4.0, 5.0]]))
    assert rayleigh_quotient(W, F).values.tolist() == [5, 3]
    # W e_2 = (1, 5): what is not along e_2 is 1; W e_1 = (3, 4): 4
    np.testing.assert_allclose(rayleigh_residual(W, F), [1, 4])


@given(seed=seeds)
def test_the_residual_is_the_alignment(seed):
    rng, U, s = spectral_pair(seed)
    W, F = correlation(rng.standard_normal((5, 5))), correlation(U @ np.diag(s) @ U.T)
    p, r = rayleigh_quotient(W, F), rayleigh_residual(W, F)
    np.testing.assert_allclose(alignment(W, F), p / np.hypot(p, r), atol=1e-9)


def test_leading_dims_and_asymmetric_F():
    W = correlation(np.stack([np.eye(2), 2 * np.eye(2)]), "step")
    p = rayleigh_quotient(W, correlation(np.diag([2.0, 1.0])))
    assert p.dims == ("step", "mode")
    assert p.values.tolist() == [[1, 1], [2, 2]]
    with pytest.raises(ValueError, match="not symmetric"):
        rayleigh_quotient(W, correlation(np.array([[1.0, 2.0], [0.0, 1.0]])))
