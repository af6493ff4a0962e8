import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from learners import config_of, unlearned, views

from trainers import Cosine, Direct, Euclidean, Learned, Method, StopGradient


def rows(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_two_images_by_hand():
    q1, t2 = rows([1, 0], [0, 2]), rows([3, 4], [0, 1])  # cosines 3/5 and 1
    q2, t1 = rows([1, 1], [1, 0]), rows([1, 0], [-5, 0])  # cosines 1/sqrt 2 and -1
    views = (0.6 + 1) / 2, (1 / math.sqrt(2) - 1) / 2
    expected = 4 * (1 - (views[0] + views[1]) / 2)
    assert Cosine()((q1, q2), (q1, q2), (t1, t2)).item() == pytest.approx(expected)


def test_the_factor_four_is_twice_minus_cosine_per_view_up_to_a_constant():
    q1, t2, q2, t1 = torch.randn(4, 6, 3, dtype=torch.float64).requires_grad_()
    cos = torch.nn.functional.cosine_similarity
    published = (-2 * cos(q1, t2) - 2 * cos(q2, t1)).mean()
    assert (Cosine(4.0)((q1, q2), (q1, q2), (t1, t2)) - published).item() == pytest.approx(4)
    # On unit vectors it is four times the theory's J = |q - t|^2 / 2, the mean over both views.
    unit = [torch.nn.functional.normalize(x, dim=1) for x in (q1, t2, q2, t1)]
    J = (((unit[0] - unit[1]) ** 2).sum(1) + ((unit[2] - unit[3]) ** 2).sum(1)).mean() / 4
    assert Cosine(4.0)((q1, q2), (q1, q2), (t1, t2)).item() == pytest.approx(4 * J.item())


@given(seed=st.integers(0, 1000), factor=st.sampled_from([1.0, 2.0, 4.0]))
def test_range_symmetry_and_scale(seed, factor):
    generator = torch.Generator().manual_seed(seed)
    q1, t2, q2, t1 = torch.randn(4, 5, 3, generator=generator, dtype=torch.float64)
    loss = Cosine(factor)
    value = loss((q1, q2), (q1, q2), (t1, t2)).item()
    assert 0 <= value <= 2 * factor
    assert loss((q2, q1), (q2, q1), (t2, t1)).item() == pytest.approx(
        value
    )  # the views may be swapped
    assert loss((q1, q2), (3 * q1, q2), (0.1 * t1, t2)).item() == pytest.approx(value)
    assert loss((q1, q2), (q1, q2), (q2, q1)).item() == pytest.approx(0, abs=1e-12)


def test_a_factor_of_zero_is_refused():
    with pytest.raises(ValueError, match="loss factor is 0; it must be above 0"):
        Cosine(0)


def test_euclidean_by_hand_is_the_theorys_J():
    q1, t2 = rows([1, 0], [0, 2]), rows([3, 4], [0, 1])  # squared distances 20 and 1
    q2, t1 = rows([1, 1], [1, 0]), rows([1, 0], [-5, 0])  # 1 and 36
    J = (21 / 2 + 37 / 2) / 4
    assert Euclidean()((q1, q2), (q1, q2), (t1, t2)).item() == pytest.approx(J)
    assert Euclidean(3.0)((q1, q2), (q1, q2), (t1, t2)).item() == pytest.approx(3 * J)


@pytest.mark.parametrize("kind", [Cosine, Euclidean])
@pytest.mark.parametrize("iso", [False, True])
def test_the_gradient_in_the_eigenspace_is_the_published_one(kind, iso):
    """Rows of the table of Halvagal et al.: one image, W_p = diag(lambda) held fixed."""
    lam = torch.tensor([2.0, 0.5, 0.1], dtype=torch.float64)
    z1 = torch.tensor([[0.3, -1.2, 0.7]], dtype=torch.float64, requires_grad=True)
    z2 = torch.tensor([[0.5, 0.8, -0.4]], dtype=torch.float64)
    nothing = torch.zeros_like(z2)  # the other view's term: a gradient for z1 it has not
    loss = kind(2.0, iso=iso)((z1, nothing), (lam * z1, nothing), (nothing, z2))
    (gradient,) = torch.autograd.grad(loss, z1)
    a, b = z1.detach()[0], z2[0]
    if kind is Euclidean:
        expected = lam * (b - lam * a)
    else:
        Da = lam * a
        expected = lam * (b * Da.dot(Da) - lam * a * Da.dot(b)) / (Da.norm() ** 3 * b.norm())
    torch.testing.assert_close(-gradient[0], expected / lam if iso else expected)


@given(seed=st.integers(0, 100), kind=st.sampled_from([Cosine, Euclidean]))
def test_iso_changes_the_gradient_and_not_the_value(seed, kind):
    generator = torch.Generator().manual_seed(seed)
    z1, z2, q1, q2, t1, t2 = torch.randn(6, 5, 3, generator=generator, dtype=torch.float64)
    plain, iso = (kind(iso=flag)((z1, z2), (q1, q2), (t1, t2)) for flag in (False, True))
    torch.testing.assert_close(plain, iso)


def test_iso_is_refused_where_the_predictor_learns_by_the_loss():
    Method(Direct(), StopGradient(), Cosine(iso=True))
    for predictor in (Learned(layers=1), Direct(every=2)):
        with pytest.raises(ValueError, match="loss iso passes no gradient to the predictor"):
            Method(predictor, StopGradient(), Cosine(iso=True))


def test_the_loss_of_a_step_is_symmetric_in_the_views():
    learner = unlearned(config_of("simsiam"))
    x1, x2 = views(1)
    torch.testing.assert_close(learner.look(x1, x2).loss, learner.look(x2, x1).loss)
