import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from strategies import gaussians, haar, matrix, psd_matrices, rotations, spectra

from analysis import (
    alignment,
    alignment_excess,
    alignment_null,
    commutator,
    commutator_null,
    off_diagonal_energy,
)

SHEAR = matrix([[1, 1], [0, 1]])  # maps (x, y) to (x + y, y)
FALLING, RISING = matrix(np.diag([2, 1])), matrix(np.diag([1, 2]))


def turned(p, size, seed=0):
    """Matrices of spectrum p, each in an eigenbasis of its own."""
    rng = np.random.default_rng(seed)
    U = np.stack([haar(rng, len(p)) for _ in range(size)])
    return matrix((U * p) @ np.swapaxes(U, -2, -1), sample=range(size))


@given(U=rotations(8), p=spectra(8), s=spectra(8))
def test_perfect_where_eigenvectors_are_shared(U, p, s):
    W, F = matrix((U * p) @ U.T), matrix((U * s) @ U.T)
    np.testing.assert_allclose(alignment(W, F), 1, atol=1e-9)
    np.testing.assert_allclose(alignment(-W, F), -1, atol=1e-9)
    np.testing.assert_allclose(alignment_excess(W, F), 1, atol=1e-6)
    assert float(commutator(W, F, deviatoric=True)) < 1e-12
    assert float(off_diagonal_energy(W, F)) < 1e-9


@given(W=gaussians(8), F=psd_matrices(8), U=rotations(8))
def test_a_rotation_of_the_features_changes_nothing(W, F, U):
    before, after = (matrix(W), matrix(F)), (matrix(U @ W @ U.T), matrix(U @ F @ U.T))
    for measure in (alignment, alignment_excess, commutator, commutator_null, off_diagonal_energy):
        np.testing.assert_allclose(measure(*after), measure(*before), atol=1e-7)
    np.testing.assert_allclose(alignment_null(after[0]), alignment_null(before[0]), atol=1e-12)


@given(W=gaussians(3), F=psd_matrices(3))
def test_ranges(W, F):
    W, F = matrix(W), matrix(F)
    assert float(abs(alignment(W, F)).max()) <= 1
    assert float(alignment_excess(W, F).max()) <= 1
    for measure in (commutator, off_diagonal_energy):
        assert 0 <= float(measure(W, F)) <= 1
    assert 0 <= float(commutator(W, F)) <= float(commutator(W, F, deviatoric=True)) <= 1


@given(W=gaussians(3), F=psd_matrices(3))
def test_adding_the_identity_changes_alignment_and_no_deviatoric_measure(W, F):
    shifted, W, F = matrix(W + 50 * np.eye(3)), matrix(W), matrix(F)
    assert float(alignment(shifted, F).min()) > 0.9
    assert float(commutator(shifted, F)) < 0.2
    for measure in (commutator, commutator_null):
        np.testing.assert_allclose(measure(shifted, F, True), measure(W, F, True), rtol=1e-6)
    np.testing.assert_allclose(
        off_diagonal_energy(shifted, F), off_diagonal_energy(W, F), atol=1e-6
    )


def test_alignment_by_hand():
    np.testing.assert_allclose(alignment(SHEAR, FALLING), [1, np.sqrt(0.5)])  # W u2 = u1 + u2
    np.testing.assert_allclose(alignment(SHEAR, RISING), [np.sqrt(0.5), 1])


def test_null_and_excess_by_hand():
    np.testing.assert_allclose(alignment_null(SHEAR), 2 / np.sqrt(2 * 3))
    a0 = np.sqrt(2 / 3)
    expected = [1, (np.sqrt(0.5) - a0) / (1 - a0)]
    np.testing.assert_allclose(alignment_excess(SHEAR, FALLING), expected)


def test_commutator_by_hand():
    # F W - W F = [[0, 1], [0, 0]]; |F| = sqrt 5, |W| = sqrt 3; deviatoric |F| = sqrt 1/2, |W| = 1
    np.testing.assert_allclose(commutator(SHEAR, FALLING), 1 / np.sqrt(2 * 5 * 3))
    np.testing.assert_allclose(commutator(SHEAR, FALLING, deviatoric=True), 1)
    # A~ = [[0, 1], [1, 0]] / 2 and B~ of equal norm^2 1/2: 2/(4*1)/2 + 1/1/2
    np.testing.assert_allclose(commutator_null(SHEAR, FALLING, deviatoric=True), np.sqrt(0.75))
    ratio = np.sqrt(0.5 / 5 / 3)
    np.testing.assert_allclose(commutator_null(SHEAR, FALLING), np.sqrt(0.75) * ratio)


def test_off_diagonal_energy_by_hand():
    # A~ = [[1, 1], [1, -1]]: half of its energy is on the diagonal of F's basis
    np.testing.assert_allclose(off_diagonal_energy(matrix([[2, 2], [0, 0]]), FALLING), 0.5)
    np.testing.assert_allclose(off_diagonal_energy(SHEAR, FALLING), 1)


def test_null_levels_of_predictors_that_look_aligned():
    rng = np.random.default_rng(0)
    A, noise = rng.normal(size=(512, 128)), rng.normal(size=(128, 128))
    P = np.diag(np.arange(128) < 32).astype(float)
    for W, a0 in ((A.T @ A, 0.895), (np.eye(128) + 0.1 * noise / np.sqrt(128), 0.995), (P, 0.5)):
        F = turned(np.geomspace(1, 0.01, 128), 4)
        np.testing.assert_allclose(alignment_null(matrix(W)), a0, atol=0.003)
        np.testing.assert_allclose(alignment(matrix(W), F).mean(), a0, atol=0.01)
        assert abs(float(alignment_excess(matrix(W), F).mean())) < 0.02


def test_unrelated_spectra_in_one_to_two_are_not_aligned_whatever_the_cosine_says():
    p = np.linspace(2, 1, 128)
    W, F = turned(p, 3), turned(p, 3, seed=1)
    np.testing.assert_allclose(alignment(W, F).mean(), 0.98, atol=0.005)
    np.testing.assert_allclose(commutator(W, F).mean(), 0.003, atol=0.0005)
    np.testing.assert_allclose(commutator(W, F, deviatoric=True).mean(), 0.089, atol=0.002)
    np.testing.assert_allclose(commutator_null(W, F, deviatoric=True).mean(), 0.088, atol=0.001)
    np.testing.assert_allclose(off_diagonal_energy(W, F).mean(), 0.98, atol=0.01)


@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("kind", ["general", "symmetric", "antisymmetric"])
@pytest.mark.parametrize("deviatoric", [False, True])
def test_null_level_of_the_commutator_is_that_of_random_rotations(d, kind, deviatoric):
    W = np.random.default_rng(3).normal(size=(d, d)) + np.eye(d)
    W = matrix({"general": W, "symmetric": W + W.T, "antisymmetric": W - W.T}[kind])
    F = turned(np.geomspace(2, 0.1, d), 4000)
    measured = np.sqrt((commutator(W, F, deviatoric) ** 2).mean())
    np.testing.assert_allclose(commutator_null(W, F[0], deviatoric), measured, rtol=0.03)


def test_null_level_of_the_off_diagonal_energy_is_that_of_random_rotations():
    W = matrix(np.random.default_rng(3).normal(size=(6, 6)))
    energy = off_diagonal_energy(W, turned(np.geomspace(2, 0.1, 6), 4000))
    np.testing.assert_allclose(energy.mean(), 6 / 8, rtol=0.01)


def test_what_is_undefined_is_nan():
    F, zero, scaled = FALLING, matrix(np.zeros((2, 2))), matrix(3 * np.eye(2, dtype="f4"))
    np.testing.assert_allclose(alignment(matrix([[1, 0], [0, 0]]), F), [1, np.nan])
    for measure in (alignment, alignment_excess, commutator, commutator_null, off_diagonal_energy):
        assert np.isnan(measure(zero, F)).all()
    U = haar(np.random.default_rng(0), 9)
    assert np.isnan(alignment_excess(matrix((3 * U) @ U.T), matrix((U * range(9)) @ U.T))).all()
    np.testing.assert_allclose(alignment(scaled, F), 1)
    assert float(commutator(scaled, F)) == 0
    assert np.isnan(alignment_excess(scaled, F)).all()
    assert np.isnan(off_diagonal_energy(scaled, F))
    for measure in (commutator, commutator_null):
        assert np.isnan(measure(scaled, F, deviatoric=True))
        assert np.isnan(measure(SHEAR, scaled, deviatoric=True))


def test_leading_dims_broadcast_and_dask_stays_lazy():
    rng = np.random.default_rng(0)
    W = matrix(rng.normal(size=(2, 3, 4, 4)), seed=[0, 1], step=[0, 5, 9])
    F = turned([4, 3, 2, 1], 3).rename(sample="step").assign_coords(step=[0, 5, 9])
    for measure in (alignment, commutator, off_diagonal_energy):
        lazy = measure(W.chunk(step=2), F.chunk(step=2, row=2))
        assert lazy.chunks is not None
        xr.testing.assert_allclose(lazy.compute(), measure(W, F))
        one = measure(W.sel(seed=1, step=5), F.sel(step=5)).drop_vars(("seed", "step"))
        xr.testing.assert_allclose(
            measure(W, F).sel(seed=1, step=5).drop_vars(("seed", "step")), one
        )


def test_alignment_refuses_an_asymmetric_correlation_and_other_sizes():
    with pytest.raises(
        ValueError, match=r"correlation is not symmetric: \|M - M\^T\| = 0\.82 \|M\|"
    ):
        commutator(FALLING, SHEAR.rename("correlation"))
    for name in ("cross_correlation", None):  # it is called what it is called
        with pytest.raises(ValueError, match=f"^{name or 'correlation'} is not symmetric"):
            alignment(FALLING, SHEAR.rename(name))
    with pytest.raises(ValueError, match=r"differ in size: \[2, 3\]"):
        alignment(FALLING, matrix(np.eye(3)))
