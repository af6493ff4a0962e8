"""What cannot be said of a run, by hand; of every odd store: tests/analysis/commands."""

import numpy as np
import pytest
from strategies import run_of

from analysis import summarise
from analysis.verdicts.caveats import caveats, last_finite, symmetric_words

EYE, ZERO, NAN = np.eye(2), np.zeros((2, 2)), np.full((2, 2), np.nan)
F = np.diag([2.0, 1.0])


def summary(W=(EYE, EYE, EYE), F=(F, F, F)):
    return summarise(run_of(np.stack(W), np.stack(F), np.arange(len(W))))  # steps 0, 390, 780


def test_a_predictor_that_is_zero_for_a_while_is_said_and_where():
    (found,) = caveats(summary(W=(EYE, ZERO, EYE)))
    assert found.startswith("W_p is 0 at 1 of 3 snapshots, step 390: no alignment")
    (found,) = caveats(summary(W=(ZERO, ZERO, EYE)))
    assert found.startswith("W_p is 0 at 2 of 3 snapshots, steps 0 to 390:")
    assert not caveats(summary(W=(np.diag([1.0, 0.0]),) * 3))  # one mode of it


def test_a_correlation_that_is_zero_or_negative_for_a_while_is_said_and_where():
    (found,) = caveats(summary(F=(F, ZERO, F)))
    assert found.startswith("the same-view correlation is 0 at 1 of 3 snapshots, step 390:")
    (found,) = caveats(summary(F=(F, np.diag([2.0, -1.0]), F)))
    assert "has negative eigenvalues at 1 of 3 snapshots, step 390:" in found
    assert not caveats(summary(F=(F, np.diag([2.0, -1e-9]), F)))  # rounding of single precision


def test_not_finite_in_either_matrix_is_not_finite():
    for lost in ({"W": (EYE, NAN, EYE)}, {"F": (F, NAN, F)}):
        (found,) = caveats(summary(**lost))
        assert found.startswith("W_p or F is not finite at 1 of 3 snapshots, step 390: nothing is")
    assert last_finite(summary(W=(EYE, EYE, NAN), F=(F, F, F))) == 1
    assert last_finite(summary(W=(EYE, EYE, EYE), F=(F, NAN, NAN))) == 0
    assert last_finite(summary(W=(NAN, NAN, NAN))) == -1


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        ((0, 0, 0), "0 at every snapshot"),
        ((1, 0, 0), "0 from step 390 on"),
        ((1, 1, 3e-8), "at most 3e-08 from step 780 on"),
        ((0, 0, 1), ""),
    ],
)
def test_since_when_a_predictor_is_symmetric(skew, words):
    # |W - W^T| / |W| of [[1, b], [0, 0]] is sqrt 2 b / sqrt(1 + b^2).
    W = [np.array([[1, a / np.sqrt(2)], [0, 0]]) for a in skew]
    assert symmetric_words(summary(W=W)["asymmetry"]) == words
