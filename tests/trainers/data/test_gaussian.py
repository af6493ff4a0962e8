import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.data.gaussian import GaussianData


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"spectrum": "identity", "sigma2": 0.5},
        {"rotated": True, "seed": 3},
        {"scrambled": 3, "rotated": True, "sigma2": 0.1},
        {"spectrum": (3.0, 2.0, 1.0, 0.0, 0.0, 0.0), "sigma2": 0.0},
    ],
)
def test_correlations_converge_to_those_the_theory_is_given(options):
    n = 200_000
    data = GaussianData(dimension=6, **options)
    x1, x2 = (x.double() for x in data.views(0, torch.arange(n)))
    tolerance = 6 * float(data.same_view.diagonal().max()) / math.sqrt(n)
    heavier = 4 if data.scrambled else 1  # products of Gaussians have fourth moments of their own
    for empirical, exact in [
        (x1.T @ x1 / n, data.same_view),
        (x2.T @ x2 / n, data.same_view),
        (x1.T @ x2 / n, data.cross_view),
    ]:
        torch.testing.assert_close(empirical, exact, atol=heavier * tolerance, rtol=0)


def test_two_dimensions_by_hand():
    data = GaussianData(dimension=2, sigma2=0.25)
    assert data.cross_view.diagonal().tolist() == pytest.approx([4 / 3, 2 / 3])
    assert data.cross_view.count_nonzero() == 2
    assert torch.equal(data.same_view - data.cross_view, 0.25 * torch.eye(2).double())
    scrambled = GaussianData(dimension=3, spectrum=(3, 2, 1), sigma2=0, scrambled=2)
    assert scrambled.cross_view.diagonal().tolist() == [3, 0, 0]
    assert scrambled.same_view.diagonal().tolist() == [3, 3, 3]  # 2 + 1 on both


def test_the_isotropic_case_is_isotropic_in_any_basis():
    data = GaussianData(spectrum="identity", sigma2=0.3, rotated=True)
    torch.testing.assert_close(data.cross_view, torch.eye(16).double())
    torch.testing.assert_close(data.same_view, 1.3 * torch.eye(16).double())


@given(seed=st.integers(0, 99), step=st.integers(0, 10**6), cut=st.integers(0, 8))
def test_vectors_depend_on_seed_step_and_sample_alone(seed, step, cut):
    data, samples = GaussianData(seed=seed), torch.arange(8)
    whole = torch.stack(data.views(step, samples))
    parts = [torch.stack(data.views(step, part)) for part in (samples[:cut], samples[cut:])]
    torch.testing.assert_close(whole, torch.cat(parts, dim=1), atol=1e-6, rtol=0)
    later = torch.stack(data.views(step + 1, samples))
    assert (whole - later).abs().max() > 0.1
    assert data.shape == whole.shape[2:]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma2": -1}, "sigma2 = -1; a variance"),
        ({"dimension": 0}, "dimension = 0"),
        ({"scrambled": 17}, "scrambled = 17"),
        ({"spectrum": "flat"}, r"'flat' is not known; \['decaying', 'identity'\]"),
        ({"spectrum": (1.0, 2.0)}, "16 numbers, none negative"),
    ],
)
def test_an_impossible_gaussian_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        GaussianData(**options)
