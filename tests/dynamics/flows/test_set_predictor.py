import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import open_snapshots
from analysis.figures.against_theory import theory_comparison
from dynamics import ClosedFormFlow, DirectSetFlow, OptimalRule, compare, integrate
from dynamics.flows.set_predictor import FORMS, IdentityRule, SpectrumRule, rule_of
from trainers import EMA, Config, Direct, Identity, Method, Optimal, StopGradient, train
from trainers.data.gaussian import GaussianData
from trainers.methods.closed_forms import NORMALISATIONS
from trainers.methods.losses import Euclidean
from trainers.methods.optimal import EQUATIONS

spectra = st.lists(st.floats(1e-3, 5), min_size=2, max_size=6)


@pytest.mark.parametrize("normalise", NORMALISATIONS)
@given(s=spectra, power=st.sampled_from([0.5, 1.0, 2.0]), eps=st.floats(0, 0.5))
def test_rules_are_those_that_the_trainers_set_w_p_by(normalise, s, power, eps):
    assert FORMS.keys() == NORMALISATIONS.keys()
    rule = Direct(power=power, eps=eps, normalise=normalise, offset=0.1)
    s = np.sort(s)
    trained = rule.solve(torch.diag(torch.tensor(s, dtype=torch.float64))).diag().numpy()
    theory = rule_of(rule.flow)(s, s, s)
    np.testing.assert_allclose(theory, trained, rtol=1e-9)


@pytest.mark.parametrize("equation", EQUATIONS)
@given(s=spectra, ridge=st.floats(1e-3, 1))
def test_both_optimal_equations_have_the_flows_p_where_modes_are_aligned(equation, s, ridge):
    rule = Optimal(ridge=ridge, equation=equation)
    same, target = np.array(s), 0.7 * np.array(s)
    Q = np.linalg.qr(np.random.default_rng(len(s)).normal(size=(len(s), len(s))))[0]
    M, M2 = (torch.tensor(Q * x @ Q.T) for x in (same, target))
    theory = rule_of(rule.flow)(same, same, target)
    np.testing.assert_allclose(Q.T @ rule.solve(M, M2).numpy() @ Q, np.diag(theory), atol=1e-10)


def test_rules_by_hand():
    same, cross, target = np.array([4.0, 1.0]), np.array([2.0, 0.5]), np.array([3.0, 0.0])
    assert SpectrumRule(power=0.5, eps=0.1, normalise="paper")(same, cross, target).tolist() == [
        *(2.4, 1.4)
    ]
    assert SpectrumRule(power=1, views="cross", offset=1)(same, cross, target).tolist() == [1, 0]
    assert OptimalRule(ridge=1.0)(same, cross, target).tolist() == [0.6, 0]
    assert IdentityRule()(same, cross, target).tolist() == [1, 1]


@pytest.mark.parametrize("normalise", ["max", "max-inside", "frobenius"])
def test_rules_that_normalise_know_no_scale(normalise):
    rule, s = SpectrumRule(power=0.5, eps=0.1, normalise=normalise), np.array([4.0, 1.0])
    for scale in (1e-250, 1e250):
        np.testing.assert_allclose(rule(scale * s, s, s), rule(s, s, s), rtol=1e-12)


@given(
    w=st.floats(0.2, 1.5),
    power=st.sampled_from([0.5, 1.0]),
    eta=st.floats(0, 0.3),
    tau=st.floats(0.5, 1),
)
def test_without_a_norm_a_mode_is_that_of_directset(w, power, eta, tau):
    # Noise-free F and white data: p = |w|^(2 power), and modes keep apart.
    rule = SpectrumRule(power=power, views="cross")
    flow = ClosedFormFlow(rule=rule, same=1.3, eta=eta, tau=tau)
    alone = DirectSetFlow(power=power, sigma2=0.3, eta=eta, tau=tau)
    both = flow(0, np.array([w, 0.7]))[0]
    np.testing.assert_allclose(both, alone(0, np.array([w, 0.7]))[0], rtol=1e-12, atol=1e-14)


def test_a_target_a_gradient_around_w_p_and_anisotropic_data_by_hand():
    given = {"rule": IdentityRule(), "same": 2.0, "cross": 0.5, "eta": 0.1}
    dw, dwa = ClosedFormFlow(**given, beta=0.4)(0, np.array([1.0]), np.array([3.0]))
    assert (dw[0], dwa[0]) == (pytest.approx(3 * 0.5 - 2 - 0.1), pytest.approx(0.4 * -2))
    half = {**given, "rule": OptimalRule(ridge=2.0), "tau": 4.0}  # p = 0.5 * 4 / (2 + 2) = 1/2
    assert ClosedFormFlow(**half)(0, np.array([1.0]))[0][0] == pytest.approx(0.5 * 1 - 0.1)
    assert ClosedFormFlow(**half, iso=True)(0, np.array([1.0]))[0][0] == pytest.approx(1 - 0.1)
    run = integrate(ClosedFormFlow(**half), (np.array([1.0]),), [0, 1])
    assert run["predictor_eigenvalue"].values[0, 0] == pytest.approx(0.5)
    assert run["correlation_eigenvalue"].values[0, 0] == pytest.approx(0.5)


METHODS = {
    "directpred": (Direct(eps=0.1, normalise="max"), EMA(0.99), Euclidean()),
    "directcopy": (Direct(power=1, eps=0.3, normalise="none"), StopGradient(), Euclidean()),
    "iso": (Direct(eps=0.0, normalise="none"), EMA(0.99), Euclidean(iso=True)),
    "none": (Identity(), StopGradient(), Euclidean()),
    "optimal": (Optimal(ridge=0.05), StopGradient(), Euclidean()),
    "sylvester": (Optimal(ridge=0.05, equation="sylvester"), StopGradient(), Euclidean()),
}


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("name", METHODS)
def test_a_linear_network_by_sgd_follows_the_flow(name, tmp_path, monkeypatch):
    isotropic = {"dimension": 8, "spectrum": "identity", "sigma2": 0.25}
    monkeypatch.setattr(
        "trainers.data.load.GaussianData",
        lambda seed, device: GaussianData(seed=seed, device=device, **isotropic),
    )
    options = {"data": "gaussian", "width": 8, "batch_size": 2048, "lr": 0.02, "momentum": 0.5}
    settings = Config(
        method=Method(*METHODS[name]), weight_decay=0.02, epochs=40, every=4, **options
    )
    run = open_snapshots(train(settings, tmp_path / "run"))
    beside = compare(run, start=1)
    gap = abs(beside.drop_vars("survives").diff("source")).isel(step=slice(1, None))
    s = beside["correlation_eigenvalue"].sel(source="predicted")
    # A stored correlation is a mean since the snapshot before, and F-hat one of few batches.
    assert float(gap["correlation_eigenvalue"].max()) < 0.15
    last = gap.isel(step=-1)
    assert float(last["correlation_eigenvalue"].max()) < 0.03
    assert float(last["predictor_eigenvalue"].max()) < 0.03
    assert float(abs(s.isel(step=-1) - s.isel(step=1)).max()) > 0.15  # something happened
    assert np.isnan(beside["parabola"]).all()
    names = [text.get_text() for text in theory_comparison(beside).legends[0].get_texts()]
    assert names == ["measured", "predicted"]


def test_a_flow_of_anisotropic_data_is_compared_from_the_same_start():
    flow = ClosedFormFlow(same=np.array([1.5, 0.6]), cross=np.array([1.2, 0.5]), eta=0.05, beta=0.4)
    w, times = np.array([0.9, 0.8]), np.linspace(0, 4, 9)
    theory = integrate(flow, (w, 0.5 * w), times)
    p, s = (
        np.stack([np.diag(x) for x in theory[name].values])
        for name in ("predictor_eigenvalue", "correlation_eigenvalue")
    )
    dims = ("step", "row", "col")
    stored = {"predictor": p, "cross_correlation": s, "correlation": s, "target_correlation": s / 2}
    run = xr.Dataset({k: (dims, v) for k, v in stored.items()}, {"time": ("step", times)})
    gap = compare(run, flow).drop_vars("survives").diff("source")
    assert float(abs(gap["predictor_eigenvalue"]).max()) < 1e-6
    assert float(abs(gap["correlation_eigenvalue"]).max()) < 1e-6


def test_a_run_that_learns_w_p_has_none():
    assert rule_of({"kind": "learned", "layers": 1}) is None
    assert rule_of({}) is None


def test_refusals():
    with pytest.raises(ValueError, match="normalise is 'l2' and views 'same'; choose from paper"):
        SpectrumRule(normalise="l2")
    with pytest.raises(ValueError, match="eta is -1"):
        ClosedFormFlow(eta=-1.0)
