import numpy as np
import xarray as xr

from analysis import collapse, collapse_course
from analysis.store.schema import MATRIX


def seen(F, mean=None, samples=None):
    """Correlations (step, d, d) to a run in float64, with what else is stored."""
    F = np.asarray(F, float)
    run = xr.Dataset({"correlation": (("step", *MATRIX), F)}, {"step": 10 * np.arange(len(F))})
    if mean is not None:
        run = run.assign(mean=(("step", "row"), np.asarray(mean, float)))
    return run if samples is None else run.assign(samples=("step", [samples] * len(F)))


NAN = np.full((3, 3), np.nan)


def test_a_run_that_ends_in_what_is_not_finite_diverged():
    run = seen([np.eye(3), np.zeros((3, 3)), NAN, NAN])
    verdict = collapse(run)
    assert (verdict.kind, verdict.onset) == ("diverged", 20)
    assert str(verdict).startswith("diverged since step 20: until then 0 of 3 directions vary")
    assert "2 of 4 snapshots are not finite" in str(verdict)
    np.testing.assert_array_equal(collapse_course(run).collapse, [0, 3, np.nan, np.nan])
    whole = collapse(seen([NAN, NAN]))
    assert (whole.kind, whole.onset, whole.grounds) == ("diverged", 0, "no snapshot is finite")
    infinite = collapse(seen([np.eye(3), np.diag([np.inf, 1, 1])]))
    assert (infinite.kind, infinite.onset) == ("diverged", 10)


def test_a_divergence_is_known_by_the_predictor_the_loss_and_what_training_said():
    run = seen([np.eye(3)] * 4)
    W = np.stack([np.eye(3), np.eye(3), NAN, NAN])
    assert collapse(run.assign(predictor=(("step", *MATRIX), W))).onset == 20
    entry = np.stack([np.eye(3)] * 4)
    entry[3, 0, 1] = np.nan  # one is enough
    assert collapse(run.assign(predictor=(("step", *MATRIX), entry))).onset == 30
    fine = run.assign(predictor=(("step", *MATRIX), W[[0, 2, 1, 1]]))  # it came back
    assert collapse(fine).kind == "none"
    loss = xr.Dataset({"loss": ("step", [3.0, np.nan, np.inf])}, {"step": [1, 17, 18]})
    verdict = collapse(run, loss)
    assert (verdict.kind, verdict.onset) == ("diverged", 17)
    assert collapse(run, loss.isel(step=[1, 0])).kind == "none"
    assert collapse(run, loss.isel(step=[1, 1])).kind == "none"  # never stored
    said = collapse(run.assign_attrs(diverged_at=33))
    assert (said.kind, said.onset) == ("diverged", 33)


def test_what_is_not_finite_in_the_middle_is_left_out_and_said():
    verdict = collapse(seen([np.eye(3), NAN, np.eye(3)]))
    assert (verdict.kind, verdict.evidence["not_finite"]) == ("none", 1)
    assert "1 of 3 snapshots are not finite" in str(verdict)
    late = collapse(seen([NAN, np.eye(3), 1e-8 * np.eye(3)]))  # growth is since the first judged
    assert (late.kind, late.onset) == ("complete", 20)
