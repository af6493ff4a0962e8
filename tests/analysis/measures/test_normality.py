import numpy as np
import pytest
import scipy.linalg
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import haar

from analysis.measures.moments import centred, least_squares_predictor
from analysis.measures.normality import (
    definiteness,
    eigenvector_condition,
    henrici_departure,
    imaginary_energy,
    raw_off_diagonal,
)

seeds = st.integers(0, 10**6)
ALL = (definiteness, eigenvector_condition, henrici_departure, imaginary_energy, raw_off_diagonal)


def matrix(M):
    return xr.DataArray(np.asarray(M, dtype=float), dims=("row", "col"))


def test_by_hand():
    shear = matrix([[1, 2], [0, 1]])
    assert float(henrici_departure(shear)) == pytest.approx(np.sqrt(4 / 6))
    assert float(raw_off_diagonal(shear)) == pytest.approx(np.sqrt(2))
    quarter = matrix([[0, -1], [1, 0]])
    assert float(imaginary_energy(quarter)) == pytest.approx(1)
    assert float(henrici_departure(quarter)) < 1e-15
    assert float(eigenvector_condition(quarter)) == pytest.approx(1)
    assert float(definiteness(matrix(np.diag([3.0, -1.0])))) == pytest.approx(0.1)
    assert float(henrici_departure(matrix([[0, 1], [0, 0]]))) == pytest.approx(1)


@given(seed=seeds)
def test_the_departure_is_the_triangle_of_the_schur_form(seed):
    W = np.random.default_rng(seed).standard_normal((5, 5))
    T = scipy.linalg.schur(W, output="complex")[0]
    expected = np.linalg.norm(np.triu(T, 1)) / np.linalg.norm(W)
    assert float(henrici_departure(matrix(W))) == pytest.approx(expected, abs=1e-14)


@given(seed=seeds)
def test_a_normal_matrix_departs_by_nothing_and_its_vectors_are_orthogonal(seed):
    rng = np.random.default_rng(seed)
    Q = haar(rng, 6)
    kinds = {
        "symmetric": (Q * rng.normal(size=6)) @ Q.T,
        "antisymmetric": Q - Q.T,
        "orthogonal": Q,
        "degenerate": (Q * [1, 1, 1, -2, -2, 0]) @ Q.T,
        "rotations": Q @ np.kron(np.diag([1.0, 1, 2]), [[0.6, -0.8], [0.8, 0.6]]) @ Q.T,
    }
    for name, W in kinds.items():
        assert float(henrici_departure(matrix(W))) < 1e-14, name
        assert float(eigenvector_condition(matrix(W))) == pytest.approx(1, abs=1e-6), name


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@given(seed=seeds, size=st.integers(2, 4))
def test_a_jordan_block_lacks_eigenvectors_in_every_basis(dtype, seed, size):
    rng = np.random.default_rng(seed)
    J = np.diag([2.0, *[1.0] * size, -1.0])
    J[np.arange(1, size), np.arange(2, size + 1)] = 1
    Q = haar(rng, size + 2)
    for W in (J, Q @ J @ Q.T, 1e-200 * J if dtype == "f8" else 1e-20 * J):
        assert float(eigenvector_condition(matrix(W).astype(dtype))) == np.inf


@pytest.mark.parametrize(("dtype", "gaps"), [("f4", [0.1, 0.01]), ("f8", [0.1, 1e-3, 1e-5])])
@given(seed=seeds)
def test_vectors_that_are_merely_close_have_the_condition_that_they_have(dtype, gaps, seed):
    Q = haar(np.random.default_rng(seed), 2)
    for gap in gaps:  # of [[1, 1], [0, 1 + g]] the vectors are (1, 0) and (1, g)
        sine = gap / np.hypot(1, gap)
        expected = (1 + np.sqrt(1 - sine**2)) / sine  # sqrt((1 + c)/(1 - c)), without a difference
        W = matrix(Q @ np.array([[1, 1], [0, 1 + gap]]) @ Q.T).astype(dtype)
        rtol = {"f4": 2e-6, "f8": 1e-14}[dtype] / gap**2
        assert float(eigenvector_condition(W)) == pytest.approx(expected, rel=rtol)


@given(seed=seeds)
def test_all_but_the_raw_one_are_invariant_to_rotation_and_scale(seed):
    rng = np.random.default_rng(seed)
    W, Q = rng.standard_normal((4, 4)), np.linalg.qr(rng.standard_normal((4, 4)))[0]
    for measure in ALL[:-1]:
        one, other = measure(matrix(W)), measure(matrix(2 * Q @ W @ Q.T))
        assert float(one) == pytest.approx(float(other), rel=1e-5, abs=1e-6)


def test_null_levels():
    rng = np.random.default_rng(0)
    W = xr.DataArray(rng.standard_normal((40, 60, 60)), dims=("step", "row", "col"))
    assert float(henrici_departure(W).mean()) == pytest.approx(0.71, abs=0.01)
    assert float(definiteness(W).mean()) == pytest.approx(0.5, abs=0.01)
    assert float(raw_off_diagonal(W).mean()) == pytest.approx(np.sqrt(59), rel=0.02)
    assert 0.4 < float(imaginary_energy(W).mean()) < 0.5
    assert 10 < float(eigenvector_condition(W).median()) < 600


def test_what_is_not_finite_is_nan_and_shapes_are_checked():
    for measure in ALL:
        assert np.isnan(measure(matrix([[np.nan, 0], [0, 1]])))
        with pytest.raises(ValueError, match="square"):
            measure(xr.DataArray(np.ones((2, 3)), dims=("row", "col")))


@given(seed=seeds)
def test_moments_of_samples(seed):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((50, 3)) + 2
    Wp = rng.standard_normal((3, 3))
    run = xr.Dataset(
        {
            "correlation": matrix(Z.T @ Z / 50),
            "prediction_correlation": matrix((Z @ Wp.T).T @ Z / 50),
            "mean": ("row", Z.mean(0)),
        }
    )
    np.testing.assert_allclose(
        centred(run["correlation"], run["mean"]), np.cov(Z.T, bias=True), atol=1e-10
    )
    np.testing.assert_allclose(least_squares_predictor(run), Wp, atol=1e-10)
    shrunk = np.linalg.norm(least_squares_predictor(run, ridge=10.0))
    assert shrunk < np.linalg.norm(Wp)


@pytest.mark.parametrize(("dtype", "share"), [("f8", 1e-9), ("f4", 1e-2)])
@given(seed=seeds)
def test_the_fit_of_a_linear_predictor_is_that_predictor_wherever_f_is_known(dtype, share, seed):
    rng = np.random.default_rng(seed)
    U, Wp = haar(rng, 8), rng.standard_normal((8, 8))
    s = np.array([10, 3, 1, 0.1, 1e-2, 1e-3, 0, 0])
    F = (U * s) @ U.T
    run = xr.Dataset({"correlation": matrix(F), "prediction_correlation": matrix(Wp @ F)})
    fit = least_squares_predictor(run.astype(dtype)).values
    for j, (u, size) in enumerate(zip(U.T, s, strict=True)):
        wanted = Wp @ u if size else 0 * u
        assert np.linalg.norm(fit @ u - wanted) < share * np.linalg.norm(Wp), j
    ridged = least_squares_predictor(run, ridge=0.1).values
    np.testing.assert_allclose(ridged @ U, Wp @ U * (s / (s + 0.1 * s.sum() / 8)), atol=1e-9)


def test_refusals():
    run = xr.Dataset({"correlation": matrix(np.eye(2))})
    mean = xr.DataArray(np.ones(3), dims="row")
    with pytest.raises(ValueError, match=r"mean has \{'row': 3\}"):
        centred(run["correlation"], mean)
    with pytest.raises(ValueError, match=r"lacks \['prediction_correlation'\]"):
        least_squares_predictor(run)
    both = run.assign(prediction_correlation=run["correlation"])
    with pytest.raises(ValueError, match="ridge is -1"):
        least_squares_predictor(both, ridge=-1)
    assert np.isnan(least_squares_predictor(both * 0)).all()
