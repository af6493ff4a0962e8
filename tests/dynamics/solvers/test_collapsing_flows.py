"""Flows that collapse, against integrations of what is left when the decay is taken out."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from analysis import alignment_excess, commutator
from dynamics import (
    ClosedFormFlow,
    DirectSetFlow,
    EigenmodeFlow,
    EigenvalueFlow,
    IsotropicFlow,
    LinearFlow,
    NoPredictorFlow,
    ScalarFlow,
    SpectrumRule,
    SymmetrisedFlow,
    ensemble,
    integrate,
)
from dynamics.theorems.sweeps import basin_map

TIGHT = {"rtol": 1e-12, "atol": 1e-14, "method": "DOP853"}


def modes(flow, p0, s0, times):
    """p and s, by (e^{eta_p t} p, log s + 2 eta t), which stay of order one."""

    def field(t, y):
        p, s = y[0] * np.exp(-flow.predictor_decay * t), np.exp(y[1] - 2 * flow.eta * t)
        pull = flow.tau - flow.k * p
        return flow.alpha_p * s * pull * np.exp(flow.predictor_decay * t), 2 * p * pull

    y = solve_ivp(field, (0, times[-1]), [p0, np.log(s0)], t_eval=times, **TIGHT).y
    return y[0] * np.exp(-flow.predictor_decay * times), np.exp(y[1] - 2 * flow.eta * times)


@pytest.mark.parametrize(("follow", "exact"), [(integrate, 1e-5), (ensemble, 3e-4)])
def test_modes_keep_their_digits_and_what_is_conserved(follow, exact):
    rng, times, n = np.random.default_rng(0), np.linspace(0, 250, 6), 6
    flow = EigenmodeFlow(eta=rng.uniform(0.21, 0.6, n), alpha_p=rng.uniform(0.3, 3, n))
    p0, s0 = rng.uniform(-0.9, 0.9, n), rng.uniform(1e-3, 1, n)
    run = follow(flow, (p0, s0), times)
    p, s = (run[name].values for name in flow.variables)
    rates = zip(flow.eta.tolist(), flow.alpha_p.tolist(), strict=True)
    ones = [replace(flow, eta=eta, alpha_p=alpha_p) for eta, alpha_p in rates]
    true = [modes(one, *start, times) for one, *start in zip(ones, p0, s0, strict=True)]
    q, r = np.moveaxis(true, 0, -1)
    assert (s > 0).all()
    np.testing.assert_allclose(s, r, rtol=exact)
    assert (abs(p - q) < exact * (abs(q) + np.sqrt(flow.alpha_p * r))).all()
    c, size = (
        np.exp(2 * np.outer(times, flow.eta)) * (s + f * p**2 / flow.alpha_p) for f in (-1, 1)
    )
    assert (abs(c - c[0]) < 2 * exact * size).all()  # size is what cancels


def world(seed, **rates):
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, 4, 4))
    flow = LinearFlow(X=A @ A.T / 4, Xp=0.3 * B @ B.T / 4, **rates)
    return flow, [0.3 * M for M in rng.standard_normal((2, 4, 4))]


def matrices(flow, W, Wp, times):
    """W and W_p, both by what is left without their decays."""
    decays = np.repeat([flow.eta, flow.predictor_decay], 16)

    def field(t, y):
        state = (y * np.exp(-decays * t)).reshape(2, 4, 4)
        rate = np.concatenate([x.ravel() for x in flow(t, *state)])
        return np.exp(decays * t) * rate + decays * y

    start = np.concatenate([W.ravel(), Wp.ravel()])
    y = solve_ivp(field, (0, times[-1]), start, t_eval=times, **TIGHT).y
    return (y.T * np.exp(-np.outer(times, decays))).reshape(len(times), 2, 4, 4)


@pytest.mark.parametrize(("seed", "rates"), [(0, {}), (1, {}), (5, {"eta_p": 0.1}), (6, {})])
def test_scale_free_measures_of_a_collapsing_network_are_right_or_not_there(seed, rates):
    flow, (W, Wp) = world(seed, **({"eta": 0.35} | rates))
    times = np.linspace(0, 400, 5)  # W ends at 1e-61
    run = integrate(flow, (W, Wp), times)
    exact = matrices(flow, W, Wp, times)
    for name, M in zip(("encoder", "predictor"), np.moveaxis(exact, 1, 0), strict=True):
        size = abs(M).max((1, 2), keepdims=True)
        assert (abs(run[name].values - M) < 2e-6 * size).all()
    true = [xr.DataArray(M, dims=("step", "row", "col")) for M in (exact[:, 1], exact[:, 0])]
    true[1] = true[1].copy(data=np.einsum("tij,jk,tlk->til", true[1], flow.X, true[1]))
    pair = run["predictor"], run["cross_correlation"]
    big = np.linalg.eigvalsh(true[1].values)  # modes that a double can tell from rounding
    kept = (big / big[:, -1:] > 1e-9)[:, ::-1]
    excess, expected = (alignment_excess(*x).values for x in (pair, true))
    known = kept & np.isfinite(excess)
    assert known[:, 0].all()
    np.testing.assert_allclose(excess[known], expected[known], atol=1e-3)
    np.testing.assert_allclose(commutator(*pair), commutator(*true), rtol=1e-4, atol=1e-6)


def test_matrices_say_how_small_an_eigenvalue_they_can_tell():
    flow = LinearFlow(X=np.eye(2), Xp=0.25 * np.eye(2), eta=0.05)
    run = integrate(flow, (np.diag([0.8, 0.01]), np.diag([0.7, 0.01])), [0, 100, 1000])
    p = np.linalg.eigvalsh(run["predictor"].values[-1])
    assert p[0] / p[1] < run["predictor"].attrs["resolution"] == pytest.approx(2e-6, rel=0.01)
    assert run["correlation"].attrs["resolution"] == pytest.approx(4e-12, rel=0.01)
    assert run["target_correlation"].attrs["resolution"] == run["predictor"].attrs["resolution"]


def test_a_correlation_of_its_own_stays_positive_and_is_that_of_the_full_flow():
    rng = np.random.default_rng(3)
    W, Wp = 0.3 * rng.standard_normal((2, 4, 4))
    rates, times = {"eta": 0.3, "alpha_p": 1.4, "tau": 0.9}, [0, 50, 300]
    run = integrate(
        IsotropicFlow(**rates), (Wp, W @ W.T), times, events={"never": lambda t, P, F: 1}
    )
    full = integrate(LinearFlow(X=np.eye(4), Xp=0.25 * np.eye(4), **rates), (W, Wp), times)
    assert list(run.data_vars) == ["predictor", "cross_correlation", "correlation"]
    assert run.attrs["method"] == "IsotropicFlow"
    assert (np.linalg.eigvalsh(run["cross_correlation"]) > 0).all()
    for name in run.data_vars:
        size = abs(full[name]).max(("row", "col"))
        assert float((abs(run[name] - full[name]).max(("row", "col")) / size).max()) < 1e-5


def test_events_of_a_correlation_see_it():
    rng = np.random.default_rng(3)
    W, Wp = 0.3 * rng.standard_normal((2, 4, 4))
    half = np.trace(W @ W.T) / 2
    run = integrate(
        IsotropicFlow(eta=0.3), (Wp, W @ W.T), [0, 50],
        events={"half": lambda t, P, F: np.trace(F) - half}, stop=lambda t, P, F: t - 40,
    )  # fmt: skip
    (when,) = run.attrs["events"]["half"]
    again = integrate(IsotropicFlow(eta=0.3), (Wp, W @ W.T), [0, when])
    assert np.trace(again["cross_correlation"].values[-1]) == pytest.approx(half, rel=1e-6)
    assert run.attrs["stopped"] == 1
    assert float(run["time"][-1]) == pytest.approx(40)


def test_closed_forms_of_flows_that_only_decay():
    rng = np.random.default_rng(0)
    A, W = rng.standard_normal((2, 3, 3))
    Xp = A @ A.T / 3
    run = integrate(NoPredictorFlow(X=np.eye(3), Xp=Xp, eta=0.5), (W,), [0, 100, 400])
    for t, M in zip((100, 400), run["encoder"].values[1:], strict=True):
        exact = W @ expm(-t * (Xp + 0.5 * np.eye(3)))
        assert abs(M - exact).max() < 2e-6 * abs(exact).max()
    c = np.array([1.6, 0.2])
    run = integrate(
        EigenvalueFlow(loss="euclidean-no-predictor", sigma2=0.1), (c,), [0, 2000, 9000]
    )
    values = run["correlation_eigenvalue"].values
    np.testing.assert_allclose(values[1], c * np.exp(-400), rtol=1e-5)
    assert np.isnan(values[2]).all()  # e^-1800 is no number
    assert run.attrs["resolved_until"] == 2000
    # DirectSet far below w_-: dw/dt = -eta w.
    run = integrate(DirectSetFlow(eta=0.3), (1e-9,), [0, 500])
    assert run["encoder_value"].values[-1, 0] == pytest.approx(1e-9 * np.exp(-150), rel=1e-5)
    # W_p of full norm whatever the scale: p = 1, k = 2, dw/dt = (1 - 2 - eta) w.
    flow = ClosedFormFlow(rule=SpectrumRule(normalise="max"), same=2.0, eta=0.1)
    run = integrate(flow, (np.array([1.0, 0.5]),), [0, 100, 400])
    w, p = run["encoder_value"].values, run["predictor_eigenvalue"].values
    assert w[1, 0] == pytest.approx(np.exp(-110), rel=1e-5)
    assert p[1, 0] == pytest.approx(1)
    assert np.isnan(w[2]).all()
    assert run.attrs["resolved_until"] == 100


def test_a_symmetrised_flow_keeps_the_direction_of_its_commutator():
    rng = np.random.default_rng(4)
    W, M = 0.3 * rng.standard_normal((2, 3, 3))
    flow, times = SymmetrisedFlow(eta=0.4), np.array([0.0, 60, 250])
    run = integrate(flow, (W, M @ M.T), times)

    def field(t, y):
        state = (y * np.exp(-0.4 * t)).reshape(2, 3, 3)
        rate = np.concatenate([x.ravel() for x in flow(t, *state)])
        return np.exp(0.4 * t) * rate + 0.4 * y

    start = np.concatenate([W.ravel(), (M @ M.T).ravel()])
    y = solve_ivp(field, (0, 250), start, t_eval=times, **TIGHT).y
    V, P = np.moveaxis(y.T.reshape(3, 2, 3, 3), 1, 0)
    exact = [xr.DataArray(x, dims=("step", "row", "col")) for x in (P, V @ V.swapaxes(1, 2))]
    got = commutator(run["predictor"], run["cross_correlation"])
    np.testing.assert_allclose(got, commutator(*exact), rtol=1e-4, atol=1e-6)


def test_a_mode_with_a_target_collapses_with_it():
    # W far below W_p's threshold: w, w_a decay by the eigenvalues of [[-eta, 0], [beta, -beta]].
    flow = ScalarFlow(same=1.0, cross=0.5, eta=0.3, beta=0.7)
    run = integrate(flow, (1e-8, 1e-9, 1e-8), [0, 300])
    w, p, w_a = (run[name].values[-1, 0] for name in flow.variables)
    assert w == pytest.approx(1e-8 * np.exp(-90), rel=1e-5)
    assert p == pytest.approx(1e-9 * np.exp(-90), rel=1e-5)
    assert w_a / w == pytest.approx(0.7 / 0.4, rel=1e-6)


def test_a_part_that_came_back_without_digits_is_an_error():
    # p falls to e^-375 and is pushed up again by a clock in s.
    class Lazarus:
        variables = ("predictor_eigenvalue", "correlation_eigenvalue")

        def __call__(self, t, p, s):
            return (s - 30) * p, np.ones_like(s)

        def derived(self, *state):
            return {}

    with pytest.raises(RuntimeError, match="1 of 2 parts came back from below 1e-150"):
        integrate(Lazarus(), (1.0, 1e-3), [0, 70])


def test_a_basin_of_collapse_has_no_unfinished_modes():
    found = basin_map(EigenmodeFlow(eta=0.05, beta=0.4), "eta", [0.21, 0.9], [0.2, 0.5], 0.1)
    assert not found["survives"].any()
