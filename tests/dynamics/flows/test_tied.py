import numpy as np
import pytest

from dynamics import CosineFlow, TiedCosineFlow, integrate


def test_two_tied_layers_move_p_2_p_times_as_fast_as_one():
    p, s, k = np.array([0.9, 0.4, 0.1]), np.array([0.3, 2.0, 0.7]), np.array([0.1, 0.5, 1.0])
    tied, one = (flow(alpha_p=3.0, sigma2=k)(0, p, s) for flow in (TiedCosineFlow, CosineFlow))
    np.testing.assert_allclose(tied[0], 2 * p * one[0])
    np.testing.assert_allclose(tied[1], one[1])


def test_the_mean_of_both_layers_steps_is_the_flow():
    # W_p = A B with B = A^T: each by its own gradient, then both at their mean.
    p, s, dt = np.array([0.9, 0.4, 0.1]), np.array([0.3, 2.0, 0.7]), 1e-6
    E = np.diag(CosineFlow(alpha_p=1.0)(0, p, s)[0])  # minus the gradient of J by W_p
    A = np.diag(np.sqrt(p))
    up, down = A + dt * E @ A, A.T + dt * A.T @ E
    G = (up + down.T) / 2
    moved = (np.diag(G @ G.T) - p) / dt
    np.testing.assert_allclose(TiedCosineFlow()(0, p, s)[0], moved, rtol=1e-4)


def test_p_less_alpha_s_decays_and_nothing_else_does():
    flow = TiedCosineFlow(alpha_p=2.0, eta=0.02, sigma2=np.array([0.1, 0.5, 1.0]))
    run = integrate(flow, ([0.5, 0.2, 0.9], [0.3, 1.5, 0.7]), np.linspace(0, 20, 21))
    p, s = (run[name].values for name in flow.variables)
    kept = flow.invariant(run["time"].values, p, s)
    np.testing.assert_allclose(kept, np.broadcast_to(kept[0], kept.shape), atol=1e-7)
    assert abs(p[-1] - p[0]).max() > 0.1
    assert (p > 0).all()
    with pytest.raises(ValueError, match="decay"):
        TiedCosineFlow(eta=0.1, eta_p=0.2).invariant(0.0, p[0], s[0])


def test_a_rate_that_is_none_is_refused():
    with pytest.raises(ValueError, match="alpha_p is 0"):
        TiedCosineFlow(alpha_p=0.0)
