import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import correlation, spectral_pair

from analysis import (
    critical_decay,
    noise_ratio,
    target_scale,
)
from dynamics import EigenmodeFlow

seeds = st.integers(0, 10**6)


@given(seed=seeds)
def test_k_and_tau_of_a_linear_network(seed):
    _, U, s = spectral_pair(seed)
    tau = np.linspace(0.2, 0.9, 5)
    F, cross, target = (correlation(U @ np.diag(x) @ U.T) for x in (1.25 * s, s, tau * s))
    np.testing.assert_allclose(noise_ratio(F, cross), 1.25, rtol=1e-8)
    np.testing.assert_allclose(target_scale(cross, target), tau, rtol=1e-6)
    decay = critical_decay(F, cross, target)
    np.testing.assert_allclose(decay, np.asarray(tau) ** 2 / 5, rtol=1e-6)
    flow = EigenmodeFlow(sigma2=0.25, tau=0.8)
    assert float(critical_decay(F, cross, 0.8 * cross)[0]) == pytest.approx(flow.critical_decay)
    assert float(critical_decay(F, cross)[0]) == pytest.approx(1 / 5)
    assert np.isnan(noise_ratio(F, -cross)).all()
