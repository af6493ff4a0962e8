import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from strategies import gaussians, haar, matrix, psd_matrices, rotations

from analysis import antisymmetric_part, asymmetry, symmetric_part

NORMS = ("frobenius", "l1", "fraction")


@given(W=gaussians(5))
def test_the_two_parts_add_up_and_are_orthogonal(W):
    A, B = symmetric_part(matrix(W)), antisymmetric_part(matrix(W))
    np.testing.assert_allclose(A + B, W, atol=1e-14)
    np.testing.assert_array_equal(A, A.values.T)
    np.testing.assert_array_equal(B, -B.values.T)
    assert abs(float((A * B).sum())) < 1e-12


@given(W=psd_matrices(3))
def test_symmetric_matrices_have_no_asymmetry(W):
    for norm in NORMS:
        assert float(asymmetry(matrix((W + W.T) / 2), norm)) == 0


@given(W=gaussians(5), U=rotations(5))
def test_asymmetry_ignores_rotation_transposition_and_scale(W, U):
    for norm in ("frobenius", "fraction"):
        reference = asymmetry(matrix(W), norm)
        for same in (U @ W @ U.T, W.T, -3 * W):
            np.testing.assert_allclose(asymmetry(matrix(same), norm), reference)


@pytest.mark.parametrize(
    ("norm", "half", "largest"),
    [("frobenius", np.sqrt(2), 2.0), ("l1", 2.0, 2.0), ("fraction", np.sqrt(0.5), 1.0)],
)
def test_asymmetry_by_hand(norm, half, largest):
    # W - W^T = [[0, 1], [-1, 0]]: Frobenius sqrt 2 over 1; entrywise 2 over 1; |B| = sqrt(1/2).
    np.testing.assert_allclose(asymmetry(matrix([[0, 1], [0, 0]]), norm), half)
    np.testing.assert_allclose(asymmetry(matrix([[0, 1], [-1, 0]]), norm), largest)


def test_parts_by_hand():
    W = matrix([[1, 4], [2, 3]])
    np.testing.assert_array_equal(symmetric_part(W), [[1, 3], [3, 3]])
    np.testing.assert_array_equal(antisymmetric_part(W), [[0, 1], [-1, 0]])


@pytest.mark.parametrize("norm", NORMS)
def test_null_level_is_that_of_independent_entries(norm):
    W = matrix(np.random.default_rng(0).normal(size=(200, 16, 16)), step=range(200))
    measured = asymmetry(W, norm)
    np.testing.assert_allclose(measured.mean(), measured.attrs["null_level"], rtol=0.01)


def test_zero_has_no_asymmetry_and_leaves_its_neighbours_alone():
    W = matrix([np.zeros((2, 2)), [[0, 1], [0, 0]], np.full((2, 2), np.nan)], step=[0, 10, 20])
    np.testing.assert_allclose(asymmetry(W), [np.nan, np.sqrt(2), np.nan])


def test_any_leading_dims_and_dask_stay_as_they_are():
    W = np.random.default_rng(0).normal(size=(2, 3, 4, 4))
    W = matrix(W, seed=[7, 8], step=[0, 5, 9])
    W.step.attrs["long_name"] = "optimiser step"
    lazy = asymmetry(W.chunk(step=1, row=2))
    assert lazy.chunks is not None
    xr.testing.assert_allclose(lazy.compute(), asymmetry(W))
    assert lazy.dims == ("seed", "step")
    assert lazy.step.attrs == W.step.attrs


def test_asymmetry_refuses_an_unknown_norm():
    with pytest.raises(ValueError, match=r"norm is 'L1'; wanted one of \['fraction', 'frobenius'"):
        asymmetry(matrix(np.eye(2)), "L1")


def test_parts_refuse_what_is_not_a_square_matrix():
    with pytest.raises(ValueError, match=r"it lacks \['col'\]"):
        symmetric_part(xr.DataArray(np.eye(2), dims=("row", "column")))
    with pytest.raises(ValueError, match="2 x 3; wanted a square matrix"):
        antisymmetric_part(matrix(np.ones((2, 3))))


def test_rotations_are_orthogonal():
    U = haar(np.random.default_rng(0), 6)
    np.testing.assert_allclose(U @ U.T, np.eye(6), atol=1e-14)
