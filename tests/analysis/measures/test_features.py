import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.features import alpha_req, collapse_signs, lidar, rankme

seeds = st.integers(0, 10**6)


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


def test_what_is_below_float32s_rounding_of_the_largest_is_not_fitted():
    # d epsilon s_1 = 4 * 1.19e-7: 1e-6 is above, 2e-7 is not.
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((50, 5)) * [1e9, 1, 1, 1, 1])[0]
    Q = np.linalg.qr(Q - Q.mean(0))[0][:, :4]
    fit = alpha_req(Q * np.sqrt([1, 1e-3, 1e-6, 2e-7]), weights="equal")
    assert fit.modes == (1, 3)


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
