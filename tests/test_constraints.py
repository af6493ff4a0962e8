import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.constraints import positive_part, project, symmetric_part, tie

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
@given(seed=seeds)
def test_layers_change_as_little_as_the_nearest_product_allows(seed):
    W1, W2 = factors(seed)
    project([W1, W2], symmetric_part)
    generator = torch.Generator().manual_seed(seed)
    moved = [W + 1e-4 * torch.randn(W.shape, generator=generator, dtype=W.dtype) for W in (W1, W2)]
    held = [W.clone() for W in moved]
    project(held, symmetric_part)
    change = torch.cat([(a - b).flatten() for a, b in zip(held, moved, strict=True)])

    def product(flat):
        return (flat[W1.numel() :].reshape(W2.shape) @ flat[: W1.numel()].reshape(W1.shape)).ravel()

    flat = torch.cat([W.flatten() for W in moved])
    P = product(flat).reshape(3, 3)
    lacking = (symmetric_part(P) - P).flatten()
    least = torch.linalg.pinv(torch.autograd.functional.jacobian(product, flat)) @ lacking
    assert (change - least).norm() < 0.02 * least.norm()


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
