"""The numbers in the table of observations, against the theory's and a Runge-Kutta of our own."""

import re

import numpy as np
import pytest


@pytest.fixture(scope="module")
def shown(observations):
    """Return the numbers in the evidence of each observation, before the ones of the sweep."""

    def numbers(text):
        before = re.split(r" for | at \d", text)[0].split(":")[-1]
        return [float(x) for x in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", before)]

    return {o.number: numbers(o.evidence) for o in observations}


def followed(field, y, end, dt):
    """Return y at 0, dt, ..., end, by the classical Runge-Kutta method; (step, ...)."""
    out = [y]
    for _ in range(round(end / dt)):
        a = field(y)
        b = field(y + dt / 2 * a)
        c = field(y + dt / 2 * b)
        y = y + dt / 6 * (a + 2 * b + 2 * c + field(y + dt * c))
        out.append(y)
    return np.array(out)


def mode(p, s, tau=1.0, end=60, dt=0.05, alpha_p=1.0, eta=0.0, beta=0.0, k=1.25):
    """Return p, s, tau over time, (step, ...); the target is a copy where beta is 0."""
    ema = np.greater(beta, 0)
    p, s, tau, alpha_p, eta, beta, ema = np.broadcast_arrays(p, s, tau, alpha_p, eta, beta, ema)

    def field(y):
        p, s, tau = y
        slower = beta * (1 - tau) - tau * (p * (tau - k * p) - eta)
        dp = alpha_p * s * (tau - k * p) - eta * p
        return np.stack([dp, 2 * s * (p * (tau - k * p) - eta), np.where(ema, slower, 0.0)])

    run = followed(field, np.stack([p, s, tau]).astype(float), end, dt)
    return run[:, 0], run[:, 1], run[:, 2]


def least_kappa(tau0=1.0, alpha_p=1.0, eta=0.0, beta=0.0):
    p, s, tau = mode(0.15, 0.05, tau0, dt=0.02, alpha_p=alpha_p, eta=eta, beta=beta)
    kappa = 1.25 * (np.asarray(alpha_p) * s / 2 + p**2) - tau * p + 1.5 * np.asarray(eta)
    return kappa.min(0)


def test_the_ten_observations_hold_and_the_collapse_is_not_seen(observations):
    assert [o.number for o in observations] == list(range(1, 12))
    assert [o.holds for o in observations] == [True] * 10 + [False]


def test_1_the_least_start_is_on_the_border_of_life(shown):
    edges = shown[1]
    assert edges[0] == pytest.approx(-0.028, abs=5e-4)  # theory 2.7
    starts = np.concatenate([np.add(edges, 0.002), np.subtract(edges, 0.002)])
    _, s, _ = mode(starts, 0.01, end=400, alpha_p=np.array([1, 2, 4] * 2), eta=0.05)
    assert (s[-1] > 0.1).tolist() == [True] * 3 + [False] * 3


def test_2_and_3_without_decay_s_ends_where_the_invariant_says(shown):
    # s(0) + (p(inf)^2 - p(0)^2) / alpha_p with p(inf) = 1/k = 0.8.
    ends = [0.02 + (0.64 - 0.01) / alpha_p for alpha_p in (1, 4, 16)]
    assert shown[2] == pytest.approx(ends, rel=5e-3)
    # From p(0) = 0.3, s(0) = 0.1, ..., 0.8; with decay all end at p_+^2.
    assert shown[3] == pytest.approx([0.7, 0.0], abs=1e-6)


def test_4_and_5_p_minus_and_what_lives_near_the_critical_decay(shown):
    low = [(1 - np.sqrt(1 - 4 * eta * 1.25)) / 2.5 for eta in (0.02, 0.05, 0.15)]
    assert shown[4] == pytest.approx(low, rel=5e-3)
    p, s = np.meshgrid(np.linspace(0.05, 1.5, 20), np.linspace(0.02, 1, 20))
    eta = np.array([0.95, 1.05])[:, None, None] * 0.2  # eta* = 1 / (4 k)
    alive = (mode(p, s, end=400, eta=eta)[1][-1] > 0.01).mean((1, 2))
    assert shown[5] == pytest.approx(alive, abs=0.003)  # a start in 400 may be on the border


def test_6_to_8_the_least_alignment_rate_on_the_way(shown):
    assert shown[6] == pytest.approx(least_kappa(alpha_p=[1, 4, 16], eta=0.01), rel=6e-3)
    assert shown[7] == pytest.approx(least_kappa(eta=[0.0, 0.02, 0.05]), rel=6e-3)
    slow = least_kappa(0.0, eta=0.01, beta=[0.02, 0.4, 10])
    assert shown[8] == pytest.approx(slow, rel=6e-3)


def test_9_and_10_the_price_of_a_slow_target(shown):
    assert shown[9] == pytest.approx([103, 19.3, 10.9], rel=5e-3)  # theory 2.7
    assert shown[10] == pytest.approx([0.118, 0.0796, 0.0564], rel=5e-3)
    starts = np.concatenate([np.multiply(shown[10], 1.01), np.multiply(shown[10], 0.99)])
    _, s, _ = mode(starts, starts**2, 0.0, end=600, eta=0.05, beta=np.array([0.04, 0.1, 1] * 2))
    assert (s[-1] > 0.1).tolist() == [True] * 3 + [False] * 3


def test_11_the_commutator_of_a_symmetric_predictor(shown):
    rng = np.random.default_rng(0)
    W = 0.1 * rng.standard_normal((10, 10)) / np.sqrt(10)
    M = rng.standard_normal((10, 10)) / np.sqrt(10)
    P, k, eta = 0.2 * M @ M.T, 1.25, 0.01

    def field(y):  # Eqs. 7 and 8
        F, P = y
        dF = -k * (P @ P @ F + F @ P @ P) + P @ F + F @ P - 2 * eta * F
        return np.stack([dF, -k / 2 * (P @ F + F @ P) + F - eta * P])

    run = followed(field, np.stack([W @ W.T, P]), 400, 0.2)
    L = run[:, 0] @ run[:, 1] - run[:, 1] @ run[:, 0]
    size = np.linalg.norm(L, axis=(1, 2))
    alive = (np.linalg.eigvalsh(run[-1, 0]) > 0.1).sum()
    assert shown[11] == pytest.approx([size.max() / size[0], alive, 10], abs=0.06)
    assert size[-1] < size[0]
