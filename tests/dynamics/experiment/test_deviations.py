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


def test_where_there_is_no_number_there_is_a_reason():
    F, turned, none = np.diag([3.0, 1.0]), np.array([[1.0, 1.0], [1.0, 1.0]]), np.zeros((2, 2))
    (words,) = said([turned, 2 * np.eye(2)], [F, F])
    assert words == "W_p misaligned with F (1.00, then undefined: W_p is a multiple of I)"
    (words,) = said([turned, none], [F, F])
    assert words == "W_p misaligned with F (1.00, then undefined: W_p is 0)"
    (words,) = said([turned, turned], [F, np.eye(2)])
    assert words == "W_p misaligned with F (1.00, then undefined: eigenvalues of F are too close)"
    words = said([turned, turned], [F, none], mean_field=True)
    assert words == [
        "W_p misaligned with F (1.00, then undefined: F is 0)",
        "few effective dimensions (1.6, then 0.0)",
    ]


def test_the_norm_of_a_predictor_is_held_to_its_decay():
    F = np.diag(np.linspace(2, 1, 80))
    run = from_arrays(predictor=[2 * F, F, 2 * F], cross_correlation=[F] * 3)
    run = run.assign_coords(time=("step", [1.0, 2.0, 11.0]))
    assert deviations(run, mean_field=True, predictor_decay=0.0) == []
    # |W_p|² is what it was; the flow has exp(-2 * 0.1 * 10) of it: e² times.
    words = deviations(run, mean_field=True, predictor_decay=0.1)
    assert words == ["|W_p|^2 ends at 7.39 times the flow's"]


def test_a_predictor_of_two_layers_is_compared_with_its_fit():
    F = np.diag([3.0, 1.0])
    attrs = {"flow_parameters": '{"predictor": {"layers": 2}}'}
    run = from_arrays(
        predictor=[F, F],
        correlation=[F, F],
        cross_correlation=[F, F],
        prediction_correlation=[F @ F, 2 * F @ F],  # of W_p = F, and of 2 F
    )
    expected = ["W_p off the least-squares predictor (0.00, then 0.50)"]
    assert deviations(run.assign_attrs(attrs), mean_field=False) == expected
    assert deviations(run, mean_field=False) == []  # of one layer, where W_p is no product
