import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis import open_snapshots
from dynamics import EigenmodeFlow, FlowParameters, LinearFlow, compare, integrate
from trainers import EMA, Config, Learned, Method, StopGradient, train
from trainers.data.gaussian import GaussianData
from trainers.methods.losses import Euclidean
from trainers.training.learner import Learner

PAPER = {"lr": 0.03, "momentum": 0.9, "decay": 4e-4, "ema": 0.996}


def test_the_papers_settings_by_hand():
    flow = FlowParameters.from_optimiser(**PAPER, factor=4)
    np.testing.assert_allclose((flow.dt, flow.eta, flow.beta), (1.2, 1e-4, 1 / 300))
    flow = FlowParameters.from_optimiser(**PAPER)
    np.testing.assert_allclose((flow.dt, flow.eta, flow.beta), (0.3, 4e-4, 0.004 / 0.3))


def test_a_predictor_rate_of_its_own_separates_the_decays():
    flow = FlowParameters.from_optimiser(lr=0.1, decay=0.02, predictor_lr=0.4)
    assert (flow.alpha_p, flow.eta, flow.eta_p) == (4, 0.02, pytest.approx(0.08))
    p, s = flow.eigenmodes(0.25).rest_points()[-1].state
    assert s == pytest.approx(p**2)
    rescaled = FlowParameters.from_optimiser(
        lr=0.1, decay=0.02, predictor_lr=0.4, predictor_decay=0.005
    )
    p, s = rescaled.eigenmodes(0.25).rest_points()[-1].state
    assert s == pytest.approx(p**2 / 4)


@given(
    alpha_p=st.floats(0.1, 10),
    eta=st.floats(0, 0.1),
    eta_p=st.floats(0, 0.1),
    beta=st.none() | st.floats(0.01, 5),
    momentum=st.floats(0, 0.95),
    factor=st.floats(0.5, 4),
)
def test_there_and_back(alpha_p, eta, eta_p, beta, momentum, factor):
    flow = FlowParameters(dt=0.1, alpha_p=alpha_p, eta=eta, eta_p=eta_p, beta=beta)
    again = FlowParameters.from_optimiser(**flow.to_optimiser(momentum=momentum, factor=factor))
    for name, value in vars(flow).items():
        assert vars(again)[name] == (None if value is None else pytest.approx(value))


def sgd(lr, momentum, decay, alpha_p, predictor_decay, steps, k=1.25):
    """SGD with momentum on J of one isotropic mode: w, p."""
    w, p, mw, mp = 0.7, 0.5, 0.0, 0.0
    for _ in range(steps):
        e = w - k * p * w
        mw = momentum * mw - p * e + decay * w
        mp = momentum * mp - e * w + predictor_decay * p
        w, p = w - lr * mw, p - alpha_p * lr * mp
    return p, w**2


@pytest.mark.parametrize(("alpha_p", "own"), [(1, None), (4, None), (4, 0.0125)])
def test_sgd_with_momentum_is_the_flow(alpha_p, own):
    settings = {"lr": 1e-3, "momentum": 0.9, "decay": 0.05}
    own_decay = 0.05 if own is None else own
    flow = FlowParameters.from_optimiser(
        **settings, predictor_lr=alpha_p * 1e-3, predictor_decay=own
    )
    for steps in (300, 1000, 40_000):
        p, s = sgd(**settings, alpha_p=alpha_p, predictor_decay=own_decay, steps=steps)
        run = integrate(flow.eigenmodes(0.25), (0.5, 0.49), [0, steps * flow.dt])
        predicted = [run[name].values[-1, 0] for name in flow.eigenmodes().variables]
        np.testing.assert_allclose((p, s), predicted, rtol=8e-3)
    expected = p**2 / 4 if own else p**2  # what the decays of the optimiser make of the parabola
    assert s == pytest.approx(expected, rel=1e-3)


def config(**options):
    usual = {"data": "gaussian", "width": 8, "batch_size": 512, "device": "cpu", "every": 8}
    method = options.pop("method", Method(Learned(layers=1), EMA(0.99), Euclidean()))
    return Config(method=method, **{**usual, "lr": 0.005, "epochs": 1, **options})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"weight_decay": 0.01}, (0.05, 1, 0.01, 0.01)),
        ({"weight_decay": 0.01, "predictor_lr": 0.02}, (0.05, 4, 0.01, 0.04)),
        ({"weight_decay": 0.01, "predictor_lr": 0.02, "flow_decay": True}, (0.05, 4, 0.01, 0.01)),
        ({"weight_decay": 0.01, "decay": "decoupled"}, (0.05, 1, 0.2, 0.2)),
        (
            {"weight_decay": 0.01, "decay": "decoupled", "predictor_lr": 0.05, "flow_decay": True},
            (0.05, 10, 0.2, 0.2),
        ),
        (
            {"encoder_decay": 0.02, "weight_decay": 0.01, "predictor_lr": 0.05, "flow_decay": True},
            (0.05, 10, 0.02, 0.02),
        ),
        ({"encoder_decay": 0.0, "weight_decay": 0.02}, (0.05, 1, 0.0, 0.02)),
    ],
)
def test_flow_of_a_stored_run(tmp_path, options, expected):
    run = open_snapshots(train(config(**options), tmp_path / "run"))
    flow = FlowParameters.from_run(run)
    assert (flow.dt, flow.alpha_p, flow.eta, flow.eta_p) == pytest.approx(expected)
    assert flow.beta == pytest.approx(0.01 / 0.05)
    assert float(run["time"][-1]) == pytest.approx(flow.dt * int(run["step"][-1]))


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("target", [EMA(0.99), StopGradient()])
def test_minibatch_sgd_follows_the_matrix_flow(tmp_path, target):
    """The stochastic twin: anisotropic data, 512 fresh vectors a step, W_p as it likes."""
    settings = config(
        method=Method(Learned(layers=1), target, Euclidean()),
        **{"weight_decay": 0.05, "epochs": 48, "lr": 0.0125, "momentum": 0.5, "every": 16},
    )
    run = open_snapshots(train(settings, tmp_path / "run"))
    data = GaussianData()
    learner = Learner(settings, data.shape, torch.device("cpu"), 1)  # the seed's own start
    W, Wp = (
        next(part.parameters()).detach().double().numpy()
        for part in (learner.online.encoder, learner.predictor)
    )
    X, same = data.cross_view.numpy(), data.same_view.numpy()
    parameters = FlowParameters.from_run(run)
    flow = LinearFlow(X=X, Xp=same - X, eta=parameters.eta, beta=parameters.beta)
    state = (W, Wp, W)[: len(flow.variables)]
    # A snapshot's correlation is a mean over the steps since the last one: its middle.
    middles = run["time"].values[1:] - 8 * parameters.dt
    theory = integrate(flow, state, np.concatenate([[0.0], middles]))
    U = np.linalg.eigh(theory["cross_correlation"].values[-1])[1]
    s, s_flow = (
        np.einsum("ij,tik,kj->tj", U, ds["cross_correlation"].values[1:], U) for ds in (run, theory)
    )
    at_snapshots = integrate(flow, state, run["time"].values)
    p, p_flow = (
        np.einsum("ij,tik,kj->tj", U, ds["predictor"].values[1:], U) for ds in (run, at_snapshots)
    )
    assert abs(p - p_flow).max() < 0.02
    assert (abs(s - s_flow) / (0.05 + s_flow)).max() < 0.12
    assert abs(p_flow[-1] - p_flow[0]).max() > 0.3  # something happened


@pytest.mark.usefixtures("without_pauses")
def test_modes_of_a_run_beside_those_of_the_theory(tmp_path, monkeypatch):
    isotropic = {"dimension": 8, "spectrum": "identity", "sigma2": 0.25}
    monkeypatch.setattr(
        "trainers.data.load.GaussianData",
        lambda seed, device: GaussianData(seed=seed, device=device, **isotropic),
    )
    method = Method(Learned(layers=1, constraint="symmetric"), EMA(0.99), Euclidean())
    run = open_snapshots(
        train(config(method=method, epochs=40, weight_decay=0.05, every=4), tmp_path / "run")
    )
    start = len(run.step) // 2  # aligned by then; modes that are not do not keep apart
    beside = compare(run, start=start)
    assert beside["predictor_eigenvalue"].sel(source="predicted").isnull().sum() == 8 * start
    gap = beside[["predictor_eigenvalue", "correlation_eigenvalue"]].diff("source")
    assert float(abs(gap["predictor_eigenvalue"]).max()) < 0.04
    assert float(abs(gap["correlation_eigenvalue"]).max()) < 0.1
    last = beside.sel(source="measured").isel(step=-1)
    useful = EigenmodeFlow(sigma2=0.25, eta=0.05).rest_points()[-1].state[0]
    np.testing.assert_allclose(last["predictor_eigenvalue"][:5], useful, atol=0.03)
    np.testing.assert_allclose(last["parabola"][:5], last["correlation_eigenvalue"][:5], rtol=0.1)
    # The last mode began with a negative p: it dies, and theory says so.
    assert beside["survives"].values.tolist() == [[True] * 7 + [False]] * 2


def test_a_target_that_never_moves_has_a_flow():
    flow = FlowParameters.from_optimiser(lr=0.1, decay=0.05, ema=1.0)
    assert flow.beta == 0
    assert FlowParameters.from_optimiser(**flow.to_optimiser()) == flow
    run = integrate(flow.eigenmodes(0.25), (0.5, 0.49, 1.0), np.linspace(0, 20, 5))
    w_a = run["tau"] * np.sqrt(run["correlation_eigenvalue"])
    np.testing.assert_allclose(w_a, 0.7, rtol=1e-6)
    with pytest.raises(ValueError, match="beta is 0: the target stands still"):
        flow.eigenmodes().rest_points()


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match=r"lr is 0.0; finite and above 0"):
        FlowParameters.from_optimiser(lr=0)
    with pytest.raises(ValueError, match=r"ema is 1.1; finite and 0 or more and at most 1"):
        FlowParameters.from_optimiser(lr=1, ema=1.1)
    run = open_snapshots(train(config(), tmp_path / "run"))
    with pytest.raises(ValueError, match="no config in its attrs"):
        FlowParameters.from_run(run.drop_attrs())
    with pytest.raises(ValueError, match=r"lacks \['cross_correlation'\]"):
        compare(run.drop_vars("cross_correlation"))
    with pytest.raises(ValueError, match="start is 99; a whole number from 0 to"):
        compare(run, start=99)
