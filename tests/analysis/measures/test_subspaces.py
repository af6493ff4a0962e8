import numpy as np
import pytest
import scipy.linalg
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.subspaces import (
    principal_angles,
    spectral_gaps,
    subspace_overlap,
    surviving_modes,
)

seeds = st.integers(0, 10**6)


def matrix(M):
    return xr.DataArray(M, dims=("row", "col"), name="correlation")


def turned(values, angle):
    c, s = np.cos(angle), np.sin(angle)
    R = np.eye(3)
    R[:2, :2] = [[c, -s], [s, c]]
    return matrix(R @ np.diag(values) @ R.T)


def test_a_turned_plane_by_hand():
    F, W = matrix(np.diag([3.0, 2.0, 1.0])), turned([3.0, 2.0, 1.0], 0.3)
    np.testing.assert_allclose(principal_angles(W, F, 1), [0.3], atol=1e-7)
    assert float(subspace_overlap(W, F, 1)) == pytest.approx(np.cos(0.3) ** 2)
    assert float(subspace_overlap(W, F, 2)) == pytest.approx(1)  # the plane turns in itself
    assert principal_angles(W, F, 2)["mode"].values.tolist() == [1, 2]


@given(seed=seeds, k=st.integers(1, 6), small=st.floats(1e-12, 1e-3))
def test_angles_are_those_of_scipy_and_small_ones_precise(seed, k, small):
    A, B = np.random.default_rng(seed).standard_normal((2, 6, 6))
    F, W = A @ A.T, B + B.T
    U, V = (np.linalg.eigh(M)[1][:, ::-1][:, :k] for M in (F, W))
    angles = scipy.linalg.subspace_angles(U, V)[::-1]
    angles[: max(2 * k - 6, 0)] = 0  # of two such subspaces of six dimensions; scipy has rounding
    np.testing.assert_allclose(principal_angles(matrix(W), matrix(F), k), angles, atol=1e-12)
    Q = np.linalg.qr(A)[0]  # a plane turned by a small angle out of the leading k
    s, turn = np.arange(6, 0, -1.0), np.eye(6)
    if k < 6:
        turn[np.ix_([k - 1, k], [k - 1, k])] = [
            [np.cos(small), -np.sin(small)],
            [np.sin(small), np.cos(small)],
        ]
    F, W = ((R * s) @ R.T for R in (Q, Q @ turn))
    got = principal_angles(matrix(W), matrix(F), k)
    np.testing.assert_allclose(got[:-1], 0, atol=1e-13)
    assert float(got[-1]) == pytest.approx(small if k < 6 else 0, abs=1e-13)


def test_a_space_that_is_cut_inside_equal_eigenvalues_is_none():
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    F, W = matrix((Q * [3.0, 2, 2, 0, 0]) @ Q.T), matrix(np.diag([5.0, 4, 3, 2, 1]))
    known = [np.isfinite(float(subspace_overlap(W, F, k))) for k in range(1, 6)]
    assert known == [True, False, True, False, True]
    known = [np.isfinite(principal_angles(F, W, k)).all() for k in range(1, 6)]
    assert known == [True, False, True, False, True]


@given(seed=seeds, k=st.integers(1, 5))
def test_overlap_is_invariant_and_of_complements_related(seed, k):
    rng = np.random.default_rng(seed)
    A, B, R = (rng.standard_normal((6, 6)) for _ in range(3))
    Q = np.linalg.qr(R)[0]
    F, W = A @ A.T, B + B.T
    one = float(subspace_overlap(matrix(W), matrix(F), k))
    other = float(subspace_overlap(matrix(3 * Q @ W @ Q.T), matrix(Q @ F @ Q.T), k))
    assert one == pytest.approx(other, abs=1e-7)
    rest = float(subspace_overlap(matrix(-W), matrix(-F + 99 * np.eye(6)), 6 - k))
    assert k - k * one == pytest.approx((6 - k) * (1 - rest), abs=1e-7)


def test_null_level_of_the_overlap():
    rng = np.random.default_rng(0)
    got = []
    for _ in range(300):
        A, B = rng.standard_normal((2, 8, 8))
        got.append(float(subspace_overlap(matrix(B), matrix(A @ A.T), 3)))
    assert np.mean(got) == pytest.approx(3 / 8, abs=0.02)


def test_gaps_by_hand():
    s = xr.DataArray([5.0, 4.9, 1.0, 0.99, 0.5], dims="mode")
    assert spectral_gaps(s) == [2, 4]
    assert spectral_gaps(s, tolerance=0.6) == [2]
    for bad, message in ((s[::-1] / 100, "values rise"), (s.rename(mode="x"), "got \\('x',\\)")):
        with pytest.raises(ValueError, match=message):
            spectral_gaps(bad)
    with pytest.raises(ValueError, match="tolerance is 1"):
        spectral_gaps(s, tolerance=1)
    with pytest.raises(ValueError, match="k is 4; the dimension of a space, 1 to 3"):
        subspace_overlap(turned([3, 2, 1], 0), turned([3, 2, 1], 0), 4)


def test_modes_before_the_largest_fall_by_hand_and_below_rounding():
    def spectrum(*s, **attrs):
        return xr.DataArray([s], dims=("step", "mode"), attrs=attrs)

    assert surviving_modes(spectrum(9.0, 8, 7, 0.1, 0.09)).values.tolist() == [3]  # in logarithms
    assert surviving_modes(spectrum(100.0, 9, 8)).values.tolist() == [1]
    assert surviving_modes(spectrum(2.0, 2, 2)).values.tolist() == [3]
    assert np.isnan(surviving_modes(spectrum(0.0, 0, 0))).all()
    # Below rounding there is no gap to see: 1e-9 and -1e-9 are one.
    dead = spectrum(4.0, 1, 1e-9, -1e-9, resolution=1e-7)
    assert surviving_modes(dead).values.tolist() == [2]
    with pytest.raises(ValueError, match=r"dim 'mode', and got dims \('row',\)"):
        surviving_modes(xr.DataArray([1.0], dims="row"))


@given(scale=st.floats(1e-3, 1e3), k=st.integers(1, 5))
def test_surviving_modes_do_not_depend_on_scale(scale, k):
    s = np.where(np.arange(6) < k, 1.0, 1e-3) * np.linspace(1, 0.8, 6)
    assert int(surviving_modes(xr.DataArray(scale * s, dims="mode"))) == k


def test_each_spectrum_of_a_batch_is_cut_by_itself():
    alone = [[4.0, 2.0, 1e-9, 0.0], [0.0, 0.0, 0.0, 0.0], [4.0, 1e-9, 1e-10, 0.0]]
    batch = xr.DataArray(alone, dims=("step", "mode"))
    np.testing.assert_array_equal(surviving_modes(batch), [2, np.nan, 1])


def test_angles_of_a_batch_are_those_of_each_pair():
    rng = np.random.default_rng(0)
    pairs, d, k = 4, 5, 4
    A, B = (M @ np.swapaxes(M, 1, 2) for M in rng.normal(size=(2, pairs, d, d)))
    W, F = (xr.DataArray(M, dims=("step", "row", "col")) for M in (A, B))
    each = [principal_angles(W[i], F[i], k) for i in range(pairs)]
    np.testing.assert_allclose(principal_angles(W, F, k), np.stack(each), atol=1e-12)


@pytest.mark.parametrize("one", ["predictor", "correlation"])
def test_angles_of_one_matrix_and_many_are_those_of_each_pair(one):
    A, B = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
    many = xr.DataArray(A @ A.swapaxes(1, 2), dims=("step", "row", "col"))
    alone = matrix(B[0] @ B[0].T)
    pair = (alone, many) if one == "predictor" else (many, alone)
    each = [principal_angles(alone, M, 2) for M in many]  # the same whichever comes first
    np.testing.assert_allclose(principal_angles(*pair, 2), np.stack(each), atol=1e-12)
    overlap = [np.square(np.cos(angles)).mean() for angles in each]
    np.testing.assert_allclose(subspace_overlap(*pair, 2), overlap)
