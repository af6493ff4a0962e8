import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics import integrate
from dynamics.flows.isotropic import IsotropicFlow, SymmetrisedFlow
from dynamics.flows.linear import LinearFlow

seeds = st.integers(0, 10**6)


TIGHT = {"rtol": 1e-11, "atol": 1e-13}


def psd(rng, n):
    M = rng.standard_normal((n, n))
    return M @ M.T / n


@settings(max_examples=15)
@given(seed=seeds)
def test_commutator_and_broken_balance_of_the_symmetrised_flow(seed):
    rng = np.random.default_rng(seed)
    flow = SymmetrisedFlow(alpha_p=1.4, eta=0.05, eta_p=0.11, tau=0.8)
    W, Wp = rng.standard_normal((3, 3)), psd(rng, 3)
    F = W @ W.T
    dW, dWp = flow(0, W, Wp)
    dF = dW @ W.T + W @ dW.T
    rate = dF @ Wp + F @ dWp - dWp @ F - Wp @ dF
    np.testing.assert_allclose(flow.commutator_rate(Wp, F), rate, atol=1e-10)
    broken = dF - (dWp @ Wp + Wp @ dWp) / 1.4
    np.testing.assert_allclose(flow.balance_rate(W, Wp), broken, atol=1e-10)
    assert abs(dWp - dWp.T).max() < 1e-12


def test_the_flow_of_W_is_that_of_F():
    rng = np.random.default_rng(1)
    flow = IsotropicFlow(alpha_p=1.3, eta=0.03, tau=0.9)
    W, Wp = 0.6 * rng.standard_normal((3, 5)), 0.5 * rng.standard_normal((3, 3))
    full = LinearFlow(X=np.eye(5), Xp=0.25 * np.eye(5), alpha_p=1.3, eta=0.03, tau=0.9)
    by_W = integrate(full, (W, Wp), [0, 1, 6], **TIGHT)
    by_F = integrate(flow, (Wp, W @ W.T), [0, 1, 6], **TIGHT)
    for name in ("predictor", "cross_correlation", "correlation"):
        np.testing.assert_allclose(by_W[name], by_F[name], atol=1e-8)


@pytest.mark.parametrize(("tau", "eta"), [(1.0, 0.0), (1.0, 0.05), (0.6, 0.01)])
def test_the_commutator_stays_below_its_bound(tau, eta):
    rng = np.random.default_rng(4)
    flow = SymmetrisedFlow(tau=tau, eta=eta)
    W, Wp = 0.5 * rng.standard_normal((4, 4)), 0.2 * psd(rng, 4)
    run = integrate(flow, (W, Wp), np.linspace(0, 20, 2001), **TIGHT)
    F, P = run["cross_correlation"].values, run["predictor"].values
    least = np.linalg.eigvalsh(flow.alignment_matrix(P, F))[:, 0]
    L = np.linalg.norm(F @ P - P @ F, axis=(1, 2))
    integral = np.concatenate([[0], np.cumsum((least[1:] + least[:-1]) / 2 * 0.01)])
    assert (L[0] * np.exp(-2 * integral) * (1 + 1e-3) >= L).all()


@settings(max_examples=15)
@given(seed=seeds)
def test_symmetric_and_antisymmetric_parts(seed):
    rng = np.random.default_rng(seed)
    flow = IsotropicFlow(alpha_p=1.2, eta=0.03, eta_p=0.08, tau=0.7)
    Wp, F = rng.standard_normal((4, 4)), psd(rng, 4)
    dWp = flow(0, Wp, F)[0]
    dA, dB = flow.split(Wp, F)
    np.testing.assert_allclose(dA, (dWp + dWp.T) / 2, atol=1e-12)
    np.testing.assert_allclose(dB, (dWp - dWp.T) / 2, atol=1e-12)
