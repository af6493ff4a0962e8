"""Right-hand sides by hand: each term has a number of its own."""

import numpy as np
import pytest

from dynamics import (
    ClosedFormFlow,
    DirectSetFlow,
    EigenmodeFlow,
    IsotropicFlow,
    LinearFlow,
    NoPredictorFlow,
    NoStopGradientFlow,
    ScalarFlow,
    SymmetrisedFlow,
    phase_portrait,
    speed,
)
from dynamics.flows.set_predictor import SpectrumRule


def one(*values):
    return [np.array([[float(v)]]) for v in values]


def numbers(parts):
    return [float(np.squeeze(x)) for x in parts]


def test_matrix_flows_of_one_number():
    # X = 2, X' = 1; W = 3, W_p = 5, W_a = 7: E = 14 - 45 = -31.
    flow = LinearFlow(X=np.eye(1) * 2, Xp=np.eye(1), alpha_p=10, eta=0.1, eta_p=0.2, beta=0.5)
    assert numbers(flow(0, *one(3, 5, 7))) == pytest.approx([-155.3, -931, -2])
    none = NoPredictorFlow(X=np.eye(1) * 2, Xp=np.eye(1), eta=0.1)
    assert numbers(none(0, *one(3))) == pytest.approx([-3.3])
    # H = 1 (25 + 1) + 2 (16) + 0.1; E = 6 - 45.
    attached = NoStopGradientFlow(X=np.eye(1) * 2, Xp=np.eye(1), alpha_p=10, eta=0.1)
    assert numbers(attached(0, *one(3, 5))) == pytest.approx([-58.1 * 3, -1170.5])


def test_isotropic_flows_of_one_number():
    rates = {"alpha_p": 10, "sigma2": 0.5, "eta": 0.1, "eta_p": 0.2, "tau": 0.7}
    # W_p = 2, F = 9: 10 (6.3 - 27) - 0.4; 25.2 - 1.8 - 1.5 * 72.
    assert numbers(IsotropicFlow(**rates)(0, *one(2, 9))) == pytest.approx([-207.4, -84.6])
    # W = 3: (1.4 - 6) 3 - 0.3.
    assert numbers(SymmetrisedFlow(**rates)(0, *one(3, 2))) == pytest.approx([-14.1, -207.4])


def test_scalar_flows():
    flow = ScalarFlow(same=3, cross=2, alpha_p=10, eta=0.1, eta_p=0.2, beta=0.5)
    assert numbers(flow(0, 3.0, 5.0, 7.0)) == pytest.approx([-155.3, -931, -2])
    # w = 4, alpha = 1/2: p = 4, 4 (4 (0.7 - 6) - 0.1).
    one_mode = DirectSetFlow(power=0.5, sigma2=0.5, eta=0.1, tau=0.7)
    assert numbers(one_mode(0, np.array(4.0))) == pytest.approx([-85.2])


def test_the_parabola_and_the_portrait():
    flow = EigenmodeFlow(alpha_p=4, sigma2=0.5, eta=0.1, tau=0.7)
    assert float(speed(flow, 2.0)) == pytest.approx(4 * (0.7 - 3) - 0.2)
    portrait = phase_portrait(flow, (1.0, 2.0), (0.0, 0.5), points=2)
    at = portrait.sel(predictor_eigenvalue=2.0, correlation_eigenvalue=0.5)
    assert float(at["p_rate"]) == pytest.approx(4 * 0.5 * -2.3 - 0.2)
    assert float(at["s_rate"]) == pytest.approx(2 * 2 * 0.5 * -2.3 - 0.1)
    known = {"alpha_p": 4.0, "k": 1.5, "tau": 0.7, "eta": 0.1, "eta_p": 0.1}
    assert {name: portrait.attrs[name] for name in known} == known


def test_the_rate_at_which_modes_align():
    # k = 5/4: 5/4 (2 + 1/4) - 1/2 + 1/10 + 3/20, and with tau = 3 one p more, twice.
    flow = EigenmodeFlow(alpha_p=2, sigma2=0.25, eta=0.1, eta_p=0.3)
    assert float(flow.mode_alignment_rate(0.5, 2.0)) == pytest.approx(2.5625)
    assert float(flow.mode_alignment_rate(0.5, 2.0, tau=3.0)) == pytest.approx(1.5625)


def test_a_mode_under_a_predictor_that_is_set():
    # w = 2: s = 4, p = sqrt(4) = 2, w_a - p w = -2; p times it, less 0.2.
    w = np.array([2.0])
    assert numbers(ClosedFormFlow(eta=0.1)(0, w)) == pytest.approx([-4.2])
    assert numbers(ClosedFormFlow(eta=0.1, iso=True)(0, w)) == pytest.approx([-2.2])
    # Of same = 3/2 and an offset of 2: p = sqrt(6 - 2) = 2, w_a - p w same = 2 - 6.
    cut = ClosedFormFlow(rule=SpectrumRule(offset=2), same=1.5)
    assert numbers(cut(0, w)) == pytest.approx([-8])
