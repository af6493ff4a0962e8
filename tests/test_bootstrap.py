import numpy as np
import pytest
import xarray as xr

from analysis import bootstrap_alignment, bootstrap_eigenvalues, eigenvalue_errors, noise_level
from analysis.noise import modes_above_noise, noise_edges


def features(n=400, scale=(3.0, 2.0, 1.0), seed=0):
    return np.random.default_rng(seed).standard_normal((n, len(scale))) * scale


def test_a_shared_eigenbasis_is_aligned_as_sharply_as_it_is_known():
    ds = bootstrap_alignment(np.diag([3.0, 2.0, 1.0]), features())
    assert (ds["low"] < ds["alignment"]).all()
    assert ds["alignment"].min() > 0.97
    assert ds["low"].min() > 0.9
    assert ds["overlap"].min() > 0.98
    wider = bootstrap_alignment(np.diag([3.0, 2.0, 1.0]), features(n=40))
    assert (wider["high"] - wider["low"]).mean() > 2 * (ds["high"] - ds["low"]).mean()


def test_an_interval_covers_the_true_alignment():
    W = np.array([[1.0, 0.6, 0.0], [0.0, 1.0, 0.3], [0.4, 0.0, 1.0]])
    true = 1 / np.linalg.norm(W, axis=0)  # u_j are the axes, p_j = 1
    inside = 0
    for seed in range(60):
        ds = bootstrap_alignment(W, features(seed=seed), resamples=60, seed=seed)
        inside += ((ds["low"] <= true) & (true <= ds["high"])).values
    assert (inside > 0.8 * 60).all()


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


def test_noise_stays_below_its_level_and_a_spike_does_not():
    d, n = 40, 400
    rng = np.random.default_rng(0)
    above = 0
    for _ in range(50):
        Z = rng.standard_normal((n, d))
        values = xr.DataArray(np.linalg.eigvalsh(Z.T @ Z / n)[::-1], dims="mode")
        level = float(noise_level(values, n))
        assert level == pytest.approx(noise_edges(d, n)[1], rel=0.1)
        above += int((values > level).sum())
        assert int(modes_above_noise(values, n)) == int((values > level).sum())
    assert above < 5


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
