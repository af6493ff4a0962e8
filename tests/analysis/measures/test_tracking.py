import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard
from strategies import generators, haar, learning_run, rotations, run_of, write_run

from analysis import follow_modes, open_snapshots, summarise
from analysis.store.schema import MATRIX

BY_MODE = ("correlation_eigenvalue", "predictor_eigenvalue", "alignment", "alignment_excess")


def run_with(U, s, p=None):
    """Spectra (step, mode) in bases (d, d) or (step, d, d): column j belongs to entry j."""
    s, U = np.asarray(s, float), np.broadcast_to(U, (len(s), *np.shape(U)[-2:]))
    F = np.einsum("tij,tj,tkj->tik", U, s, U)
    W = F if p is None else np.einsum("tij,tj,tkj->tik", U, np.asarray(p, float), U)
    return run_of(W, F, np.arange(len(s)))


@given(U=rotations(4), rng=generators())
def test_curves_are_the_planted_ones_through_every_crossing(U, rng):
    s = rng.uniform(0.1, 3, size=(6, 4))  # eigenvalues jump past each other at every step
    s[-1] = [4, 3, 2, 1]  # numbered by size at the end
    m = follow_modes(run_with(U, s, p=s[::-1]), tolerance=0)
    np.testing.assert_allclose(m.correlation_eigenvalue, s, rtol=1e-3)
    np.testing.assert_array_equal(m.mode_rank, 1 + np.argsort(np.argsort(-s)))
    np.testing.assert_allclose(m.mode_overlap[1:], 1, atol=1e-4)
    assert (m.mode_born == 0).all()
    last = np.argsort(-s[0])  # of W_p, whose spectra run backwards: followed on its own
    np.testing.assert_allclose(m.predictor_eigenvalue, s[::-1, last], rtol=1e-3)


def test_a_summary_at_hand_is_used_and_left_as_it_is():
    run = learning_run(d=6, snapshots=9)
    m = summarise(run)
    before = m.copy(deep=True)
    given = follow_modes(run, summary=m)
    xr.testing.assert_identical(given, follow_modes(run))
    xr.testing.assert_identical(m, before)
    part = follow_modes(run, summary=m[["correlation_eigenvalue"]])
    xr.testing.assert_identical(part["correlation_eigenvalue"], given["correlation_eigenvalue"])
    assert "predictor_eigenvalue" not in part
    with pytest.raises(ValueError, match="of followed modes already"):
        follow_modes(run, summary=given)


def test_two_modes_cross_where_a_sort_swaps_them():
    t = np.linspace(0, 1, 5)
    s = np.stack([1 + 2 * t, 2 - t + 0.01], axis=1)
    run = run_with(np.eye(2), s)
    np.testing.assert_allclose(follow_modes(run).correlation_eigenvalue, s, rtol=1e-6)
    assert not np.allclose(summarise(run).correlation_eigenvalue, s)


def test_overlap_is_the_squared_cosine_of_the_angle_turned():
    c, s = np.cos(0.3), np.sin(0.3)
    turned = np.array([np.eye(2), [[c, -s], [s, c]]])
    m = follow_modes(run_with(turned, [[2, 1], [2, 1]]))
    np.testing.assert_allclose(m.mode_overlap[1], np.cos(0.3) ** 2, rtol=1e-5)
    assert np.isnan(m.mode_overlap[0]).all()
    half = np.sqrt(0.4), np.sqrt(0.6)  # turned further than it kept: it is the other one
    crossed = np.array([np.eye(2), [[half[0], -half[1]], [half[1], half[0]]]])
    m = follow_modes(run_with(crossed, [[2, 1], [2, 1]]))
    np.testing.assert_array_equal(m.mode_rank, [[2, 1], [1, 2]])


def test_the_best_total_wins_over_the_best_single_match():
    U = np.array([[0.8, 0.6], [-0.6, 0.8]])  # a greedy choice from either end gives the same here
    m = follow_modes(run_with(np.stack([np.eye(2), U]), [[2, 1], [1, 2]]))
    np.testing.assert_array_equal(m.mode_rank, [[2, 1], [1, 2]])
    np.testing.assert_allclose(m.mode_overlap[1], 0.64, rtol=1e-5)


def test_a_mode_that_is_born_does_not_push_the_others_down():
    s = np.array([[3, 2, 0, 0], [3, 2, 1e-9, 0], [3, 2, 1, 0], [3, 2, 4, 0]])
    U = haar(np.random.default_rng(3), 4)
    m = follow_modes(run_with(U, s))
    np.testing.assert_allclose(m.correlation_eigenvalue, s[:, [2, 0, 1, 3]], atol=1e-6)
    np.testing.assert_array_equal(m.mode_rank[-1], [1, 2, 3, 4])
    np.testing.assert_array_equal(m.mode_group[0], [3, 1, 2, 3])  # dead: one group


def test_a_direction_that_enters_from_nowhere_has_its_step_of_birth():
    turned = np.eye(5)
    turned[1:, 1:] = hadamard(4) / 2  # overlap 1/4 with each of the old ones
    run = run_with(np.stack([np.eye(5), np.eye(5), turned, turned]), [[5, 4, 3, 2, 1]] * 4)
    m = follow_modes(run)
    np.testing.assert_allclose(m.mode_overlap[2], [1, 0.25, 0.25, 0.25, 0.25], rtol=1e-5)
    np.testing.assert_array_equal(m.mode_born, run.step.values[[0, 2, 2, 2, 2]])


def test_a_mode_leaves_a_degenerate_group_as_it_went_in():
    angle = np.array([0.0, 1.1, 2.3, 0.0])  # in between, the pair's own basis means nothing
    pair = [5, 2.0002, 1.9998]
    s = [[5, 3, 1], pair, pair, [5, 1, 3]]
    U = np.stack([np.eye(3)] * 4)
    for t, a in enumerate(angle):
        U[t, 1:, 1:] = [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
    m = follow_modes(run_with(U, s))
    np.testing.assert_allclose(m.correlation_eigenvalue, np.array(s)[:, [0, 2, 1]], rtol=1e-3)
    np.testing.assert_array_equal(m.mode_group, [[1, 3, 2], [1, 2, 2], [1, 2, 2], [1, 2, 3]])
    np.testing.assert_allclose(m.mode_overlap[1:], 1, atol=1e-5)


def test_negative_modes_are_followed_and_are_not_dead():
    s = np.array([[2, -1, -3], [2, -3, -1], [2, -3.5, -0.5]])  # the last two cross below 0
    m = follow_modes(run_with(np.eye(3), s))
    np.testing.assert_allclose(m.correlation_eigenvalue, s[:, [0, 2, 1]])
    np.testing.assert_array_equal(m.mode_group, m.mode_rank)  # each alone
    dead = follow_modes(run_with(np.eye(3), [[2e-9, 1e-9, -3]] * 2))  # by the size of the largest
    np.testing.assert_array_equal(dead.mode_group, [[1, 1, 3]] * 2)


def test_the_number_of_rows_says_what_is_degenerate():
    run = run_with(np.eye(2), [[1.05, 1.0]] * 2)
    few = run.assign(samples=("step", [100, 10000]))  # relative gaps of 10 % and of 1 % mix
    np.testing.assert_array_equal(follow_modes(few).mode_group, [[1, 1], [1, 2]])
    np.testing.assert_array_equal(follow_modes(few, tolerance=0.5).mode_group, [[1, 1], [1, 1]])
    np.testing.assert_array_equal(follow_modes(run).mode_group, [[1, 2], [1, 2]])


@given(rng=generators(), d=st.sampled_from([2, 5]))
def test_every_measure_is_permuted_and_nothing_else_is_touched(rng, d):
    A = rng.normal(size=(5, d, d))
    run = run_of(rng.normal(size=(5, d, d)), A @ A.swapaxes(1, 2), np.arange(5))
    m, plain = follow_modes(run), summarise(run)
    for name in BY_MODE:
        np.testing.assert_allclose(np.sort(m[name]), np.sort(plain[name]))
    order = m.mode_rank.values - 1
    np.testing.assert_array_equal(np.sort(order), np.broadcast_to(np.arange(d), (5, d)))
    together = np.take_along_axis(plain.alignment.values, order, axis=1)
    np.testing.assert_array_equal(m.alignment, together)
    xr.testing.assert_identical(m.asymmetry.drop_vars("mode", errors="ignore"), plain.asymmetry)
    Q = haar(rng, d)
    turned = run.copy(data={n: Q @ run[n].values.astype(float) @ Q.T for n in run.data_vars})
    np.testing.assert_allclose(follow_modes(turned).mode_overlap, m.mode_overlap, atol=1e-4)


def test_seeds_are_followed_each_on_its_own():
    runs = [learning_run(d=5, snapshots=8, seed=seed) for seed in (0, 1)]
    both = xr.concat(runs, "seed", combine_attrs="drop_conflicts").transpose("step", *MATRIX, ...)
    m = follow_modes(both)
    for seed, run in enumerate(runs):
        one = follow_modes(run)
        for name in (*BY_MODE, "mode_rank", "mode_overlap", "mode_group", "mode_born"):
            np.testing.assert_allclose(m[name].isel(seed=seed), one[name], atol=1e-9, err_msg=name)


def test_a_snapshot_that_is_not_finite_is_stepped_over():
    s = [[3, 2, 1], [3, 1.5, 1.8], [1, 2, 3]]
    run = run_with(np.eye(3), s)
    run.correlation[1, 0, 0] = np.nan
    m = follow_modes(run)
    np.testing.assert_allclose(m.correlation_eigenvalue[[0, 2]], np.array(s)[[0, 2]][:, ::-1])
    np.testing.assert_array_equal(m.mode_rank[1], m.mode_rank[0])
    assert np.isnan(m.correlation_eigenvalue[1]).all()
    first = run_with(np.eye(3), s)
    first.correlation[0] = np.nan
    assert (follow_modes(first).mode_born == 0).all()


def test_a_stored_run_is_followed_chunk_by_chunk(tmp_path):
    run = learning_run(d=4, snapshots=7)
    stored = open_snapshots(write_run(tmp_path / "run", run)).chunk(step=3)
    xr.testing.assert_allclose(follow_modes(stored), follow_modes(run))


def test_what_cannot_be_followed_is_refused():
    run = learning_run(d=3, snapshots=3)
    with pytest.raises(ValueError, match="followed along 'step'; the run has dims"):
        follow_modes(run.isel(step=0))
    with pytest.raises(ValueError, match=r"tolerance is 1.5; wanted a relative gap in \[0, 1\)"):
        follow_modes(run, tolerance=1.5)
    with pytest.raises(ValueError, match=r"lacks \['predictor'\]"):
        follow_modes(run[["correlation"]])
