import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import eigenvalues
from analysis.measures.moments import centred, least_squares_predictor
from analysis.verdicts.spread import collapse_course


def moments(z, dtype):
    wide = z.astype(np.longdouble)  # so that the stored dtype is all that rounds
    F, m = np.einsum("ni,nj->ij", wide, wide) / len(z), wide.mean(0)
    return (
        xr.DataArray(F.astype(dtype), dims=("row", "col")),
        xr.DataArray(m.astype(dtype), dims="row"),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(seed=st.integers(0, 1000), ratio=st.sampled_from([0.0, 1.0, 1e2, 1e3, 1e4]))
def test_what_is_unknown_of_a_covariance_is_said(dtype, seed, ratio):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(200, 5)) * np.geomspace(1, 1e-2, 5) + ratio
    C = centred(*moments(z, dtype))
    found = eigenvalues(C)
    expected = np.linalg.eigvalsh(np.cov(z.T, bias=True))[::-1]
    unit = found.attrs["resolution"]
    error = np.abs(found.values - expected).max()
    assert error <= (3 * unit + 1e-14) * max(np.abs(found.values).max(), expected[0])
    size = {"float32": 1.2e-7, "float64": 2.3e-16}[dtype]
    assert unit == pytest.approx(min(size * max(1, 5 * ratio**2), 1), rel=0.8)


def test_a_run_whose_metrics_are_not_there_yet_is_judged_without_them():
    z = np.random.default_rng(0).normal(size=(200, 5))
    F = xr.DataArray((z.T @ z / 200)[None], dims=("step", "row", "col"), coords={"step": [3]})
    run = xr.Dataset({"correlation": F, "samples": ("step", [200])})
    later = xr.Dataset({"feature_std": ("step", [0.5])}, {"step": [7]})
    course = collapse_course(run, later)
    assert np.isnan(course["feature_std"].values).tolist() == [True]
    assert course["collapse"].values.tolist() == [0]


def test_where_the_features_have_no_variance_the_fit_is_0():
    F, C = np.diag([4.0, 0.0]), np.array([[2.0, 3e-9], [0.0, 2e-9]])  # rounding of nothing
    run = xr.Dataset(
        {"correlation": (("row", "col"), F), "prediction_correlation": (("row", "col"), C)}
    )
    np.testing.assert_array_equal(least_squares_predictor(run), [[0.5, 0], [0, 0]])
    ridged = least_squares_predictor(run, ridge=0.5)  # of tr F / d = 2
    np.testing.assert_allclose(ridged, [[2 / 5, 3e-9], [0, 2e-9]])
