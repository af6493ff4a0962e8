import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solve_sylvester

from trainers import Optimal


def test_the_optimal_predictor_is_ridge_regression_of_targets_on_features():
    generator = torch.Generator().manual_seed(0)
    z1, z2, t1, t2 = torch.randn(4, 20, 3, generator=generator)
    rule = Optimal(ridge=0.3)
    predictor = rule.build(3)
    predictor.after_step(1, (z1, z2), (t1, t2))
    # The rows of a ridge regression, one view's features beside the other's targets.
    x, y = torch.cat([z1, z2]).double(), torch.cat([t2, t1]).double()
    root = (0.3 * len(x)) ** 0.5 * torch.eye(3, dtype=x.dtype)
    rows, goals = torch.cat([x, root]), torch.cat([y, torch.zeros(3, 3, dtype=y.dtype)])
    solution = torch.linalg.lstsq(rows, goals).solution.mT
    torch.testing.assert_close(predictor.matrix().double(), solution, atol=1e-5, rtol=1e-5)


def test_the_optimal_predictor_of_the_theory_in_the_isotropic_case():
    # F = E[z z^T] = k s and E[t z^T] = tau s per mode: p* = tau s / (k s + eta / alpha_p).
    s, k, tau, ridge = torch.tensor([1.0, 0.2]), 1.5, 0.9, 0.01
    W = Optimal(ridge=ridge).solve(torch.diag(k * s), torch.diag(tau * s))
    torch.testing.assert_close(W, torch.diag(tau * s / (k * s + ridge)))


@pytest.mark.parametrize(("every", "first"), [(1, None), (3, None), (3, 1)])
def test_the_optimal_predictor_is_set_when_due_and_only_then(every, first):
    predictor = Optimal(every=every, first=first).build(4)
    for step in range(1, 8):
        before = predictor.matrix().clone()
        z1, z2 = torch.randn(2, 9, 4)
        predictor.after_step(step, (z1, z2), (z2, z1))
        assert torch.equal(predictor.matrix(), before) == (step % every != (first or 0) % every)


def test_the_moments_forget_by_default_as_those_of_directpred():
    predictor = Optimal().build(1)
    for step, z in enumerate((torch.tensor([[1.0]]), torch.tensor([[2.0]])), 1):
        predictor.after_step(step, (z, z), (3 * z, 3 * z))
    # M = 0.3 * 1 + 0.7 * 4 = 3.1, M_2 = 3 M.
    torch.testing.assert_close(predictor.running_correlation, torch.tensor([[3.1]]))
    torch.testing.assert_close(predictor.matrix(), torch.tensor([[9.3 / (3.1 + 1e-4)]]))


def moments(seed, n=20, d=4):
    z1, z2, t1, t2 = np.random.default_rng(seed).normal(size=(4, n, d))
    M = (z1.T @ z1 + z2.T @ z2) / (2 * n)
    return M, (t2.T @ z1 + t1.T @ z2) / (2 * n)


@given(seed=st.integers(0, 1000), ridge=st.sampled_from([1e-6, 0.1, 3.0]))
def test_the_codes_equation_is_a_sylvester_equation(seed, ridge):
    M, M2 = moments(seed)
    W = Optimal(ridge=ridge, equation="sylvester").solve(torch.tensor(M), torch.tensor(M2))
    left = M + ridge * np.eye(4)
    np.testing.assert_allclose(W, solve_sylvester(left, left, M2 + M2.T), rtol=1e-7, atol=1e-9)


@given(seed=st.integers(0, 1000))
def test_each_equation_has_the_least_loss_of_its_kind(seed):
    M, M2 = moments(seed)

    def loss(W):  # E|W z - t|^2 + ridge |W|^2, up to a constant
        return np.trace(W @ M @ W.T) - 2 * np.trace(W @ M2.T) + 0.1 * np.sum(W * W)

    move = 0.1 * np.random.default_rng(seed + 1).normal(size=(4, 4))
    for equation, step in (("printed", move), ("sylvester", move + move.T)):
        rule = Optimal(ridge=0.1, equation=equation)
        W = rule.solve(torch.tensor(M), torch.tensor(M2)).numpy()
        assert loss(W) < min(loss(W + step), loss(W - step))
        # At the minimum the loss is a parabola: equal on both sides.
        assert loss(W + step) == pytest.approx(loss(W - step), rel=1e-6, abs=1e-9)
        assert np.allclose(W, W.T) == (equation == "sylvester")


def test_the_two_equations_by_hand():
    M, M2 = torch.diag(torch.tensor([1.0, 3.0])), torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    printed, sylvester = (Optimal(ridge=1.0, equation=e) for e in ("printed", "sylvester"))
    torch.testing.assert_close(printed.solve(M, M2), torch.tensor([[0, 1 / 4], [0, 0]]))
    torch.testing.assert_close(sylvester.solve(M, M2), torch.tensor([[0, 1 / 6], [1 / 6, 0]]))


@given(seed=st.integers(0, 1000), ridge=st.floats(1e-4, 1))
def test_where_everything_commutes_the_two_are_one(seed, ridge):
    generator = torch.Generator().manual_seed(seed)
    s, target = torch.rand(2, 5, generator=generator, dtype=torch.float64)
    Q, _ = torch.linalg.qr(torch.randn(5, 5, generator=generator, dtype=torch.float64))
    M, M2 = ((Q * x) @ Q.mT for x in (s, target))
    W = [Optimal(ridge=ridge, equation=e).solve(M, M2) for e in ("printed", "sylvester")]
    torch.testing.assert_close(W[0], W[1])
    torch.testing.assert_close(W[0], (Q * (target / (s + ridge))) @ Q.mT)


@pytest.mark.parametrize("equation", ["printed", "sylvester"])
def test_features_of_few_directions_and_any_size(equation):
    rule = Optimal(ridge=1e-4, equation=equation)
    z = torch.tensor([[1.0, 1.0], [1.0, 1.0]])  # one direction: M is singular
    for size in (0.0, 1e-15, 1.0, 1e15):
        predictor = rule.build(2)
        predictor.after_step(1, (size * z, size * z), (size * z, size * z))
        p = size**2 / (2 * size**2 + 1e-4)  # W_p z = z: a half everywhere
        torch.testing.assert_close(predictor.matrix(), torch.full((2, 2), p), atol=1e-7, rtol=1e-5)
    with pytest.raises(FloatingPointError, match="moments of the features are not finite"):
        predictor.after_step(1, (1e30 * z, z), (z, z))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Optimal(ridge=0), "predictor ridge is 0; it must be above 0"),
        (lambda: Optimal(every=0), "predictor every is 0; it must be at least 1"),
        (lambda: Optimal(rho=1.0), r"predictor rho is 1\.0; it must lie in \[0, 1\)"),
        (lambda: Optimal(first=2), "predictor first is 2; it must lie in 1 to every, 1"),
        (lambda: Optimal(equation="silvester"), "did you mean 'sylvester'"),
    ],
)
def test_values_out_of_range_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
