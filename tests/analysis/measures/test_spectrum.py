import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import gaussians, generators, haar, matrix, rotations, spectra
from white import wishart_spectra

from analysis import (
    complex_eigenvalues,
    eigenvalues,
    entropy_rank,
    participation_ratio,
    predictor_eigenvalues,
    stable_rank,
    stable_rank_null,
)

RANKS = (entropy_rank, participation_ratio, stable_rank)


def spectrum(*values):
    return eigenvalues(matrix(np.diag(values)))


def white_noise(n, d, seed=0):
    Z = np.random.default_rng(seed).normal(size=(n, d))
    return matrix(Z.T @ Z / n)


@given(U=rotations(8), s=spectra(8))
def test_eigenvalues_come_back_in_descending_order(U, s):
    out = eigenvalues(matrix((U * s[::-1]) @ U.T))
    np.testing.assert_allclose(out, s, rtol=1e-10)
    np.testing.assert_array_equal(out["mode"], np.arange(1, 9))


@given(W=gaussians(5), U=rotations(5))
def test_predictor_eigenvalues_are_those_of_the_symmetric_part(W, U):
    p = predictor_eigenvalues(matrix(W))
    np.testing.assert_allclose(p.sum(), np.trace(W), atol=1e-12)
    np.testing.assert_allclose(p, predictor_eigenvalues(matrix(U @ W.T @ U.T)), atol=1e-12)
    lam = complex_eigenvalues(matrix(W)).real
    assert float(p[-1]) - 1e-9 <= float(lam.min()) <= float(lam.max()) <= float(p[0]) + 1e-9


def test_eigenvalues_by_hand():
    np.testing.assert_allclose(eigenvalues(matrix([[1, 2], [2, 1]])), [3, -1])
    # sym [[1, 2], [0, 1]] = [[1, 1], [1, 1]]
    np.testing.assert_allclose(predictor_eigenvalues(matrix([[1, 2], [0, 1]])), [2, 0], atol=1e-15)


def test_complex_eigenvalues_of_a_store_are_complex_before_they_are_read():
    W = matrix([[[0.0, -1], [1, 0]], [[2.0, 0], [0, 1]]], step=[0, 1])
    lazy = complex_eigenvalues(W.chunk(step=1))
    assert lazy.dtype == complex
    np.testing.assert_allclose(lazy, [[1j, -1j], [2, 1]])


def test_complex_eigenvalues_stay_complex_and_ordered():
    W = np.zeros((3, 3))
    W[:2, :2] = [[1, -2], [2, 1]]  # 1 +- 2i
    W[2, 2] = 5
    np.testing.assert_allclose(complex_eigenvalues(matrix(W)), [5, 1 + 2j, 1 - 2j])


@given(rng=generators(), re=st.sampled_from([0.0, 1.0]))
def test_conjugate_pairs_stand_side_by_side(rng, re):
    # Of one real part, of one modulus, and twice the same: each pair still stands together.
    imag = [1.0, 2.0, 2.0, 0.5]
    W = np.zeros((9, 9))
    for k, im in enumerate(imag):
        W[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [[re, -im], [im, re]]
    W[8, 8] = re + 1
    Q = haar(rng, 9)
    for M in (W, Q @ W @ Q.T):
        out = complex_eigenvalues(matrix(M)).values
        assert out[0] == pytest.approx(re + 1)
        np.testing.assert_array_equal(out[2::2], out[1::2].conj())
        assert (out[1::2].imag > 0).all()
        np.testing.assert_allclose(np.sort(out[1::2].imag), np.sort(imag))


@given(U=rotations(8), s=spectra(8), scale=st.floats(1e-6, 1e6))
def test_ranks_lie_between_one_and_d_and_ignore_scale_and_order(U, s, scale):
    values = eigenvalues(matrix((U * s) @ U.T))
    for rank in RANKS:
        assert 1 <= float(rank(values)) <= 8
        np.testing.assert_allclose(rank(values * scale), rank(values))
        np.testing.assert_allclose(rank(values[::-1]), rank(values))
    assert float(participation_ratio(values)) <= float(entropy_rank(values)) + 1e-12


def test_ranks_by_hand():
    # q = (3/4, 1/4): entropy 0.56233514; (4)^2 / 10; 10 / 9
    values = spectrum(3, 1)
    np.testing.assert_allclose(entropy_rank(values), np.exp(0.56233514), rtol=1e-8)
    np.testing.assert_allclose(participation_ratio(values), 1.6)
    np.testing.assert_allclose(stable_rank(values), 10 / 9)


@pytest.mark.parametrize("rank", RANKS)
def test_ranks_at_the_ends(rank):
    np.testing.assert_allclose(rank(spectrum(1, 1, 1, 1)), 4)
    np.testing.assert_allclose(rank(spectrum(5, 0, 0, 0)), 1)
    np.testing.assert_allclose(rank(spectrum(5, -1e-7, 0, 0)), 1)
    assert np.isnan(rank(spectrum(0, 0, 0, 0)))


@pytest.mark.parametrize(
    ("d", "n", "within"), [(8, 8, 0.03), (8, 64, 0.01), (64, 256, 0.01), (40, 44, 0.01)]
)
def test_null_levels_of_ranks_are_those_of_white_noise(d, n, within):
    draws = 20_000 // d
    s = wishart_spectra(np.random.default_rng(), d, n, draws)
    values = xr.DataArray(s, dims=("draw", "mode"))
    nulls = {
        entropy_rank: d * np.exp(-(d - 1) * (d + 2) / (2 * d * n + 4)),
        participation_ratio: (d * n + 2) / (n + d + 1),
        stable_rank: stable_rank_null(d, n),
    }
    for rank, null in nulls.items():
        measured = rank(values)
        sigma = float(measured.std()) / np.sqrt(draws)
        assert float(measured.mean()) == pytest.approx(null, abs=within * null + 5 * sigma)


def test_edges_of_white_noise():
    n, d = 1000, 100
    s, y = eigenvalues(white_noise(n, d)), d / n
    np.testing.assert_allclose(s[[0, -1]], (1 + np.sqrt(y) * np.array([1, -1])) ** 2, rtol=0.05)


def test_null_spectra_of_independent_entries():
    W = matrix(np.random.default_rng(0).normal(size=(300, 300)) / np.sqrt(300))
    p = predictor_eigenvalues(W)
    np.testing.assert_allclose(p[[0, -1]], [np.sqrt(2), -np.sqrt(2)], rtol=0.05)
    np.testing.assert_allclose(abs(complex_eigenvalues(W)).max(), 1, rtol=0.1)


def test_a_matrix_that_is_not_finite_gives_nan_and_spares_the_others():
    F = np.stack([np.full((2, 2), np.nan), np.diag([1.0, 2.0]), np.diag([np.inf, 1])])
    for measure in (eigenvalues, predictor_eigenvalues, complex_eigenvalues):
        out = measure(matrix(F, step=[0, 1, 2]))
        np.testing.assert_allclose(out.isel(step=1), [2, 1])
        assert np.isnan(out.isel(step=[0, 2])).all()
    ranks = entropy_rank(eigenvalues(matrix(F, step=[0, 1, 2])))
    np.testing.assert_array_equal(np.isnan(ranks), [True, False, True])


def test_float32_rounding_passes_for_symmetric_and_sets_the_resolution():
    U, rng = haar(np.random.default_rng(1), 64), np.random.default_rng(2)
    F = matrix((U * np.geomspace(1, 1e-9, 64)) @ U.T).astype("f4")
    F = F * (1 + 3e-7 * rng.normal(size=F.shape)).astype("f4")
    out = eigenvalues(F)
    assert out.dtype == np.float64
    assert out.attrs["resolution"] == np.finfo("f4").eps
    np.testing.assert_allclose(out[0], 1, rtol=1e-5)


def test_eigenvalues_refuse_a_matrix_symmetric_only_in_expectation():
    C = matrix([[1, 0.1], [0.2, 1]]).rename("cross_correlation")
    with pytest.raises(ValueError, match=r"cross_correlation is not symmetric: .* symmetric_part"):
        eigenvalues(C)


def test_ranks_refuse_a_matrix_and_a_spectrum_with_negative_values():
    with pytest.raises(ValueError, match="entropy_rank takes eigenvalues, dim 'mode'"):
        entropy_rank(matrix(np.eye(2)))
    with pytest.raises(ValueError, match=r"an eigenvalue is -0\.5 of the largest"):
        participation_ratio(spectrum(2, -1))
