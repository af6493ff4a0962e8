import numpy as np
import pytest
import scipy.linalg
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis.moments import centred, least_squares_predictor
from analysis.normality import (
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
    assert float(henrici_departure(quarter)) == pytest.approx(0, abs=1e-7)
    assert float(eigenvector_condition(quarter)) == pytest.approx(1)
    assert float(definiteness(matrix(np.diag([3.0, -1.0])))) == pytest.approx(0.1)
    assert float(henrici_departure(matrix([[0, 1], [0, 0]]))) == pytest.approx(1)


@given(seed=seeds)
def test_V13_the_departure_is_the_triangle_of_the_schur_form(seed):
    W = np.random.default_rng(seed).standard_normal((5, 5))
    T = scipy.linalg.schur(W, output="complex")[0]
    expected = np.linalg.norm(np.triu(T, 1)) / np.linalg.norm(W)
    assert float(henrici_departure(matrix(W))) == pytest.approx(expected, abs=1e-7)


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
    np.testing.assert_allclose(least_squares_predictor(run, ridge=0), Wp, atol=1e-6)
    shrunk = np.linalg.norm(least_squares_predictor(run, ridge=10.0))
    assert shrunk < np.linalg.norm(Wp)


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
