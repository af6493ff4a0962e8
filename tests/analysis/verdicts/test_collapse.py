import dataclasses

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import collapsed_run, generators, haar, learning_run, run_of, write_run
from white import five_sigma

from analysis import collapse, collapse_course, open_snapshots
from analysis.store.schema import MATRIX
from analysis.verdicts.collapse import LEVELS


def seen(F, mean=None, samples=None):
    """Correlations (step, d, d) to a run in float64, with what else is stored."""
    F = np.asarray(F, float)
    run = xr.Dataset({"correlation": (("step", *MATRIX), F)}, {"step": 10 * np.arange(len(F))})
    if mean is not None:
        run = run.assign(mean=(("step", "row"), np.asarray(mean, float)))
    return run if samples is None else run.assign(samples=("step", [samples] * len(F)))


def moments(Z):
    """Features (step, n, d) to the run that a recorder would write."""
    n = Z.shape[1]
    return seen(Z.swapaxes(1, 2) @ Z / n, Z.mean(axis=1), n)


@given(rng=generators(), d=st.sampled_from([16, 40]), n=st.sampled_from([32, 100]))
def test_white_noise_is_none_with_more_rows_than_dimensions_or_fewer(rng, d, n):
    verdict = collapse(moments(rng.normal(size=(1, n, d))))
    assert verdict.kind == "none"
    assert verdict.onset is None
    assert verdict.evidence["live_directions"] == min(d, n - 1)
    assert verdict.mean_growth is False


@given(rng=generators(), scale=st.sampled_from([1e-12, 1.0, 1e9]))
def test_features_on_a_line_are_complete_collapse(rng, scale):
    Z = scale * rng.normal(size=(1, 50, 1)) * rng.normal(size=6)
    verdict = collapse(moments(Z))
    assert (verdict.kind, verdict.onset) == ("complete", 0)
    assert verdict.evidence["first_share"] == 1


def test_zero_and_constant_features_are_complete_collapse():
    zero = collapse(seen(np.zeros((2, 4, 4)), np.zeros((2, 4)), 64))
    assert (zero.kind, zero.evidence["live_directions"]) == ("complete", 0)
    u = np.array([3.0, 4.0])
    constant = collapse(seen([np.outer(u, u)], [u], 64))
    assert constant.kind == "complete"
    assert constant.evidence["mean_share"] == constant.evidence["first_is_mean"] == 1


def test_each_kind_by_hand():
    dead, alive = 1.9e-6, 2.0e-6  # below and above d epsilon s_1 = 4 * 1.19e-7 * 4 = 1.907e-6
    spectra = {
        "none": [4, 4, alive, dead],
        "partial": [6, 3, 1, 1],  # 6 of 11
        "dimensional": [4, 4, dead, dead],
        "complete": [1, 0.005, 0.003, 0.001],
    }
    for kind, s in spectra.items():
        assert collapse(seen([np.diag(s)])).kind == kind, s
    assert collapse(seen([np.diag([4, 4, alive, dead])])).evidence["live_directions"] == 3
    assert collapse(seen([np.diag([1, 0.005, 0.004, 0.002])])).kind == "partial"  # 98.9 %


def test_three_of_four_directions_and_a_majority_is_partial():
    verdict = collapse(seen([np.diag([4.0, 2.0, 1.0, 0.0])], samples=1000))
    assert verdict.kind == "partial"
    assert verdict.evidence["possible_directions"] == 4
    assert verdict.evidence["first_share"] == pytest.approx(4 / 7)


def test_few_rows_are_not_taken_for_dead_directions():
    rng = np.random.default_rng(0)
    verdict = collapse(moments(rng.normal(size=(1, 20, 64))))
    assert (verdict.kind, verdict.evidence["possible_directions"]) == ("none", 19)
    few = moments(rng.normal(size=(1, 7, 64)))
    assert np.isnan(collapse_course(few).collapse).all()
    with pytest.raises(ValueError, match="none is finite and of 8 rows or more"):
        collapse(few)


def test_growth_along_the_mean_is_no_collapse_but_a_finding():
    C, m = np.eye(4), np.array([1.0, 0, 0, 0])
    means = [0.5 * m, 10 * m]
    run = seen([C + np.outer(a, a) for a in means], means, 1000)
    verdict = collapse(run)
    assert verdict.kind == "none"
    assert verdict.mean_growth is True
    assert verdict.evidence["mean_growth"] == pytest.approx(400)
    assert verdict.evidence["first_growth"] == pytest.approx(101 / 1.25)
    assert verdict.evidence["mean_share"] == pytest.approx(100 / 104)
    assert verdict.evidence["first_is_mean"] == pytest.approx(100 / 101)
    assert "the mean grew 400-fold and has 96.2 % of E|z|²" in str(verdict)
    assert collapse(run.isel(step=[1, 0])).mean_growth is False
    blind = collapse(run.drop_vars("mean"))  # F alone cannot tell the two apart
    assert (blind.kind, blind.mean_growth) == ("partial", None)


def test_growth_of_one_direction_that_varies_is_collapse_and_no_mean():
    run = seen([np.eye(4), np.diag([1000.0, 1, 1, 1])], np.zeros((2, 4)), 1000)
    verdict = collapse(run)
    assert (verdict.kind, verdict.onset, verdict.mean_growth) == ("complete", 10, False)
    assert verdict.evidence["first_growth"] == 1000


def test_features_that_shrink_to_nothing_collapse_though_their_shape_stays():
    """The theory's own collapse: without a predictor, all of W decays alike."""
    run = seen([scale * np.eye(3) for scale in (1, 1e-3, 1e-6, 1.3e-7, 1.1e-7)])
    verdict = collapse(run)
    assert (verdict.kind, verdict.onset) == ("complete", 40)
    assert "the variance fell to 1.1e-07 of that at first" in str(verdict)
    assert collapse(run.isel(step=slice(4))).kind == "none"


def test_onset_is_the_first_step_of_the_last_stretch():
    alive, partial, dead = np.eye(4), np.diag([9.0, 1, 1, 1]), np.zeros((4, 4))
    verdict = collapse(seen([alive, partial, alive, partial, dead, partial, partial]))
    assert (verdict.kind, verdict.onset) == ("partial", 30)
    verdict = collapse(seen([partial, alive, dead, partial, dead]))
    assert (verdict.kind, verdict.onset) == ("complete", 40)
    recovered = collapse(seen([dead, dead, alive]))
    assert (recovered.kind, recovered.onset) == ("none", None)


def test_features_that_drift_without_images_are_told_by_the_batches():
    rng = np.random.default_rng(0)
    drift = np.repeat(rng.normal(size=(2, 24, 16)), 4, axis=1)  # 24 batches, constant in each
    run = moments(drift).assign_coords(step=[10, 20])
    assert collapse(run).kind == "none"
    steps = np.arange(1, 25)
    std = xr.DataArray(np.where(steps <= 10, 0.1, 0.0), dims="step", coords={"step": steps})
    verdict = collapse(run, xr.Dataset({"feature_std": std}))
    assert (verdict.kind, verdict.onset) == ("complete", 20)
    assert "within a batch all images are the same" in str(verdict)
    later = run.isel(step=[0]).assign_coords(step=[0])  # steps were taken, no snapshot since
    assert collapse(later, xr.Dataset({"feature_std": std})).kind == "none"
    spike = std.where(steps != 15, 0.1)  # one batch that still varies is enough
    assert collapse(run, xr.Dataset({"feature_std": spike})).kind == "none"


@given(rng=generators())
def test_rotation_and_scale_change_nothing(rng):
    Z = rng.normal(size=(3, 60, 5)) * rng.choice([1.0, 3.0, 1e-5], size=5) + rng.normal(size=5)
    Q = haar(rng, 5)
    one, two = collapse(moments(Z)), collapse(moments(7 * Z @ Q.T))
    assert (one.kind, one.onset, one.mean_growth) == (two.kind, two.onset, two.mean_growth)
    for name in ("live_directions", "first_share", "mean_share", "first_is_mean"):
        assert one.evidence[name] == pytest.approx(two.evidence[name], abs=1e-6, nan_ok=True)


def test_whole_runs_get_their_verdict():
    assert collapse(learning_run(d=16, rank=12)).kind == "none"
    half = collapse(learning_run(d=16, rank=8))
    assert half.kind == "dimensional"
    assert half.onset > 0
    fallen = collapse(collapsed_run(d=16))
    assert (fallen.kind, fallen.evidence["live_directions"]) == ("complete", 1)
    assert str(fallen).startswith(f"complete collapse since step {fallen.onset}: 1 of 16")


@pytest.mark.parametrize(("d", "n"), [(2, 8), (2, 100), (3, 32), (4, 8)])
def test_white_noise_is_judged_collapsed_at_the_rate_stated(d, n):
    draws = 4000
    Z = 5 * np.random.default_rng().normal(size=(draws, n, d))
    run, plain = moments(Z), seen(Z.swapaxes(1, 2) @ Z / n, samples=n)
    for rate in (0.1, 0.01):
        for each in (run, plain):
            share = float((collapse_course(each, error_rate=rate).collapse > 0).mean())
            # one half is the least share that is judged, and may be rarer than the rate
            assert share < rate + five_sigma(rate, draws)
            if (d, n) != (3, 32) or rate == 0.1:
                assert share > rate - five_sigma(rate, draws)


def test_at_the_edge_of_few_dimensions_by_hand():
    # Mauchly: of n rows less their mean, u (1 - u) = rate^(2/(n - 2)) / 4; at n = 8, .943 at 1 %
    for share, kind in ((0.94, "none"), (0.945, "partial"), (0.991, "complete")):
        F = np.diag([share, 1 - share])
        assert collapse(seen([F], [[0, 0]], 8)).kind == kind
    F = np.diag([0.96, 0.04])
    assert collapse(seen([F], [[0, 0]], 8), error_rate=1e-3).kind == "none"  # .974 at .1 %
    assert collapse(seen([F], [[0, 0]], 8)).error_rate == 0.01
    views = seen([F], [[0, 0]], 8).assign(cross_correlation=(("step", *MATRIX), F[None]))
    assert collapse(views).kind == "none"  # of four images
    one = collapse(seen([[[4.0]]], [[0]], 8))  # one direction has all of it, collapsed or not
    assert (one.kind, one.evidence["first_share"]) == ("none", 1)
    assert collapse(seen([[[0.0]]], [[0]], 8)).kind == "complete"
    with pytest.raises(ValueError, match=r"error_rate = 0\.5"):
        collapse(seen([F], [[0, 0]], 8), error_rate=0.5)


def test_planted_collapse_is_found():
    rng = np.random.default_rng()
    Z = rng.normal(size=(30, 64, 8))
    kinds = {
        "none": np.ones(8),
        "partial": np.array([5.0] + [1] * 7),  # 25 of 32
        "dimensional": np.array([1.0] * 4 + [1e-5] * 4),
        "complete": np.array([60.0] + [1] * 7),  # 3600 of 3607
    }
    for kind, scale in kinds.items():
        assert collapse(moments(Z * scale)).kind == kind
        found = collapse(moments((Z * scale).astype("f4").astype(float)))
        assert (found.kind, found.onset) == (kind, None if kind == "none" else 0)


def test_the_course_takes_seeds_and_the_store(tmp_path):
    runs = [learning_run(d=4, snapshots=5, seed=seed) for seed in (0, 1)]
    both = collapse_course(xr.concat(runs, "seed", combine_attrs="drop_conflicts"))
    assert both.collapse.dims == ("seed", "step")
    stored = open_snapshots(write_run(tmp_path / "run", runs[1]))
    np.testing.assert_allclose(both.first_share[1], collapse_course(stored).first_share)
    assert all(v.attrs["long_name"] for v in both.data_vars.values())


def test_a_verdict_is_frozen_and_its_evidence_cannot_be_changed():
    verdict = collapse(seen([np.eye(2)]))
    assert verdict.kind in LEVELS
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.kind = "complete"
    with pytest.raises(TypeError):
        verdict.evidence["variance"] = 0.0
    assert "mean_growth" in verdict.evidence


def test_what_cannot_be_judged_is_refused():
    run = learning_run(d=3, snapshots=3)
    with pytest.raises(ValueError, match=r"lacks \['correlation'\]; it has \['predictor'\]"):
        collapse(run[["predictor"]])
    with pytest.raises(ValueError, match=r"one run along 'step'; got dims \(\): select one"):
        collapse(run.isel(step=0))
    with pytest.raises(ValueError, match="correlation is not symmetric"):
        collapse(run_of(run.predictor, run.predictor, run.epoch))
    with pytest.raises(ValueError, match="no snapshot can be judged"):
        collapse(seen(np.ones((2, 1, 1)), samples=7))
