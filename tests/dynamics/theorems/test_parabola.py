"""On a parabola with rest points that are fractions, k = tau = 2, eta = 3/8: p = 1/4 and 3/4."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad

from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.theorems.parabola import speed, target_scale_on_parabola, time_to_reach

FLOW = EigenmodeFlow(sigma2=1.0, tau=2.0, eta=0.375, alpha_p=3.0)


def test_speed_by_hand():
    # p^2 (2 - 2 p) - 3/8 p: at 1/2 1/4 - 3/16, at 1 -3/8, at -1 4 + 3/8; at the rest points 0.
    p = [0.5, 1.0, -1.0, 0.0, 0.25, 0.75]
    np.testing.assert_allclose(speed(FLOW, p), [1 / 16, -3 / 8, 35 / 8, 0, 0, 0], atol=1e-15)


def test_time_by_hand():
    # G = 16/3 ln p - 8 ln(p - 1/4) + 8/3 ln(3/4 - p), from 3/8 to 5/8, over -2.
    expected = 16 / 3 * np.log(3) - 8 / 3 * np.log(5 / 3)
    assert time_to_reach(FLOW, 3 / 8, 5 / 8) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("start", "end"), [(-2.0, -0.1), (0.24, 0.01), (0.26, 0.74), (0.3, 0.31), (2.0, 0.76)]
)
def test_time_is_the_integral_of_one_over_the_speed(start, end):
    expected = quad(lambda p: 1 / (p**2 * (2 - 2 * p) - 0.375 * p), start, end, epsrel=1e-11)[0]
    assert expected > 0
    assert time_to_reach(FLOW, start, end) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        *((-0.1, -2.0), (0.01, 0.24), (0.74, 0.26), (0.76, 2.0)),  # the other way
        *((-0.1, 0.1), (0.3, 0.2), (0.3, 0.8), (2.0, 0.1), (0.2, -0.1)),  # over a rest point
        *((0.2, 0.0), (0.3, 0.75), (1.0, 0.75)),  # to one
        *((0.0, 0.1), (0.25, 0.3), (0.75, 0.7)),  # from one
    ],
)
def test_what_is_never_reached(start, end):
    assert time_to_reach(FLOW, start, end) == np.inf


@pytest.mark.parametrize("p", [-1.0, 0.0, 0.25, 0.5, 0.75, 2.0])
def test_where_it_is_it_is_at_once(p):
    assert time_to_reach(FLOW, p, p) == 0


def of_time(values, t):
    return xr.DataArray(values, dims="step", coords={"time": ("step", t)})


@pytest.mark.parametrize("tau0", [0.0, 0.4, 1.0])
def test_tau_where_p_stands_and_where_it_grows(tau0):
    t, beta = np.linspace(5, 8, 601), 0.7  # a clock that does not begin at 0
    u = t - 5
    stands = target_scale_on_parabola(of_time(np.full_like(t, 0.3), t), beta, tau0)
    assert stands.name == "tau"
    np.testing.assert_allclose(stands, 1 + (tau0 - 1) * np.exp(-0.7 * u), rtol=1e-8, atol=1e-10)
    # p = exp(u): beta / (1 + beta) in the end.
    grows = target_scale_on_parabola(of_time(np.exp(u), t), beta, tau0)
    expected = 0.7 / 1.7 + (tau0 - 0.7 / 1.7) * np.exp(-1.7 * u)
    np.testing.assert_allclose(grows, expected, rtol=1e-8, atol=1e-7)


def test_tau_goes_along_the_steps_whichever_axis_they_are():
    t = np.linspace(0, 2, 81)
    p = xr.concat([of_time(np.exp(a * t), t) for a in (0.5, 1.0)], dim="mode")
    both = target_scale_on_parabola(p, 0.7, 0.2)
    turned = target_scale_on_parabola(p.transpose("step", "mode"), 0.7, 0.2)
    assert both.dims == ("mode", "step")
    np.testing.assert_allclose(turned.T, both, rtol=1e-14)
    for i in (0, 1):
        alone = target_scale_on_parabola(p.isel(mode=i), 0.7, 0.2)
        np.testing.assert_allclose(both.isel(mode=i), alone, rtol=1e-14)


def test_tau_is_nan_where_p_is_0():
    t = np.linspace(0, 2, 3)
    tau = target_scale_on_parabola(of_time([1.0, 0.0, 1.0], t), 1.0)
    assert np.isnan(tau).values.tolist() == [False, True, False]


def test_refusals():
    with pytest.raises(ValueError, match=r"p needs the coordinate 'time'; it has \[\]"):
        target_scale_on_parabola(xr.DataArray([1.0], dims="step"), 0.1)
    with pytest.raises(ValueError, match=r"beta is -1\.0; finite and 0 or more wanted"):
        target_scale_on_parabola(of_time([1.0], [0.0]), -1.0)
    with pytest.raises(ValueError, match=r"eta = 0\.0 has no three rest points"):
        time_to_reach(EigenmodeFlow(), 0.1, 0.2)
    # At eta* itself p_- and p_+ are one.
    with pytest.raises(ValueError, match=r"eta = 0\.2 has no three rest points"):
        time_to_reach(EigenmodeFlow(eta=0.2), 0.1, 0.2)
    with pytest.raises(ValueError, match="the decays differ"):
        time_to_reach(EigenmodeFlow(eta=0.1, eta_p=0.05), 0.2, 0.3)
