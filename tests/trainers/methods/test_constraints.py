import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from learners import config_of, learned, unlearned, views

from trainers import Learned
from trainers.methods.constraints import (
    balanced_factors,
    positive_part,
    project,
    symmetric_part,
    tie,
)

seeds = st.integers(0, 1000)


def factors(seed, d=3, hidden=7):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(shape, generator=generator, dtype=torch.float64) / hidden**0.5
        for shape in ((hidden, d), (d, hidden))
    ]


def test_one_layer_by_hand():
    W = torch.tensor([[1.0, 4.0], [0.0, -1.0]])
    project([W], symmetric_part)
    torch.testing.assert_close(W, torch.tensor([[1.0, 2.0], [2.0, -1.0]]))
    W = torch.diag(torch.tensor([1.0, -1.0]))
    project([W], positive_part)
    torch.testing.assert_close(W, torch.diag(torch.tensor([1.0, 0.0])))


@pytest.mark.parametrize("size", [1e-5, 1e5])
def test_layers_of_any_size_are_projected_alike(size):
    for nearest in (symmetric_part, positive_part):
        layers, scaled = factors(1), [size * layer for layer in factors(1)]
        project(layers, nearest)
        project(scaled, nearest)
        torch.testing.assert_close([layer / size for layer in scaled], layers)


@pytest.mark.parametrize("zero", [0, 1])
def test_a_layer_of_zeros_leaves_the_other_as_it_is(zero):
    layers = factors(0)
    layers[zero].zero_()  # as a last layer that begins at 0: the product 0 is symmetric
    before = [layer.clone() for layer in layers]
    for nearest in (symmetric_part, positive_part):
        project(layers, nearest)
        torch.testing.assert_close(layers, before, rtol=0, atol=0)


def test_tied_layers_by_hand():
    W1, W2 = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [0.0]])
    tie([W1, W2])
    torch.testing.assert_close(W1, torch.tensor([[2.0, 1.0]]))
    torch.testing.assert_close(W2, torch.tensor([[2.0], [1.0]]))


@settings(max_examples=30)
@given(seed=seeds)
def test_a_product_of_two_layers_becomes_symmetric_and_no_more_than_that(seed):
    W1, W2 = factors(seed)
    project([W1, W2], symmetric_part)
    P = W2 @ W1
    torch.testing.assert_close(P, P.mT, atol=1e-6, rtol=0)
    assert (W1 - W2.mT).norm() > 0.1  # not tied
    before = W1.clone(), W2.clone()
    project([W1, W2], symmetric_part)
    torch.testing.assert_close((W1, W2), before)  # what fulfils it stays


@settings(max_examples=30)
@given(seed=seeds)
def test_psd_keeps_what_is_positive_and_is_not_tied(seed):
    W1, W2 = factors(seed)
    project([W1, W2], positive_part)
    s = torch.linalg.eigvalsh(symmetric_part(W2 @ W1))
    assert s[0] > -1e-6
    torch.testing.assert_close(W2 @ W1, (W2 @ W1).mT, atol=1e-6, rtol=0)
    assert (W1 - W2.mT).norm() > 0.1


def test_some_symmetric_product_is_not_positive():
    W1, W2 = factors(0)
    project([W1, W2], symmetric_part)
    assert torch.linalg.eigvalsh(symmetric_part(W2 @ W1))[0] < -0.05


@settings(max_examples=20)
@given(seed=seeds, hidden=st.sampled_from([2, 3, 4, 7]))
def test_layers_change_as_little_as_the_nearest_product_allows(seed, hidden):
    W1, W2 = factors(seed, 4, hidden)
    project([W1, W2], symmetric_part)
    generator = torch.Generator().manual_seed(seed)
    moved = [W + 1e-5 * torch.randn(W.shape, generator=generator, dtype=W.dtype) for W in (W1, W2)]
    held = [W.clone() for W in moved]
    project(held, symmetric_part)
    change = torch.cat([(a - b).flatten() for a, b in zip(held, moved, strict=True)])

    def product(flat):
        return (flat[W1.numel() :].reshape(W2.shape) @ flat[: W1.numel()].reshape(W1.shape)).ravel()

    flat = torch.cat([W.flatten() for W in moved])
    P = product(flat).reshape(4, 4).numpy()
    lacking = torch.tensor(best(P, hidden, "symmetric") - P).flatten()
    least = torch.linalg.pinv(torch.autograd.functional.jacobian(product, flat)) @ lacking
    assert (change - least).norm() < 0.02 * least.norm()


def best(P, rank, kind):
    """Return the symmetric or PSD matrix of a rank nearest to `P`, by Eckart and Young."""
    s, U = np.linalg.eigh((P + P.T) / 2)
    s = np.maximum(s, 0) if kind == "psd" else s
    kept = sorted(range(len(s)), key=lambda j: -abs(s[j]))[:rank]
    return sum(s[j] * np.outer(U[:, j], U[:, j]) for j in kept)


SETS = {"symmetric": symmetric_part, "psd": positive_part}


@pytest.mark.parametrize("kind", SETS)
@settings(max_examples=40)
@given(seed=seeds, d=st.integers(1, 9), hidden=st.integers(1, 12))
def test_a_product_goes_to_the_nearest_of_its_rank(kind, seed, d, hidden):
    W1, W2 = factors(seed, d, hidden)
    expected = best((W2 @ W1).numpy(), hidden, kind)
    project([W1, W2], SETS[kind])
    P = (W2 @ W1).numpy()
    np.testing.assert_allclose(P, expected, atol=1e-6)
    assert np.linalg.matrix_rank(P, tol=1e-6) <= hidden
    assert max(W1.norm(), W2.norm()) < 5 * d  # it did not go far away for it
    before = W1.clone(), W2.clone()
    project([W1, W2], SETS[kind])
    torch.testing.assert_close((W1, W2), before, atol=1e-3, rtol=0)  # what fulfils it stays


def test_psd_behind_a_bottleneck_is_not_tied():
    W1, W2 = factors(0, 9, 4)
    project([W1, W2], positive_part)
    assert torch.linalg.eigvalsh(symmetric_part(W2 @ W1))[-4:].min() > 1e-3
    assert (W1 - W2.mT).norm() > 0.1


def test_a_symmetric_bottleneck_keeps_what_its_layers_weigh():
    W1, W2 = factors(0, 9, 4)
    W1, W2 = 3 * W1, W2 / 3  # far from balanced, and a product of which little is to be taken
    W2 += 0.9 * (W1.mT / 9 - W2)
    project([W1, W2], symmetric_part)
    assert W1.norm() > 5 * W2.norm()


def layers_that_lack(what):
    W1, W2 = factors(1, 6, 4)
    if what == "a unit":
        W1[0], W2[:, 0] = 0, 0
    if what == "a unit before":
        W1[1] = 0
    if what == "all but one direction":
        W1[:], W2[:] = W1[:1], W2[:, :1]
    if what == "a common direction":  # nothing positive can be made of it
        W1[:], W2[:] = 0, 0
        W1[0, 0], W2[0, 0] = 1, -1
    if what == "everything":
        W1[:], W2[:] = 0, 0
    if what == "one layer":
        W2[:] = 0
    return W1, W2


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize(
    "what",
    [
        *("nothing", "a unit", "a unit before", "all but one direction", "a common direction"),
        *("one layer", "everything"),
    ],
)
def test_layers_that_lack_directions_are_held_too(kind, what):
    W1, W2 = layers_that_lack(what)
    expected = best((W2 @ W1).numpy(), 4, kind)
    project([W1, W2], SETS[kind])
    np.testing.assert_allclose(W2 @ W1, expected, atol=1e-6)


@given(seed=seeds)
def test_balanced_factors_are_balanced_and_the_nearest(seed):
    start = factors(seed, 5, 3)
    generator = torch.Generator().manual_seed(seed)
    Q, _ = torch.linalg.qr(torch.randn(5, 5, generator=generator, dtype=torch.float64))
    s, U = torch.tensor([2.0, -1.0, 0.0], dtype=torch.float64), Q[:, :3]
    W1, W2 = balanced_factors(start, s, U)
    torch.testing.assert_close(W2 @ W1, (U * s) @ U.mT)
    torch.testing.assert_close(W1 @ W1.mT, W2.mT @ W2)
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    other = turn @ W1, W2 @ turn.mT  # as balanced, and the same product
    near, far = (
        sum((a - b).norm() ** 2 for a, b in zip(pair, start, strict=True))
        for pair in ((W1, W2), other)
    )
    assert near <= far + 1e-9


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("hidden", [1, 4, 5, 6, 9])
def test_a_product_without_norm_between_trains_under_the_constraint(kind, hidden):
    # d = 6: regression of A x on x by W_2 W_1, A neither symmetric nor positive.
    generator = torch.Generator().manual_seed(hidden)
    W1, W2 = (W.requires_grad_() for W in factors(hidden, 6, hidden))
    A = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    sgd = torch.optim.SGD([W1, W2], lr=0.002, momentum=0.9)
    for _ in range(300):
        x = torch.randn(64, 6, generator=generator, dtype=torch.float64)
        loss = (x @ (W2 @ W1).mT - x @ A.mT).square().sum(1).mean()
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        project([W1, W2], SETS[kind])
    P = (W2 @ W1).detach().numpy()
    np.testing.assert_allclose(P, best(P, hidden, kind), atol=1e-6)
    start, end = (np.sum((A.numpy() - M) ** 2) for M in (np.zeros((6, 6)), P))
    assert end < start - 0.5  # it learned something


def test_weights_that_are_not_finite_are_refused():
    for W in ([torch.tensor([[torch.nan]])], [torch.ones(1, 1), torch.tensor([[torch.inf]])]):
        with pytest.raises(FloatingPointError, match="weights of the predictor are not finite"):
            project(W, positive_part)


@settings(max_examples=10)
@given(seed=seeds, decay=st.sampled_from([0.0, 0.1]))
def test_projecting_the_weight_is_projecting_the_gradient_buffers_and_all(seed, decay):
    generator = torch.Generator().manual_seed(seed)
    start = symmetric_part(torch.randn(4, 4, generator=generator, dtype=torch.float64))
    gradients = torch.randn(5, 4, 4, generator=generator, dtype=torch.float64)
    ends = []
    for of_gradient in (lambda g: g, symmetric_part):
        W = start.clone().requires_grad_()
        sgd = torch.optim.SGD([W], lr=0.1, momentum=0.9, weight_decay=decay)
        for gradient in gradients:
            W.grad = of_gradient(gradient)
            sgd.step()
            project([W], symmetric_part)
        ends.append(W.detach())
    torch.testing.assert_close(*ends)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("constraint", ["symmetric", "psd", "tied"])
def test_symmetry_is_exact_after_each_step_of_learning(layers, constraint):
    config = config_of("byol", f"--predictor.layers {layers} --predictor.constraint {constraint}")
    learner = unlearned(config)
    for step in range(1, 4):
        learner.learn(step, *views(step))
        W = learner.predictor.matrix().detach()
        assert (W - W.mT).norm() <= 1e-6 * W.norm()
        assert W.norm() > 0.1


def test_an_off_diagonal_head_begins_at_the_identity_and_keeps_its_diagonal():
    learner = learned(config_of("off-diagonal-head"))
    W = learner.predictor.matrix().detach()
    assert torch.equal(unlearned(config_of("off-diagonal-head")).predictor.matrix(), torch.eye(6))
    assert torch.equal(W.diagonal(), torch.ones(6))
    assert (W - torch.eye(6)).abs().max() > 0


def test_of_more_layers_there_is_no_identity_and_no_diagonal():
    for options in ({"start": "identity"}, {"constraint": "off-diagonal"}):
        with pytest.raises(ValueError, match="is of one layer that is W_p; layers 1 wanted"):
            Learned(layers=2, **options)
    with pytest.raises(ValueError, match="predictor start 'zero' is not known"):
        Learned(layers=1, start="zero")
