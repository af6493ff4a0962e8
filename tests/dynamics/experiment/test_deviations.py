"""What a run has that a flow of modes has not, in numbers of its first and its last snapshot."""

import numpy as np

from analysis import from_arrays
from dynamics.experiment.deviations import deviations


def said(W, F, mean_field=False):
    return deviations(from_arrays(predictor=W, cross_correlation=F), mean_field=mean_field)


def test_a_symmetric_aligned_run_of_many_dimensions_breaks_nothing():
    F = np.diag(np.linspace(2, 1, 80))
    assert said([F, F @ F], [F, F], mean_field=True) == []


def test_numbers_by_hand():
    F, turned = np.diag([3.0, 1.0]), np.array([[1.0, 1.0], [1.0, 1.0]])
    # W_p = turned is symmetric, and all of its deviatoric part lies off the diagonal of F.
    assert said([F, turned], [F, F]) == ["W_p misaligned with F (0.00, then 1.00)"]
    # (3 + 1)² / (9 + 1) dimensions; of (2, -1) one.
    few = said([F, F], [F, np.diag([2.0, -1.0])], mean_field=True)
    assert few == ["few effective dimensions (1.6, then 1.0)"]


def test_an_asymmetry_is_that_of_the_measure():
    # |W - W^T| / |W| = sqrt(2) / sqrt(3)
    W = np.array([[1.0, 1.0], [0.0, 1.0]])
    assert said([W, np.eye(2)], [np.eye(2)] * 2)[0] == "W_p asymmetric (0.82, then 0.00)"
