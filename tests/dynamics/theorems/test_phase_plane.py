import numpy as np
import pytest

from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.theorems.phase_plane import P, S, phase_portrait

FLOW = EigenmodeFlow(alpha_p=4, sigma2=0.5, eta=0.1, eta_p=0.2, tau=0.9)


def test_the_field_by_hand():
    portrait = phase_portrait(FLOW, (1.0, 2.0), (0.0, 0.5), points=3)
    assert portrait[P].values.tolist() == [1.0, 1.5, 2.0]
    assert portrait[S].values.tolist() == [0.0, 0.25, 0.5]
    at = portrait.sel({P: 2.0, S: 0.25})  # tau - k p = -2.1
    assert float(at["p_rate"]) == pytest.approx(4 * 0.25 * -2.1 - 0.4)
    assert float(at["s_rate"]) == pytest.approx(2 * 0.25 * (2 * -2.1 - 0.1))
    assert not portrait["s_rate"].sel({S: 0.0}).any()
    expected = {"alpha_p": 4.0, "k": 1.5, "tau": 0.9, "eta": 0.1, "eta_p": 0.2}
    assert {name: portrait.attrs[name] for name in expected} == expected
    assert portrait.attrs["title"] == r"$\eta$ = 0.1, $\tau$ = 0.9, $k$ = 1.5"


def test_an_axis_of_s_over_decades_by_hand():
    portrait = phase_portrait(FLOW, s=(0.0, 20.0), points=3, linear_below=0.2)
    # sinh(x/2) = sqrt((cosh x - 1) / 2) at sinh x = 20 / 0.2
    middle = 0.2 * np.sqrt((np.sqrt(1 + 100**2) - 1) / 2)
    np.testing.assert_allclose(portrait[S], [0, middle, 20], atol=1e-12)
    assert portrait[S].attrs["linear_below"] == 0.2


def test_rest_points_by_hand():
    # p = (0.9 +- sqrt(0.81 - 0.6)) / 3; s = 2 p^2 / 4.
    portrait = phase_portrait(FLOW, points=5)
    low, high = (0.9 - np.sqrt(0.21)) / 3, (0.9 + np.sqrt(0.21)) / 3
    np.testing.assert_allclose(portrait["rest_p"], [0, low, high], atol=1e-15)
    np.testing.assert_allclose(portrait["rest_s"], [0, low**2 / 2, high**2 / 2], atol=1e-15)
    assert portrait["rest_name"].values.tolist() == ["collapsed", "unstable", "useful"]
    assert portrait["rest_stability"].values.tolist() == ["stable", "saddle", "stable"]


def test_who_survives_and_the_border():
    # Theory 2.7, eta = 0.05: from s = 0.05 above p = -0.184, from s = 1 above -0.990.
    flow = EigenmodeFlow(eta=0.05)
    portrait = phase_portrait(flow, (-1.2, 0.4), (0.05, 1.0), points=81)
    for s, least in ((0.05, -0.184), (1.0, -0.990)):
        row = portrait["survives"].sel({S: s}, method="nearest")
        assert (row.values == (portrait[P].values > least)).all()
    p, s = portrait["separatrix_p"].values, portrait["separatrix_s"].values
    for height, border in ((0.01, -0.028), (0.05, -0.184), (1.0, -0.990)):
        left = p < 0.05
        found = np.interp(-height, -s[left], p[left])  # s falls along this half
        assert found == pytest.approx(border, abs=1e-3)
    near = np.argmin(abs(p - 0.0535898))
    assert s[near] == pytest.approx(0.0535898**2, rel=0.05)
    # The curve goes beyond the axes on both sides.
    assert s[0] > 1 or p[0] < -1.2
    assert s[-1] > 1 or p[-1] > 1.2


def test_the_border_goes_beyond_the_axes_whatever_they_are():
    for top in (0.1, 4.0):
        portrait = phase_portrait(EigenmodeFlow(eta=0.05), (-6.0, 1.0), (0.0, top), points=3)
        assert float(portrait["separatrix_s"][0]) == pytest.approx(1.2 * top)


def test_what_a_portrait_leaves_out():
    too_much = phase_portrait(EigenmodeFlow(eta=1.0), points=5)
    assert "separatrix_p" not in too_much
    assert not too_much["survives"].any()
    assert too_much["rest_name"].values.tolist() == ["collapsed"]
    one_decay = phase_portrait(EigenmodeFlow(eta=0.0, eta_p=0.1), points=5)
    assert "survives" not in one_decay
    none = phase_portrait(EigenmodeFlow(), (-1.0, 1.0), (0.0, 1.0), points=5)
    assert "separatrix_p" not in none
    # c = s - p^2: p = -1/2 lives above s = 1/4, p = 1/2 from any s > 0 (1/2 < 0.8).
    assert none["survives"].sel({P: -0.5}).values.tolist() == [False, False, True, True, True]
    assert none["survives"].sel({P: 0.5}).values[1:].all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flow": EigenmodeFlow(beta=1.0)}, "a phase portrait is of .p, s. alone; leave beta out"),
        ({"p": (1.0, 1.0)}, "p "),
        ({"s": (-0.1, 1.0)}, r"s is -0\.1; finite and 0 or more wanted"),
        ({"points": 1}, "points is 1; "),
        ({"linear_below": 0.0}, r"linear_below is 0\.0; finite and above 0 wanted"),
    ],
)
def test_refusals(options, message):
    options = {"flow": FLOW} | options
    with pytest.raises(ValueError, match=f"^{message}"):
        phase_portrait(options.pop("flow"), **options)
