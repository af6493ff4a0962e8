import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.alignment import alignment
from analysis.measures.balance import rayleigh_quotient, rayleigh_residual

seeds = st.integers(0, 10**6)


def matrix(M, *front):
    return xr.DataArray(M, dims=(*front, "row", "col"), name="correlation")


def world(seed, d=5):
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.standard_normal((d, d)))[0]
    s = np.sort(rng.uniform(0.1, 3, d))[::-1]
    return rng, U, s


def test_two_modes_by_hand():
    F = matrix(np.diag([1.0, 2.0]))  # mode 1 is the second axis
    W = matrix(np.array([[3.0, 1.0], [4.0, 5.0]]))
    assert rayleigh_quotient(W, F).values.tolist() == [5, 3]
    # W e_2 = (1, 5): what is not along e_2 is 1; W e_1 = (3, 4): 4
    np.testing.assert_allclose(rayleigh_residual(W, F), [1, 4])


@given(seed=seeds)
def test_the_residual_is_the_alignment(seed):
    rng, U, s = world(seed)
    W, F = matrix(rng.standard_normal((5, 5))), matrix(U @ np.diag(s) @ U.T)
    p, r = rayleigh_quotient(W, F), rayleigh_residual(W, F)
    np.testing.assert_allclose(alignment(W, F), p / np.hypot(p, r), atol=1e-9)


def test_leading_dims_and_asymmetric_F():
    W = matrix(np.stack([np.eye(2), 2 * np.eye(2)]), "step")
    p = rayleigh_quotient(W, matrix(np.diag([2.0, 1.0])))
    assert p.dims == ("step", "mode")
    assert p.values.tolist() == [[1, 1], [2, 2]]
    with pytest.raises(ValueError, match="not symmetric"):
        rayleigh_quotient(W, matrix(np.array([[1.0, 2.0], [0.0, 1.0]])))
