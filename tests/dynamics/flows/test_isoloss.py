import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics import integrate
from dynamics.flows.isoloss import EIGEN_LOSSES, EigenvalueFlow

RNG = np.random.default_rng(0)
seeds = st.integers(0, 10**6)


def drawn(seed, d=5):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.3, 2, d), rng.standard_normal(d), rng.standard_normal(d)


def euclidean(lam, z1, z2, stopped):
    return ((lam * z1 - z2) ** 2).sum() / 2


def euclidean_iso(lam, z1, z2, stopped):
    z1_stopped, z2_stopped = stopped
    return ((z1 - (z2_stopped + z1_stopped - lam * z1_stopped)) ** 2).sum() / 2


def cosine(lam, z1, z2, stopped):
    return -(lam * z1) @ z2 / np.linalg.norm(lam * z1) / np.linalg.norm(z2)


def cosine_iso(lam, z1, z2, stopped):
    z1_s, z2_s = stopped
    A, B = np.linalg.norm(lam * z1_s), np.linalg.norm(z2_s)
    return -z1 @ z2 / (A * B) + ((lam * z1_s) @ z2_s / (A**3 * B)) * (lam * z1 @ z1) / 2


def no_predictor(loss):
    return lambda lam, z1, z2, stopped: loss(np.ones_like(lam), z1, z2, stopped)


LOSSES = {
    **{"euclidean": euclidean, "euclidean-iso": euclidean_iso, "euclidean-attached": euclidean},
    **{"cosine": cosine, "cosine-iso": cosine_iso, "cosine-attached": cosine},
    "euclidean-no-predictor": no_predictor(euclidean),
    "cosine-no-predictor": no_predictor(cosine),
}


def slope(f, z, h=1e-5):
    return np.array([(f(z + e) - f(z - e)) / (2 * h) for e in h * np.eye(len(z))])


@pytest.mark.parametrize("name", EIGEN_LOSSES)
@given(seed=seeds)
def test_gradients_are_those_of_the_losses(name, seed):
    lam, z1, z2 = drawn(seed)
    if "no-predictor" not in name and "cosine" in name:
        z2 = z2 + 0.1
    loss, kind = LOSSES[name], EIGEN_LOSSES[name]
    online = -slope(lambda z: loss(lam, z, z2, (z1, z2)), z1)
    np.testing.assert_allclose(
        kind.online(lam, z1, z2), online, atol=1e-6 * (1 + abs(online).max())
    )
    if kind.target is not None:
        target = -slope(lambda z: loss(lam, z1, z, None), z2)
        allowed = 1e-6 * (1 + abs(target).max())
        np.testing.assert_allclose(kind.target(lam, z1, z2), target, atol=allowed)


@given(seed=seeds)
def test_limits_of_perfect_invariance(seed):
    lam, z, _ = drawn(seed)
    A, B = np.linalg.norm(lam * z), np.linalg.norm(z)
    C = (lam * z**2).sum()
    mean = {name: loss.online(lam, z, z) for name, loss in EIGEN_LOSSES.items()}
    np.testing.assert_allclose(mean["euclidean"], lam * (1 - lam) * z, atol=1e-12)
    np.testing.assert_allclose(mean["euclidean-iso"], (1 - lam) * z, atol=1e-12)
    spread = np.array([(lam * (lam - m) * z**2).sum() for m in lam])
    np.testing.assert_allclose(mean["cosine"], lam * z * spread / (A**3 * B), atol=1e-10)
    np.testing.assert_allclose(mean["cosine-no-predictor"], 0, atol=1e-10)
    whole = mean["cosine-attached"] + EIGEN_LOSSES["cosine-attached"].target(lam, z, z)
    expected = z * (2 * lam / (A * B) - C * lam**2 / (A**3 * B) - C / (A * B**3))
    np.testing.assert_allclose(whole, expected, atol=1e-10)
    both = mean["euclidean-attached"] + EIGEN_LOSSES["euclidean-attached"].target(lam, z, z)
    np.testing.assert_allclose(both, -((1 - lam) ** 2) * z, atol=1e-12)


@pytest.mark.parametrize("online", [0.3, 0.1, 0.0])
@pytest.mark.parametrize("name", [name for name, loss in EIGEN_LOSSES.items() if loss.rate])
def test_closed_forms_are_the_expectations(name, online):
    kind, target = EIGEN_LOSSES[name], 0.3
    c = np.array([0.2, 0.7, 1.5])
    p = np.sqrt(c)
    x, n1, n2 = np.random.default_rng(1).standard_normal((3, 400_000, 3))
    z1, z2 = (p * (x + np.sqrt(v) * n) for v, n in ((online, n1), (target, n2)))
    moved = kind.online(p, z1, z2) * z1
    if kind.target is not None:
        moved = moved + kind.target(p, z1, z2) * z2
    error = 2 * moved.std(0) / np.sqrt(len(moved))
    assert (abs(2 * moved.mean(0) - kind.rate(p, c, online, target)) < 5 * error + 1e-12).all()


CLEAN = {  # by hand: p = 1/2, c = 1/4, clean online view, variance 0.04 of the target's
    "euclidean": 0.125,
    "euclidean-iso": 0.25,
    "euclidean-attached": -0.145,
    "euclidean-no-predictor": 0.0,
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_online_view(name):
    flow = EigenvalueFlow(loss=name, sigma2=0.04, online_sigma2=0.0)
    assert flow(0, np.array([0.25]))[0] == pytest.approx(CLEAN[name], abs=1e-15)


@pytest.mark.parametrize("name", [name for name in EIGEN_LOSSES if "cosine" in name])
def test_cosine_rates_are_those_of_other_draws(name):
    c, v, w = np.array([0.2, 0.7, 1.5]), 0.05, 0.3
    x, n1, n2 = np.random.default_rng(2).standard_normal((3, 400_000, 3))
    z1, z2 = np.sqrt(c) * (x + np.sqrt(v) * n1), np.sqrt(c) * (x + np.sqrt(w) * n2)
    kind = EIGEN_LOSSES[name]
    moved = 2 * kind.online(c, z1, z2) * z1
    if kind.target is not None:
        moved += 2 * kind.target(c, z1, z2) * z2
    flow = EigenvalueFlow(loss=name, sigma2=w, online_sigma2=v, power=1.0, draws=100_000)
    # The flow's noise comes in pairs: its error is no larger than that of half as many.
    error = moved.std(0) * np.sqrt(1 / len(moved) + 1 / 50_000)
    assert (abs(flow(0, c)[0] - moved.mean(0)) < 5 * error).all()


def test_without_predictor_noise_alone_moves_eigenvalues():
    c = np.array([1.6, 0.8, 0.2])
    still = EigenvalueFlow(loss="cosine-no-predictor")(0, c)[0]
    np.testing.assert_allclose(still, 0, atol=1e-14)
    slow, fast = (
        EigenvalueFlow(loss="cosine-no-predictor", sigma2=v, online_sigma2=0.0)(0, c)[0]
        for v in (1e-4, 2e-4)
    )
    np.testing.assert_allclose(fast, 2 * slow, rtol=0.01)  # nothing is linear in the noise


def test_cosine_conserves_the_trace():
    flow = EigenvalueFlow(loss="cosine")
    c = RNG.uniform(0.1, 2, 6)
    assert abs(flow(0, c)[0].sum()) < 1e-14
    run = integrate(flow, (c,), np.linspace(0, 20, 5))
    np.testing.assert_allclose(run["correlation_eigenvalue"].sum("mode"), c.sum(), rtol=1e-6)


def test_euclid_pulls_to_one_and_cosine_only_equalises():
    c = np.array([1.6, 0.8, 0.2])
    last = {}
    for name in ("euclidean", "euclidean-iso", "cosine", "cosine-iso"):
        run = integrate(EigenvalueFlow(loss=name), (c,), [0, 400])
        last[name] = run["correlation_eigenvalue"].values[-1]
    np.testing.assert_allclose(last["euclidean"], 1, atol=1e-4)
    np.testing.assert_allclose(last["euclidean-iso"], 1, atol=1e-6)
    np.testing.assert_allclose(last["cosine"], c.mean(), rtol=0.03)
    assert np.ptp(last["cosine-iso"]) < 0.1 * np.ptp(c)
    run = integrate(EigenvalueFlow(loss="cosine-iso"), (3 * c,), [0, 4000])
    assert run["correlation_eigenvalue"].values[-1].min() > 1.5  # equal, but not 1


def test_negative_controls_never_grow():
    c = np.array([1.6, 0.8, 0.2])
    for name in ("euclidean-attached", "euclidean-no-predictor"):
        assert (EigenvalueFlow(loss=name, sigma2=0.1)(0, c)[0] < 0).all()
    run = integrate(EigenvalueFlow(loss="euclidean-no-predictor", sigma2=0.1), (c,), [0, 10])
    np.testing.assert_allclose(
        run["correlation_eigenvalue"].values[-1], c * np.exp(-0.2 * 10), rtol=1e-6
    )


def test_refusals():
    with pytest.raises(ValueError, match="loss is 'cosin'; choose from euclidean, "):
        EigenvalueFlow(loss="cosin")
    with pytest.raises(ValueError, match=r"^sigma2 is -1"):
        EigenvalueFlow(sigma2=-1)
    with pytest.raises(ValueError, match=r"online_sigma2 is -1"):
        EigenvalueFlow(online_sigma2=-1)


@pytest.mark.parametrize(("name", "first"), [("euclidean", 3.0), ("cosine", 3 / 10)])
def test_a_dead_eigenvalue_has_a_pull_that_the_predictor_multiplies_by_zero(name, first):
    # q = (0, 2), z2 = (3, 4): z2 - q has 3 first; (z2 |q|^2 - q q.z2) / (|q|^3 |z2|) = 12 / 40
    lam, z1, z2 = np.array([0.0, 2.0]), np.array([1.0, 1.0]), np.array([3.0, 4.0])
    assert EIGEN_LOSSES[f"{name}-iso"].online(lam, z1, z2)[0] == pytest.approx(first)
    assert EIGEN_LOSSES[name].online(lam, z1, z2)[0] == 0


def test_one_draw_is_one_vector_with_its_noise_and_with_minus_it():
    c, v = np.array([1.0, 0.3]), 0.25
    x, n1, n2 = np.random.default_rng(3).standard_normal((3, 1, 2))
    expected = 0.0
    for sign in (1, -1):
        z1, z2 = (np.sqrt(c) * (x + sign * 0.5 * n) for n in (n1, n2))
        expected = expected + (EIGEN_LOSSES["cosine"].online(np.sqrt(c), z1, z2) * z1)[0]
    for draws in (1, 2):
        flow = EigenvalueFlow(loss="cosine", sigma2=v, draws=draws, seed=3)
        np.testing.assert_allclose(flow(0, c)[0], expected)
    three, four = (
        EigenvalueFlow(loss="cosine", sigma2=v, draws=n, seed=3)(0, c)[0] for n in (3, 4)
    )
    np.testing.assert_array_equal(three, four)
