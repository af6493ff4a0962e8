import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import summarise
from dynamics import EigenmodeFlow, integrate
from dynamics.flows.collapsing import NoPredictorFlow, NoStopGradientFlow
from dynamics.flows.linear import LinearFlow
from dynamics.flows.singular_values import ScalarFlow

seeds = st.integers(0, 10**6)
TIGHT = {"rtol": 1e-11, "atol": 1e-13}


def psd(rng, n):
    M = rng.standard_normal((n, n))
    return M @ M.T / n


def world(seed, n=4, m=3, **options):
    rng = np.random.default_rng(seed)
    flow = LinearFlow(X=psd(rng, n), Xp=0.3 * psd(rng, n), **options)
    W, Wp, Wa = (0.5 * rng.standard_normal(s) for s in ((m, n), (m, m), (m, n)))
    return flow, (W, Wp, Wa)[: len(flow.variables)]


def slope(f, M, h=1e-6):
    out = np.empty_like(M)
    for index in np.ndindex(M.shape):
        E = np.zeros_like(M)
        E[index] = h
        out[index] = (f(M + E) - f(M - E)) / (2 * h)
    return out


@settings(max_examples=15)
@given(seed=seeds)
def test_the_flow_is_the_negative_gradient(seed):
    flow, (W, Wp, Wa) = world(seed, alpha_p=1.7, eta=0.1, eta_p=0.2, beta=0.5)
    dW, dWp, dWa = flow(0, W, Wp, Wa)
    by_W = slope(lambda M: flow.loss(M, Wp, Wa), W)  # W_a is a value: the stop-gradient
    by_Wp = slope(lambda M: flow.loss(W, M, Wa), Wp)
    np.testing.assert_allclose(dW, -by_W - 0.1 * W, atol=1e-8)
    np.testing.assert_allclose(dWp, -1.7 * by_Wp - 0.2 * Wp, atol=1e-8)
    np.testing.assert_allclose(dWa, 0.5 * (W - Wa), atol=1e-14)


def test_the_loss_is_that_of_samples():
    flow, (W, Wp, Wa) = world(3, beta=1.0)
    rng = np.random.default_rng(0)
    n = 400_000
    mean = rng.standard_normal((n, 4)) @ np.linalg.cholesky(flow.X).T
    root = np.linalg.cholesky(flow.Xp).T
    x1, x2 = (mean + rng.standard_normal((n, 4)) @ root for _ in range(2))
    sampled = ((x1 @ (Wp @ W).T - x2 @ Wa.T) ** 2).sum(1).mean() / 2
    assert flow.loss(W, Wp, Wa) == pytest.approx(sampled, rel=1e-2)


@settings(max_examples=15)
@given(seed=seeds)
def test_without_stop_gradient_the_rate_is_minus_H(seed):
    rng = np.random.default_rng(seed)
    flow = NoStopGradientFlow(X=psd(rng, 4), Xp=psd(rng, 4), eta=0.1)
    W, Wp = rng.standard_normal((3, 4)), rng.standard_normal((3, 3))
    H = flow.hessian(Wp)
    dW = flow(0, W, Wp)[0]
    np.testing.assert_allclose(dW.ravel(order="F"), -H @ W.ravel(order="F"), atol=1e-10)
    assert np.linalg.eigvalsh(H).min() >= 0.1 - 1e-10

    def loss(M):
        S = flow.X + flow.Xp
        cross = np.trace(Wp @ M @ flow.X @ M.T)
        return (np.trace(Wp @ M @ S @ M.T @ Wp.T) - 2 * cross + np.trace(M @ S @ M.T)) / 2

    np.testing.assert_allclose(dW, -slope(loss, W) - 0.1 * W, atol=1e-7)


def test_negative_controls_collapse_and_the_edge_case_does_not():
    rng = np.random.default_rng(0)
    X, Xp = psd(rng, 4), psd(rng, 4) + 0.1 * np.eye(4)
    W, Wp = rng.standard_normal((3, 4)), rng.standard_normal((3, 3))
    run = integrate(NoPredictorFlow(X=X, Xp=Xp), (W,), [0, 5, 400])
    assert abs(run["encoder"].values[-1]).max() < 1e-6
    w, V = np.linalg.eigh(Xp)
    expected = W @ V @ np.diag(np.exp(-5 * w)) @ V.T
    np.testing.assert_allclose(run["encoder"].values[1], expected, atol=1e-7)
    run = integrate(NoStopGradientFlow(X=X, Xp=Xp), (W, Wp), [0, 400])
    assert abs(run["encoder"].values[-1]).max() < 1e-4
    still = NoStopGradientFlow(X=X, Xp=0 * X)(0, W, np.eye(3))
    assert abs(still[0]).max() == 0


@pytest.mark.parametrize("beta", [None, 0.4])
@settings(max_examples=8)
@given(seed=seeds)
def test_balance_is_conserved_for_any_data_and_target(beta, seed):
    flow, state = world(seed, alpha_p=1.6, eta=0.07, beta=beta)
    run = integrate(flow, state, [0, 2, 8], **TIGHT)
    C = flow.balance(*(run[name].values for name in flow.variables))
    C = C * np.exp(2 * 0.07 * run["time"].values)[:, None, None]
    assert abs(C - C[0]).max() < 1e-9


@settings(max_examples=15)
@given(seed=seeds)
def test_rate_of_the_balance_with_separate_decays(seed):
    flow, (W, Wp) = world(seed, alpha_p=1.6, eta=0.07, eta_p=0.3)
    dW, dWp = flow(0, W, Wp)
    rate = dW @ W.T + W @ dW.T - (dWp.T @ Wp + Wp.T @ dWp) / 1.6
    np.testing.assert_allclose(flow.balance_rate(W, Wp), rate, atol=1e-12)


@pytest.mark.parametrize("beta", [None, 0.4])
def test_the_decoupled_modes_are_the_matrix_flow(beta):
    rng = np.random.default_rng(2)
    U, V = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (3, 5))
    s, p, tau = np.array([0.9, 0.4, 0.1]), np.array([0.5, 0.2, 0.15]), np.array([1.0, 0.7, 0.2])
    W = U @ np.diag(np.sqrt(s)) @ V[:, :3].T
    Wa = U @ np.diag(tau * np.sqrt(s)) @ V[:, :3].T
    full = LinearFlow(X=np.eye(5), Xp=0.25 * np.eye(5), alpha_p=1.5, eta=0.03, beta=beta)
    state = (W, U @ np.diag(p) @ U.T, Wa)[: len(full.variables)]
    matrices = integrate(full, state, [0, 1, 10], **TIGHT)
    flow = EigenmodeFlow(alpha_p=1.5, eta=0.03, beta=beta)
    modes = integrate(flow, (p, s, tau)[: len(flow.variables)], [0, 1, 10], **TIGHT)
    for name, M in (("predictor", "predictor"), ("correlation", "cross_correlation")):
        rotated = np.einsum("ia,tij,jb->tab", U, matrices[M].values, U)
        expected = np.stack([np.diag(x) for x in modes[f"{name}_eigenvalue"].values])
        np.testing.assert_allclose(rotated, expected, atol=1e-8)


def test_a_six_dimensional_flow_ends_symmetric_and_aligned():
    rng = np.random.default_rng(7)
    V = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    ld, ls = np.linspace(1.2, 0.5, 6), np.linspace(1.5, 0.9, 6)
    flow = LinearFlow(X=V @ np.diag(ld) @ V.T, Xp=V @ np.diag(ls - ld) @ V.T, alpha_p=1.0, eta=0.02)
    W = 0.6 * rng.standard_normal((6, 6))
    run = integrate(flow, (W, 0.3 * np.eye(6) + 0.1 * rng.standard_normal((6, 6))), [0, 6000])
    Wp = run["predictor"].values[-1]
    assert abs(Wp - Wp.T).max() < 1e-6
    assert float(summarise(run)["commutator"][-1]) < 1e-5
    scalar = np.concatenate([ScalarFlow(same=ls, cross=ld, eta=0.02).useful()[0], [0]])
    for p in np.linalg.eigvalsh(Wp):
        assert abs(scalar - p).min() < 1e-3


def test_the_optimal_predictor_is_at_rest():
    flow, (W, _, Wa) = world(5, alpha_p=1.5, eta_p=0.2, beta=1.0)
    Wp = flow.optimal_predictor(W, np.zeros((3, 3)), Wa)
    assert abs(flow(0, W, Wp, Wa)[1]).max() < 1e-12


def test_refusals():
    eye = np.eye(2)
    with pytest.raises(ValueError, match=r"Xp has shape \(3, 3\); two square matrices"):
        LinearFlow(X=eye, Xp=np.eye(3))
    with pytest.raises(ValueError, match="X is not symmetric"):
        LinearFlow(X=np.array([[1.0, 2.0], [0.0, 1.0]]), Xp=eye)
