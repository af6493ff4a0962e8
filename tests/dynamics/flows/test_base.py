"""Where a flow may start, and what data it may have: up to rounding, at any size."""

import numpy as np
import pytest

from dynamics.flows.base import ROUNDING, check_start
from dynamics.flows.data import check_data

SIZES = [1e-12, 1.0, 1e12]


@pytest.mark.parametrize("size", SIZES)
def test_a_correlation_is_symmetric_and_not_negative_up_to_its_own_rounding(size):
    for share, refused in ((0.1, False), (10, True)):
        skew = size * np.array([[1.0, share * ROUNDING], [0.0, 1.0]])
        negative = size * np.diag([1.0, -share * ROUNDING])
        for F, message in ((skew, "is not symmetric"), (negative, "least eigenvalue is -")):
            if refused:
                with pytest.raises(ValueError, match=f"cross_correlation.*{message}"):
                    check_start("cross_correlation", F)
            else:
                assert check_start("cross_correlation", F) is F


def test_an_eigenvalue_of_a_correlation_is_0_or_more_and_others_are_any():
    assert check_start("correlation_eigenvalue", np.zeros(2)).tolist() == [0, 0]
    with pytest.raises(ValueError, match="correlation_eigenvalue is -1e-30"):
        check_start("correlation_eigenvalue", np.array([1.0, -1e-30]))
    assert check_start("predictor_eigenvalue", np.array([-1.0])) == -1


def test_data_are_symmetric_to_more_than_single_precision():
    def skew(a):
        return np.array([[1.0, a], [0.0, 1.0]])

    check_data(np.eye(2), skew(1e-11))
    for name, pair in (("X", (skew(1e-8), np.eye(2))), ("Xp", (np.eye(2), skew(1e-9)))):
        with pytest.raises(ValueError, match=f"^{name} is not symmetric"):
            check_data(*pair)
