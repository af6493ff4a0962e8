import numpy as np
import pytest
import xarray as xr
from scipy import stats

from analysis import bootstrap_alignment, bootstrap_eigenvalues, eigenvalue_errors


def features(n=400, scale=(3.0, 2.0, 1.0), seed=0):
    return np.random.default_rng(seed).standard_normal((n, len(scale))) * scale


def test_a_shared_eigenbasis_is_aligned_as_sharply_as_it_is_known():
    ds = bootstrap_alignment(np.diag([3.0, 2.0, 1.0]), features())
    assert (ds["low"] < ds["alignment"]).all()
    assert ds["alignment"].min() > 0.97
    assert ds["low"].min() > 0.9
    assert (ds["high"] == 1).all()
    assert ds["overlap"].min() > 0.98
    wider = bootstrap_alignment(np.diag([3.0, 2.0, 1.0]), features(n=40))
    assert (wider["high"] - wider["low"]).mean() > 2 * (ds["high"] - ds["low"]).mean()


RESAMPLES = 8000


def outside(Z, measure):
    """The hull of two intervals of scipy; Z (n, q, d), images are the unit."""

    each = [
        stats.bootstrap(
            (np.arange(len(Z)),),
            lambda images: measure(Z[images]),
            vectorized=False,
            n_resamples=RESAMPLES,
            method=method,
            rng=np.random.default_rng(),
        ).confidence_interval
        for method in ("percentile", "basic")
    ]
    return np.min([one.low for one in each], axis=0), np.max([one.high for one in each], axis=0)


def logs(Z):
    rows = Z.reshape(-1, Z.shape[-1])
    return np.log(np.linalg.eigvalsh(rows.T @ rows / len(rows))[::-1])


@pytest.mark.parametrize("q", [1, 2])
def test_eigenvalue_intervals_are_as_wide_as_those_of_scipy(q):
    rng = np.random.default_rng()
    Z = rng.standard_normal((150, 1, 3)) + 0.5 * rng.standard_normal((150, q, 3))
    Z = Z * [3.0, 2.0, 1.0]
    ds = bootstrap_eigenvalues(Z, resamples=RESAMPLES)
    low, high = outside(Z, logs)
    # An end is a quantile of 8000 resamples, known to 3 % of their spread, and a width to 1.6 % of
    # itself, both together: 90 % for 95 % is 16 % off, the square root of two 41 %.
    width = np.log(ds["high"] / ds["low"])
    np.testing.assert_allclose(width, high - low, rtol=0.1)
    middle = np.log(ds["high"] * ds["low"])
    np.testing.assert_allclose(middle, high + low, atol=0.1 * float(width.max()))


def test_alignment_intervals_are_as_wide_as_those_of_scipy():
    W = np.array([[1.0, 0.6, 0.0], [0.0, 1.0, 0.3], [0.4, 0.0, 1.0]])

    def cosine(Z):
        U = np.linalg.eigh(Z[:, 0].T @ Z[:, 0])[1][:, ::-1]  # far apart: no mode swaps places
        return (U * (W @ U)).sum(axis=0) / np.linalg.norm(W @ U, axis=0)

    Z = features(n=300, scale=(5.0, 2.0, 0.5), seed=None)[:, None]
    ds = bootstrap_alignment(W, Z, resamples=RESAMPLES)
    low, high = outside(Z, cosine)
    np.testing.assert_allclose(ds["high"] - ds["low"], high - low, rtol=0.1)


@pytest.mark.parametrize(("n", "q"), [(30, 1), (100, 2)])
def test_intervals_cover_what_is_true_as_often_as_they_say(n, q):
    W = np.array([[1.0, 0.6, 0.0], [0.0, 1.0, 0.3], [0.4, 0.0, 1.0]])
    scale, rng, draws = np.array([3.0, 2.0, 1.0]), np.random.default_rng(), 50
    of_W = 1 / np.linalg.norm(W, axis=0)  # u_j are the axes, p_j = 1
    inside = np.zeros((3, 3))
    for seed in range(draws):
        Z = np.sqrt(0.8) * rng.standard_normal((n, 1, 3))
        Z = scale * (Z + np.sqrt(0.2) * rng.standard_normal((n, q, 3)))
        options = {"resamples": 99, "seed": seed}
        found = (
            (bootstrap_eigenvalues(Z, **options), scale**2),
            (bootstrap_alignment(W, Z, **options), of_W),
            (bootstrap_alignment(np.diag(scale), Z, **options), np.ones(3)),
        )
        for i, (ds, true) in enumerate(found):
            inside[i] += ((ds["low"] <= true + 1e-12) & (true - 1e-12 <= ds["high"])).values
    # Measured: 92 % and more of each mode.
    assert (inside / draws > 0.92 - 5 * np.sqrt(0.92 * 0.08 / draws)).all()
    assert inside.mean() / draws > 0.94 - 5 * np.sqrt(0.94 * 0.06 / draws / 3)


def test_an_interval_by_hand():
    # Images 1 and 3 in one dimension: F = 5, resampled 1, 5, 5 or 9.
    ds = bootstrap_eigenvalues(np.array([[1.0], [3.0]]), resamples=400)
    assert float(ds["eigenvalue"][0]) == 5
    assert float(ds["low"][0]) == pytest.approx(1)  # of percentiles 1 to 9, of their mirror image
    assert float(ds["high"][0]) == pytest.approx(25)  # 25/9 to 25


def test_a_mode_that_resamples_lose_has_no_interval():
    Z = np.random.default_rng(0).standard_normal((9, 8))
    ds = bootstrap_eigenvalues(Z)
    known = np.isfinite(ds["low"].values) & np.isfinite(ds["high"].values)
    assert known[:2].all()
    assert not known[-1]
    assert np.isfinite(ds["eigenvalue"]).all()
    flat = bootstrap_eigenvalues(Z * ([1.0] * 4 + [0.0] * 4))
    assert np.isnan(flat["low"][4:]).all()


def test_equal_eigenvalues_are_told_apart_by_nothing_and_it_says_so():
    ds = bootstrap_alignment(np.diag([3.0, 2.0, 1.0]), features(scale=(3.0, 1.0, 1.0)))
    assert ds["overlap"][0] > 0.98
    assert ds["overlap"][1:].max() < 0.95


def test_views_of_an_image_are_drawn_together():
    one = features()
    twice = bootstrap_eigenvalues(np.stack([one, one], axis=1))
    xr.testing.assert_allclose(twice, bootstrap_eigenvalues(one))  # a copy is no further image
    apart = bootstrap_eigenvalues(np.concatenate([one, one]))
    ratio = (apart["high"] - apart["low"]) / (twice["high"] - twice["low"])
    np.testing.assert_allclose(ratio, np.sqrt(0.5), rtol=0.2)


def test_a_standard_error_is_the_spread_of_samples():
    values = xr.DataArray([9.0, 4.0, 1.0], dims="mode")
    error = eigenvalue_errors(values, 400)
    np.testing.assert_allclose(error, values * np.sqrt(0.005))
    drawn = [np.linalg.eigvalsh(np.cov(features(seed=s).T))[::-1] for s in range(300)]
    np.testing.assert_allclose(np.std(drawn, axis=0), error, rtol=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: bootstrap_alignment(np.eye(2), features()),
            r"shape \(2, 2\), features",
        ),
        (lambda: bootstrap_alignment(np.eye(3), np.zeros(3)), r"\(images, \[views,\] d\) wanted"),
        (lambda: eigenvalue_errors(xr.DataArray([1.0], dims="mode"), 1), "1 rows; 2 or more"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_sharp_modes_are_found_again_in_any_basis():
    rng = np.random.default_rng(5)
    U = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    Z = rng.standard_normal((4000, 4)) * [4.0, 2.0, 1.0, 0.5] @ U.T
    ds = bootstrap_alignment((U * [1.0, -2.0, 3.0, 4.0]) @ U.T, Z, resamples=20)
    assert float(ds["overlap"].min()) > 0.99
    np.testing.assert_allclose(ds["alignment"], [1, -1, 1, 1], atol=0.05)
    np.testing.assert_allclose(ds["low"], ds["high"], atol=0.1)


def test_a_bootstrap_holds_its_value_and_refuses_what_it_cannot_draw():
    rng = np.random.default_rng(0)  # how wide it is: test_bootstrap
    ds = bootstrap_eigenvalues(rng.standard_normal((300, 2)) * [3.0, 1.0], resamples=400)
    assert (ds["low"] <= ds["eigenvalue"]).all()
    assert (ds["eigenvalue"] <= ds["high"]).all()
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        bootstrap_eigenvalues(np.zeros(3))
    with pytest.raises(ValueError, match="resamples 1"):
        bootstrap_eigenvalues(np.zeros((3, 2)), resamples=1)
