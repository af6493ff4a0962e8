import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers import Cosine


def rows(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_two_images_by_hand():
    q1, t2 = rows([1, 0], [0, 2]), rows([3, 4], [0, 1])  # cosines 3/5 and 1
    q2, t1 = rows([1, 1], [1, 0]), rows([1, 0], [-5, 0])  # cosines 1/sqrt 2 and -1
    views = (0.6 + 1) / 2, (1 / math.sqrt(2) - 1) / 2
    expected = 4 * (1 - (views[0] + views[1]) / 2)
    assert Cosine()(q1, t2, q2, t1).item() == pytest.approx(expected)


def test_the_factor_four_is_twice_minus_cosine_per_view_up_to_a_constant():
    q1, t2, q2, t1 = torch.randn(4, 6, 3, dtype=torch.float64).requires_grad_()
    cos = torch.nn.functional.cosine_similarity
    published = (-2 * cos(q1, t2) - 2 * cos(q2, t1)).mean()
    assert (Cosine(4.0)(q1, t2, q2, t1) - published).item() == pytest.approx(4)
    # On unit vectors it is four times the theory's J = |q - t|^2 / 2, the mean over both views.
    unit = [torch.nn.functional.normalize(x, dim=1) for x in (q1, t2, q2, t1)]
    J = (((unit[0] - unit[1]) ** 2).sum(1) + ((unit[2] - unit[3]) ** 2).sum(1)).mean() / 4
    assert Cosine(4.0)(q1, t2, q2, t1).item() == pytest.approx(4 * J.item())


@given(seed=st.integers(0, 1000), factor=st.sampled_from([1.0, 2.0, 4.0]))
def test_range_symmetry_and_scale(seed, factor):
    generator = torch.Generator().manual_seed(seed)
    q1, t2, q2, t1 = torch.randn(4, 5, 3, generator=generator, dtype=torch.float64)
    loss = Cosine(factor)
    value = loss(q1, t2, q2, t1).item()
    assert 0 <= value <= 2 * factor
    assert loss(q2, t1, q1, t2).item() == pytest.approx(value)  # the views may be swapped
    assert loss(3 * q1, t2, q2, 0.1 * t1).item() == pytest.approx(value)
    assert loss(q1, q1, q2, q2).item() == pytest.approx(0, abs=1e-12)


def test_a_factor_of_zero_is_refused():
    with pytest.raises(ValueError, match="loss factor is 0; it must be above 0"):
        Cosine(0)
