import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers import Direct, Optimal
from trainers.closed_forms import NORMALISATIONS

F_DIAGONAL = torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64))


def after(predictor, step, z1, z2):
    predictor.after_step(step, (z1, z2), (z2, z1))


@pytest.mark.parametrize(
    ("normalise", "power", "expected"),
    [
        ("paper", 0.5, [1 + 0.4, 2 + 0.4]),  # sqrt s + eps max s
        ("max", 0.5, [0.5 + 0.1, 1 + 0.1]),
        ("max-inside", 0.5, [np.sqrt(0.35), np.sqrt(1.1)]),
        ("frobenius", 0.5, [17**-0.25 + 0.1, 2 * 17**-0.25 + 0.1]),
        ("none", 0.5, [1.1, 2.1]),
        ("frobenius", 1.0, [1 / np.sqrt(17) + 0.1, 4 / np.sqrt(17) + 0.1]),
        ("none", 1.0, [1.1, 4.1]),
        ("max", 1.0, [0.25 + 0.1, 1 + 0.1]),
        ("none", 2.0, [1.1, 16.1]),
    ],
)
def test_each_formula_by_hand(normalise, power, expected):
    W = Direct(power=power, eps=0.1, normalise=normalise).solve(F_DIAGONAL)
    np.testing.assert_allclose(W, np.diag(expected), atol=1e-12)


def test_the_code_of_directpred_has_a_floor():
    W = Direct(eps=0.0, normalise="max").solve(torch.diag(torch.tensor([0.0, 4.0])))
    np.testing.assert_allclose(W, np.diag([1e-4, 1]), atol=1e-7)


@given(
    seed=st.integers(0, 1000),
    d=st.integers(1, 6),
    normalise=st.sampled_from(sorted(NORMALISATIONS)),
    power=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_the_solution_turns_with_the_correlation(seed, d, normalise, power):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(3 * d, d, generator=generator, dtype=torch.float64)
    Q, _ = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))
    F, rule = z.mT @ z, Direct(normalise=normalise, power=power)
    W = rule.solve(F)
    torch.testing.assert_close(W, W.mT)
    torch.testing.assert_close(rule.solve(Q @ F @ Q.mT), Q @ W @ Q.mT)
    torch.testing.assert_close(F @ W, W @ F)


def test_the_running_correlation_starts_at_the_first_batch_and_forgets_by_rho():
    predictor = Direct(rho=0.25).build(2)
    assert predictor.running_correlation.isnan().all()
    z = torch.tensor([[1.0, 0.0]])
    after(predictor, 1, z, z)
    torch.testing.assert_close(predictor.running_correlation, torch.tensor([[1.0, 0], [0, 0]]))
    # Rows are views: (0, 2) and (0, 0) have the mean outer product diag(0, 2).
    after(predictor, 2, torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
    expected = torch.tensor([[0.25, 0.0], [0.0, 0.75 * 2]])
    torch.testing.assert_close(predictor.running_correlation, expected)
    torch.testing.assert_close(predictor.matrix(), predictor.rule.solve(expected))


def test_the_predictor_is_set_at_due_steps_and_only_then():
    torch.manual_seed(0)
    predictor = Direct(every=3).build(4)
    for step in range(1, 8):
        before = predictor.matrix().clone()
        after(predictor, step, torch.randn(9, 4), torch.randn(9, 4))
        solved = predictor.rule.solve(predictor.running_correlation)
        expected = solved if step % 3 == 0 else before
        torch.testing.assert_close(predictor.matrix(), expected)
        assert torch.equal(predictor.matrix(), before) == (step % 3 != 0)


def test_the_optimiser_trains_a_direct_predictor_only_between_sets():
    assert not Direct(every=1).build(3).matrix().requires_grad
    assert Direct(every=2).build(3).matrix().requires_grad


def test_the_offset_is_taken_from_the_eigenvalues_and_cut_at_zero():
    rule = Direct(eps=0.0, normalise="none", offset=1.5)  # sqrt(max(s - c, 0)): Table 7
    np.testing.assert_allclose(rule.solve(F_DIAGONAL), np.diag([0, np.sqrt(2.5)]), atol=1e-12)
    rule = Direct(power=1, eps=0.0, normalise="none", offset=1.5)
    np.testing.assert_allclose(rule.solve(F_DIAGONAL), np.diag([0, 2.5]), atol=1e-12)


def test_centred_subtracts_the_running_mean_of_both_views():
    predictor = Direct(centred=True, rho=0.5).build(1)
    after(predictor, 1, torch.tensor([[2.0]]), torch.tensor([[4.0]]))  # mean 3, square mean 10
    torch.testing.assert_close(predictor.running_correlation, torch.tensor([[1.0]]))
    after(predictor, 2, torch.tensor([[1.0]]), torch.tensor([[1.0]]))  # mean 1, square mean 1
    expected = torch.tensor([[(10 + 1) / 2 - ((3 + 1) / 2) ** 2]])
    torch.testing.assert_close(predictor.running_correlation, expected)


def test_across_views_the_symmetric_part_counts():
    predictor = Direct(views="cross").build(2)
    z1, z2 = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 4.0], [9.0, 9.0]])
    after(predictor, 1, z1, z2)  # E[z1 z2^T] has one entry, 4/2 above the diagonal
    expected = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    torch.testing.assert_close(predictor.running_correlation, expected)


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


@pytest.mark.parametrize("every", [1, 3])
def test_the_optimal_predictor_is_set_when_due_and_only_then(every):
    predictor = Optimal(every=every).build(4)
    for step in range(1, 8):
        before = predictor.matrix().clone()
        after(predictor, step, torch.randn(9, 4), torch.randn(9, 4))
        assert torch.equal(predictor.matrix(), before) == (step % every != 0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Direct(power=0), "predictor power is 0; it must be above 0"),
        (lambda: Direct(eps=-1), "predictor eps is -1; it must not be negative"),
        (lambda: Direct(rho=1), r"predictor rho is 1; it must lie in \[0, 1\)"),
        (lambda: Direct(every=0), "predictor every is 0; it must be at least 1"),
        (lambda: Direct(normalise="frobenus"), "did you mean 'frobenius'"),
        (lambda: Direct(views="both"), "predictor views 'both' is not known"),
        (lambda: Optimal(ridge=0), "predictor ridge is 0; it must be above 0"),
        (lambda: Optimal(every=0), "predictor every is 0; it must be at least 1"),
    ],
)
def test_values_out_of_range_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
