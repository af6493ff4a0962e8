import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers import Direct, Learned
from trainers.predictors import NORMALISATIONS

F_DIAGONAL = torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64))


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
    predictor.after_step(1, z, z)
    torch.testing.assert_close(predictor.running_correlation, torch.tensor([[1.0, 0], [0, 0]]))
    # Rows are views: (0, 2) and (0, 0) have the mean outer product diag(0, 2).
    predictor.after_step(2, torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
    expected = torch.tensor([[0.25, 0.0], [0.0, 0.75 * 2]])
    torch.testing.assert_close(predictor.running_correlation, expected)
    torch.testing.assert_close(predictor.matrix(), predictor.rule.solve(expected))


def test_the_predictor_is_set_at_due_steps_and_only_then():
    torch.manual_seed(0)
    predictor = Direct(every=3).build(4)
    for step in range(1, 8):
        before = predictor.matrix().clone()
        predictor.after_step(step, torch.randn(9, 4), torch.randn(9, 4))
        solved = predictor.rule.solve(predictor.running_correlation)
        expected = solved if step % 3 == 0 else before
        torch.testing.assert_close(predictor.matrix(), expected)
        assert torch.equal(predictor.matrix(), before) == (step % 3 != 0)


def test_the_optimiser_trains_a_direct_predictor_only_between_sets():
    assert not Direct(every=1).build(3).matrix().requires_grad
    assert Direct(every=2).build(3).matrix().requires_grad


def test_the_product_of_two_layers_carries_columns_to_rows():
    predictor = Learned(layers=2, hidden=2).build(2)
    predictor[0].weight.data = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    predictor[3].weight.data = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    torch.testing.assert_close(predictor.matrix(), torch.tensor([[1.0, 2.0], [1.0, 3.0]]))


@pytest.mark.parametrize(("layers", "parameters"), [(1, 16_384), (2, 132_096 - 512 + 512)])
def test_the_sizes_are_those_of_directpreds_code(layers, parameters):
    predictor = Learned(layers=layers).build(128)
    # 128 x 512 + 512 and 512 x 128; the predecessor's 132,608 also counts 1,024 BN statistics.
    expected = {1: 128 * 128, 2: 128 * 512 + 512 + 512 * 128}[layers]
    assert sum(weight.numel() for weight in predictor.parameters()) == expected


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Direct(power=0), "predictor power is 0; it must be above 0"),
        (lambda: Direct(eps=-1), "predictor eps is -1; it must not be negative"),
        (lambda: Direct(rho=1), r"predictor rho is 1; it must lie in \[0, 1\)"),
        (lambda: Direct(every=0), "predictor every is 0; it must be at least 1"),
        (lambda: Direct(normalise="frobenus"), "did you mean 'frobenius'"),
        (lambda: Learned(layers=3), "predictor layers is 3; choose 1 or 2"),
        (lambda: Learned(hidden=0), "predictor hidden is 0"),
    ],
)
def test_values_out_of_range_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
