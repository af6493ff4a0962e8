import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import collapse
from analysis.store.schema import MATRIX
from analysis.verdicts.lasting import lasting, looks_to_last


def seen(F, mean=None, samples=None):
    """Correlations (step, d, d) to a run in float64, with what else is stored."""
    F = np.asarray(F, float)
    run = xr.Dataset({"correlation": (("step", *MATRIX), F)}, {"step": 10 * np.arange(len(F))})
    if mean is not None:
        run = run.assign(mean=(("step", "row"), np.asarray(mean, float)))
    return run if samples is None else run.assign(samples=("step", [samples] * len(F)))


def course_of(levels):
    """A run whose snapshots are of these kinds, by hand."""
    spectra = ([1, 1, 1, 1], [9, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0])
    return seen([np.diag(np.array(spectra[level], float)) for level in levels], samples=1000)


def test_a_flicker_is_no_state_and_does_not_move_its_onset():
    healthy = [0] * 40
    for at, kind in ((39, 1), (38, 2), (5, 2), (7, 3)):
        flicker = healthy[:at] + [kind] * min(2, 40 - at) + healthy[at + 2 :]
        verdict = collapse(course_of(flicker))
        assert (verdict.kind, verdict.onset, verdict.recovered_from) == ("none", None, None), at
    dips = [0] * 10 + [1] * 10 + [0, 1, 1, 0, 0, 1] + [1] * 5 + [0, 2]
    verdict = collapse(course_of(dips))
    assert (verdict.kind, verdict.onset) == ("partial", 100)
    lasting = collapse(course_of([0] * 37 + [2, 3, 2]))
    assert (lasting.kind, lasting.onset) == ("dimensional", 370)


def test_a_recovery_is_said():
    verdict = collapse(course_of([0] * 5 + [3] * 10 + [0] * 20))
    assert (verdict.kind, verdict.onset) == ("none", None)
    assert (verdict.recovered_from, verdict.recovered_at) == ("complete", 150)
    assert "complete collapse was over at step 150" in str(verdict)
    part = collapse(course_of([3] * 10 + [1] * 20))
    assert (part.kind, part.onset, part.recovered_at) == ("partial", 0, 100)


def test_lasting_by_hand():
    got = lasting(np.array([0, 0, 0, 1, 1, 1, 0, 1, 1, 2, 1, 1]))
    assert got.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert lasting(np.array([0, 1, 0])).tolist() == [0, 1, 0]  # of three looks, one decides
    assert lasting(np.array([0, 1, 0, 0, 1, 1, 1, 0])).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [looks_to_last(n) for n in (1, 7, 8, 11, 12, 1000)] == [1, 1, 2, 2, 3, 3]
    assert lasting(np.array([], int)).tolist() == []


@given(levels=st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_levels_last_in_order_and_what_lasts_anyway_stays(levels):
    levels = np.array(levels)
    each = [lasting((levels >= k).astype(int)) for k in (1, 2, 3)]
    np.testing.assert_array_equal(lasting(levels), np.sum(each, axis=0))
    slow = np.repeat(levels, 3)
    np.testing.assert_array_equal(lasting(slow), slow)
