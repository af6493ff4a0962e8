import numpy as np
import pytest
import scipy.linalg
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.bootstrap import bootstrap_eigenvalues
from analysis.measures.features import alpha_req, collapse_signs, lidar, rankme
from analysis.measures.noise import modes_above_noise, noise_edges
from analysis.measures.subspaces import (
    principal_angles,
    spectral_gaps,
    subspace_overlap,
    surviving_modes,
)
from analysis.statistics.independent_rows import effective_samples

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


def test_noise_lies_between_its_edges():
    assert noise_edges(128, 475) == pytest.approx((0.2313, 2.3077), abs=1e-3)
    assert noise_edges(10, 5, variance=2.0)[0] == 0
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((2000, 200))
    s = np.linalg.eigvalsh(Z.T @ Z / 2000)
    low, high = noise_edges(200, 2000)
    assert low * 0.97 < s[0] < s[-1] < high * 1.03
    with pytest.raises(ValueError, match="at least 1, 1 and 0 wanted"):
        noise_edges(0, 5)


@pytest.mark.parametrize("signals", [0, 3, 10])
def test_modes_above_noise_are_counted(signals):
    rng = np.random.default_rng(signals)
    Z = 0.1 * rng.standard_normal((1500, 60))
    Z[:, :signals] *= 4
    s = np.linalg.eigvalsh(Z.T @ Z / 1500)[::-1]
    got = modes_above_noise(xr.DataArray(s.copy(), dims="mode"), 1500.0)
    assert abs(int(got) - signals) <= 1
    with pytest.raises(ValueError, match="50 rows for 60 dimensions"):
        modes_above_noise(xr.DataArray(s.copy(), dims="mode"), 50.0)


def test_effective_samples_of_an_ema_by_its_variance():
    assert effective_samples(256, 0.3) == pytest.approx(475.4, abs=0.1)
    rng = np.random.default_rng(0)
    batches = rng.standard_normal((200_000, 4)).mean(1)
    ema, series = 0.0, []
    for x in batches:
        ema = 0.6 * ema + 0.4 * x
        series.append(ema)
    assert 1 / np.var(series[100:]) == pytest.approx(effective_samples(4, 0.6), rel=0.05)
    with pytest.raises(ValueError, match="rho in"):
        effective_samples(4, 1.0)


def test_a_bootstrap_holds_its_value_and_refuses_what_it_cannot_draw():
    rng = np.random.default_rng(0)  # how wide it is: test_bootstrap
    ds = bootstrap_eigenvalues(rng.standard_normal((300, 2)) * [3.0, 1.0], resamples=400)
    assert (ds["low"] <= ds["eigenvalue"]).all()
    assert (ds["eigenvalue"] <= ds["high"]).all()
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        bootstrap_eigenvalues(np.zeros(3))
    with pytest.raises(ValueError, match="resamples 1"):
        bootstrap_eigenvalues(np.zeros((3, 2)), resamples=1)


def test_rankme_by_hand_and_its_range():
    Z = np.zeros((4, 3))
    Z[0, 0], Z[1, 1] = 3.0, 1.0  # singular values 3, 1, 0
    expected = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert rankme(Z) == pytest.approx(expected, rel=1e-5)
    assert rankme(np.eye(5)) == pytest.approx(5, rel=1e-5)
    assert np.isnan(rankme(np.zeros((3, 2))))
    with pytest.raises(ValueError, match="finite numbers"):
        rankme(np.full((2, 2), np.nan))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_alpha_req_finds_the_exponent(alpha):
    rng = np.random.default_rng(0)
    Z = np.linalg.qr(rng.standard_normal((400, 20)) - 0.0)[0]
    Z = np.linalg.qr(Z - Z.mean(0))[0] * np.arange(1, 21) ** (-alpha / 2)
    for weights in ("inverse_rank", "equal"):
        fit = alpha_req(Z + 5, weights=weights)
        assert fit.alpha == pytest.approx(alpha, abs=1e-6)
        assert (fit.modes, fit.r2, fit.weights) == ((1, 20), pytest.approx(1), weights)
    assert alpha_req(Z, modes=(3, 9)).modes == (3, 9)
    with pytest.raises(ValueError, match="three or more wanted"):
        alpha_req(Z, modes=(3, 4))
    with pytest.raises(ValueError, match=r"weights are 'rank'; wanted one of \['equal', 'inv"):
        alpha_req(Z, weights="rank")


@given(seed=seeds)
def test_the_weights_of_alpha_req_are_those_of_the_published_code(seed):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((200, 12)) * rng.uniform(0.5, 2, 12)
    values = np.linalg.eigvalsh(np.cov(Z.T, bias=True))[::-1]
    rank = np.arange(3, 11)
    x, y = np.log(rank), np.log(values[2:10])
    # polyfit squares its weights; 1/rank is of the squares, as get_powerlaw of the code has it.
    for weights, w in (("inverse_rank", rank**-0.5), ("equal", np.ones(8))):
        fit = alpha_req(Z, modes=(3, 10), weights=weights)
        slope, level = np.polyfit(x, y, 1, w=w)
        assert fit.alpha == pytest.approx(-slope)
        left = (w**2 * (y - slope * x - level) ** 2).sum()
        spread = (w**2 * (y - np.average(y, weights=w**2)) ** 2).sum()
        assert fit.r2 == pytest.approx(1 - left / spread)
    assert alpha_req(Z) == alpha_req(Z, weights="inverse_rank")


def test_alpha_req_of_white_noise_is_another_for_each_weighting():
    drawn = [np.random.default_rng(seed).standard_normal((1000, 64)) for seed in range(12)]
    for weights, alpha in (("inverse_rank", 0.15), ("equal", 0.26)):
        got = [alpha_req(Z, weights=weights).alpha for Z in drawn]
        assert np.mean(got) == pytest.approx(alpha, abs=0.01)


@pytest.mark.parametrize("c", [1e-200, 1e-80, 1e80, 1e200])
def test_ranks_of_features_do_not_depend_on_their_size(c):
    Z = np.random.default_rng(0).standard_normal((50, 4)) * [3, 2, 1, 0.5] + 1
    assert rankme(c * Z) == pytest.approx(rankme(Z))
    for weights in ("inverse_rank", "equal"):
        alpha = alpha_req(Z, weights=weights).alpha
        assert alpha_req(c * Z, weights=weights).alpha == pytest.approx(alpha)
    assert collapse_signs(c * Z) == pytest.approx(collapse_signs(Z))


def test_a_feature_that_is_constant_up_to_rounding_has_no_correlation():
    Z = np.random.default_rng(0).standard_normal((40, 2))
    Z[:, 1] = 0.1 * (1 + 1e-16 * np.arange(40))
    for dtype in ("f4", "f8"):
        assert collapse_signs(Z.astype(dtype))["off_diagonal"] == 0


def test_lidar_counts_what_separates_images_beyond_augmentation():
    rng = np.random.default_rng(0)
    images = rng.standard_normal((400, 1, 6)) * np.array([1, 1, 1, 0, 0, 0])
    views = images + 0.01 * rng.standard_normal((400, 30, 6))
    assert lidar(views, delta=1e-8) == pytest.approx(3, abs=0.1)
    loud = images + rng.standard_normal((400, 30, 6)) * np.array([9, 0.01, 0.01, 1, 1, 1])
    assert lidar(loud, delta=1e-8) == pytest.approx(2, abs=0.1)  # one is drowned
    assert np.isnan(lidar(np.ones((3, 2, 4))))
    with pytest.raises(ValueError, match="2 of each or more"):
        lidar(np.ones((3, 1, 4)))


def test_signs_of_collapse_at_their_null_levels_and_ends():
    rng = np.random.default_rng(0)
    free = collapse_signs(rng.standard_normal((4000, 25)))
    assert free["normalised_std"] == pytest.approx(1 / 5, rel=0.02)
    assert free["mean_cosine"] == pytest.approx(0, abs=2e-3)
    assert free["mean_share"] == pytest.approx(1 / 4000, rel=0.9)
    assert free["off_diagonal"] == pytest.approx(25 / 4025, rel=0.2)
    one = collapse_signs(np.ones((10, 1)) * np.arange(1, 5) + 1e-9 * rng.standard_normal((10, 4)))
    assert one["normalised_std"] < 1e-8
    assert one["mean_cosine"] == pytest.approx(1)
    assert one["mean_share"] == pytest.approx(1)
    # A large constant in float32 is not a direction that moves: its last bit is.
    Z = rng.standard_normal((50, 3)).astype("f4")
    still = np.float32(1e4) + np.spacing(np.float32(1e4)) * rng.integers(0, 2, (50, 1))
    beside = collapse_signs(np.hstack([Z, still.astype("f4")]))
    assert beside["off_diagonal"] == pytest.approx(collapse_signs(Z)["off_diagonal"])
    line = rng.standard_normal((50, 1)) * np.ones(4)
    assert collapse_signs(line)["off_diagonal"] == pytest.approx(1 - 1 / 4)
    with pytest.raises(ValueError, match="1 of them 0"):
        collapse_signs(np.array([[1.0], [0.0]]))


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
