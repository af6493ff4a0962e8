"""The plane of one mode among others: the field that the coupled flow has there."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import generators

from dynamics.flows.cosine import CosineFlow
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.set_predictor import ClosedFormFlow, SpectrumRule
from dynamics.theorems.coupled_plane import cosine_portrait, rule_portrait
from dynamics.theorems.phase_plane import phase_portrait
from dynamics.theorems.plane import P, S

NOW = np.array([1.2, 0.6, -0.3]), np.array([0.9, 0.4, 0.2])


@settings(max_examples=15)
@given(generators())
def test_at_every_mode_the_field_is_that_of_the_coupled_flow(rng):
    flow = CosineFlow(alpha_p=rng.uniform(0.5, 4), sigma2=0.3, eta=0.02, eta_p=0.05)
    p, s = rng.normal(size=5), rng.uniform(0.1, 2, size=5)
    dp, ds = flow(0.0, p, s)
    for j in range(5):
        axes = (p[j], p[j] + 1), (s[j], s[j] + 1)
        corner = cosine_portrait(flow, (p, s), *axes, points=2).isel({P: 0, S: 0})
        np.testing.assert_allclose([corner["p_rate"], corner["s_rate"]], [dp[j], ds[j]], atol=1e-12)


def test_all_portraits_have_the_same_axes_if_none_are_given():
    some = {"points": 3}
    for portrait in (
        cosine_portrait(CosineFlow(), NOW, **some),
        rule_portrait(ClosedFormFlow(), NOW[1], **some),
        phase_portrait(EigenmodeFlow(), **some),
    ):
        assert portrait[P].values.tolist() == [-0.5, 0.75, 2.0]
        assert portrait[S].values.tolist() == [0.0, 0.5, 1.0]


def test_it_is_the_field_of_a_euclidean_mode_at_another_scale_of_target_and_time():
    flow = CosineFlow(alpha_p=2.0, sigma2=0.5, eta=0.03, eta_p=0.01)
    field = cosine_portrait(flow, NOW, points=9)
    mu, N = field.attrs["mu"], field.attrs["norm"]
    like = EigenmodeFlow(
        alpha_p=2.0, sigma2=0.5, tau=1 / mu, eta=0.03 * N / mu, eta_p=0.01 * N / mu
    )
    dp, ds = like(0.0, *np.meshgrid(field[P].values, field[S].values))
    np.testing.assert_allclose(field["p_rate"] * N / mu, dp, atol=1e-12)
    np.testing.assert_allclose(field["s_rate"] * N / mu, ds, atol=1e-12)


def test_modes_below_the_threshold_grow_and_those_above_it_fall():
    flow = CosineFlow(sigma2=0.5)
    at = float(cosine_portrait(flow, NOW, points=3)["threshold"])
    _, ds = flow(0.0, *NOW)
    p = NOW[0]
    assert ((p < at) == (ds * p > 0)).all()
    assert p.min() < at < p.max()
    field = cosine_portrait(flow, NOW, (at, at + 1), points=2)
    np.testing.assert_allclose(field["s_rate"].isel({P: 0}), 0, atol=1e-12)


def test_one_k_stands_for_all_by_their_variance():
    flow = CosineFlow(sigma2=np.array([0.0, 1.0, 3.0]))
    k = cosine_portrait(flow, NOW, points=3).attrs["k"]
    assert k == pytest.approx((0.9 * 1 + 0.4 * 2 + 0.2 * 4) / 1.5)


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("rule", [SpectrumRule(eps=0.1, normalise="max"), SpectrumRule()])
def test_on_the_curve_of_a_rule_a_mode_moves_as_in_the_flow_of_all(rule, cosine):
    flow = ClosedFormFlow(rule=rule, same=1.4, eta=0.02, cosine=cosine)
    s = np.array([1.5, 0.7, 0.3])
    curve = rule_portrait(flow, s[:2], s=(s[2], 1.0), points=2).isel({S: 0})
    w = np.sqrt(s)
    (dw,) = dataclasses.replace(flow, same=np.full(3, 1.4))(0.0, w)
    assert float(curve["rule_rate"]) == pytest.approx(2 * w[2] * dw[2])
    assert float(curve["rule_p"]) == pytest.approx(flow.predictor(w)[2])


def test_a_root_has_its_curve_by_hand():
    flow = ClosedFormFlow(same=2.0, cross=0.5, eta=0.1, beta=0.3)
    curve = rule_portrait(flow, np.array([0.4]), s=(0.0, 0.5), points=3)
    # k = 4: p = sqrt(4 s); s' = 2 lambda_d s p (1 - 4 p) - 2 eta s, and w_a = w.
    s = np.array([0.0, 0.25, 0.5])
    p = 2 * np.sqrt(s)
    np.testing.assert_allclose(curve["rule_p"], p)
    np.testing.assert_allclose(curve["rule_rate"], 2 * 0.5 * s * p * (1 - 4 * p) - 0.2 * s)


def test_what_has_no_plane_is_refused():
    with pytest.raises(ValueError, match="p² s is 0 in every mode"):
        cosine_portrait(CosineFlow(), (np.zeros(2), np.ones(2)))
    with pytest.raises(ValueError, match="s of others"):
        cosine_portrait(CosineFlow(), (np.ones(2), -np.ones(2)))
    with pytest.raises(ValueError, match="others has shape"):
        rule_portrait(ClosedFormFlow(), np.ones((2, 2)))
    with pytest.raises(ValueError, match="points is 1"):
        rule_portrait(ClosedFormFlow(), np.ones(2), points=1)
