"""The parts of a state and their sizes; solutions: test_integrate and test_collapsing_flows."""

import numpy as np

from dynamics import EigenmodeFlow, integrate
from dynamics.solvers.solver import Part, Sizes

SIZES = Sizes([Part(entries=2), Part(entries=1, log=True), Part(entries=3)])


def test_a_part_has_the_size_of_its_largest_entry_and_a_logarithm_one_of_its_own():
    y = np.array([[-3.0, 2, 7, 0, 0, -1], [0, 0, -9, 4, -5, 6]])
    np.testing.assert_array_equal(SIZES(y), [[3, 1, 1], [0, 1, 6]])
    np.testing.assert_array_equal(SIZES(y[0]), [3, 1, 1])


def test_a_number_for_each_part_is_one_for_each_of_its_entries():
    np.testing.assert_array_equal(SIZES.spread(np.array([5, 6, 7])), [5, 5, 6, 7, 7, 7])


def test_what_begins_at_0_and_stands_still_there_costs_no_more_than_what_moves(monkeypatch):
    flow, rates, calls = EigenmodeFlow(eta=0.05, beta=0.4), EigenmodeFlow.__call__, []
    monkeypatch.setattr(EigenmodeFlow, "__call__", lambda *a: calls.append(1) or rates(*a))
    counts = []
    for least in (0.0, 1e-3):  # p and tau: dp = s tau at p = 0
        calls.clear()
        integrate(flow, (least, 0.1, least), [0.0, 50.0])
        counts.append(len(calls))
    assert counts[0] < 1.25 * counts[1]
