import numpy as np
import pytest

from dynamics import EigenmodeFlow, integrate
from dynamics.flows.linear import LinearFlow
from dynamics.flows.singular_values import DirectSetFlow, ScalarFlow


def test_anisotropic_modes_end_where_the_scalar_flow_says():
    flow = ScalarFlow(same=1.6, cross=0.7, eta=0.03, alpha_p=1.5)
    p, s = flow.useful()
    assert (p, s) == (pytest.approx(0.3893418, abs=5e-8), pytest.approx(0.1010580, abs=5e-8))
    run = integrate(flow, (0.5, 0.4, 0.5), [0, 3000])
    assert run["predictor_eigenvalue"].values[-1, 0] == pytest.approx(p, abs=1e-6)
    assert run["correlation_eigenvalue"].values[-1, 0] == pytest.approx(s, abs=1e-6)
    assert np.isnan(ScalarFlow(same=1.6, cross=0.7, eta=0.08).useful()[0])
    assert ScalarFlow(same=1.6, cross=0.7).critical_decay == pytest.approx(0.49 / 6.4)


def test_a_decay_of_the_predictor_alone_moves_w_and_not_w_p():
    # Theory 2.7: k = 1.25, (eta, eta_p) = (.02, .1): p = .7794733, s = 3.0378933.
    apart = ScalarFlow(same=1.25, cross=1.0, eta=0.02, eta_p=0.1)
    np.testing.assert_allclose(apart.useful(), (0.7794733, 3.0378933), atol=5e-8)
    for flow in (ScalarFlow(same=1.25, cross=1.0), ScalarFlow.of(EigenmodeFlow(beta=1.0))):
        np.testing.assert_allclose(flow.useful(), (0.8, 0.64))
    for eta in (0.0, np.zeros(2)):
        wp, square = ScalarFlow(same=1.25, cross=1.0, eta=eta, eta_p=0.1).useful()
        np.testing.assert_allclose(wp, 0.8)
        assert np.all(square == np.inf)


@pytest.mark.parametrize(("power", "c"), [(0.5, 0.7739), (1, 0.8797), (2, 0.9379)])
def test_directset_keeps_the_invariant_directions_alone(power, c):
    keep = DirectSetFlow(power=power, eta=0.175)
    noise = DirectSetFlow(power=power, eta=0.175, sigma2=1.5)
    low, high = keep.rest_values()
    assert high == pytest.approx(c, abs=5e-5)
    assert np.isnan(noise.rest_values()[1])
    assert (keep.critical_decay, noise.critical_decay) == (0.25, 0.1)
    assert DirectSetFlow(tau=0.8).critical_decay == pytest.approx(0.16)
    for start, end in ((1.01 * low, high), (0.99 * low, 0.0)):
        run = integrate(keep, (start,), [0, 600])
        assert run["encoder_value"].values[-1, 0] == pytest.approx(end, abs=1e-3)
    assert integrate(noise, (0.9,), [0, 600])["encoder_value"].values[-1, 0] < 1e-3
    P = np.diag([1.0, 1.0, 0.0])  # the matrix flow itself, W = delta I
    flow = LinearFlow(X=np.eye(3), Xp=1.5 * (np.eye(3) - P), eta=0.175)
    W = 0.85 * np.eye(3)
    for _ in range(3000):
        w, U = np.linalg.eigh(W @ W.T)
        Wp = U @ np.diag(np.maximum(w, 0) ** power) @ U.T
        W = W + 0.05 * flow(0, W, Wp)[0]
    np.testing.assert_allclose(W, c * P, atol=2e-3)


def test_a_power_of_zero_is_refused():
    with pytest.raises(ValueError, match="power is 0"):
        DirectSetFlow(power=0)
