"""The balance of deep networks decays by itself, by gradient flow and in training: Theorem 1."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch.nn.functional import cosine_similarity

from analysis import balance, balance_gap, open_snapshots
from trainers import EMA, METHODS, Config, Learned, Method, train
from trainers.methods.losses import Euclidean
from trainers.training.learner import Learner

SHAPES = {"A": (6, 5), "W": (4, 6), "b": (4,)}  # f = W tanh(A x) + b
ALPHA_P, ETA, BETA = 2.0, 0.07, 0.4


def unpack(y, shapes):
    parts, at = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        parts[name] = torch.from_numpy(y[at : at + size].copy()).view(shape)
        at += size
    return parts


def deviation(power, predictor_decay=ETA):
    """Follow a tanh encoder under a cosine loss with EMA; balance against its decay, relatively."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 5, generator=generator, dtype=torch.float64)
    views = [x + 0.3 * torch.randn(x.shape, generator=generator).double() for _ in range(2)]
    shapes = SHAPES | {"P": (4, 4)} | {f"{name}_a": shape for name, shape in SHAPES.items()}
    rates = {name: ALPHA_P if name == "P" else 1.0 for name in [*SHAPES, "P"]}

    def features(parts, x, suffix=""):
        A, W, b = (parts[name + suffix] for name in SHAPES)
        return torch.tanh(x @ A.mT) @ W.mT + b

    def field(t, y):
        parts = unpack(y, shapes)
        learned = {name: parts[name].requires_grad_() for name in rates}
        with torch.no_grad():
            targets = [features(parts, view, "_a") for view in views]
        loss = sum(
            -cosine_similarity(features(parts, view) @ parts["P"].mT, target).mean()
            for view, target in zip(views, reversed(targets), strict=True)
        )
        gradients = torch.autograd.grad(loss, list(learned.values()))
        moved = []
        for (name, value), gradient in zip(learned.items(), gradients, strict=True):
            decay = predictor_decay if name == "P" else ETA
            moved.append((-rates[name] * gradient - decay * value).detach())
        moved += [BETA * (parts[name] - parts[f"{name}_a"]).detach() for name in SHAPES]
        return torch.cat([m.ravel() for m in moved]).numpy()

    size = sum(int(np.prod(shape)) for shape in shapes.values())
    y0 = 0.6 * torch.randn(size, generator=generator, dtype=torch.float64).numpy()
    out = solve_ivp(field, (0, 6), y0, method="DOP853", rtol=1e-8, atol=1e-10, t_eval=[0, 1, 3, 6])
    balances = []
    for y in out.y.T:
        p = unpack(y, shapes)
        gram = p["W"] @ p["W"].mT + torch.outer(p["b"], p["b"])
        balances.append((gram - p["P"].mT @ p["P"] / ALPHA_P).numpy())
    expected = np.exp(-power * ETA * out.t)[:, None, None] * balances[0]
    assert np.linalg.norm(out.y[:, -1] - y0) > 1  # it moved
    return np.linalg.norm(balances - expected, axis=(1, 2)).max() / np.linalg.norm(balances[0])


def test_the_balance_of_a_deep_network_decays_by_itself():
    assert deviation(power=2) < 1e-6
    assert deviation(power=1) > 0.1  # this would see a lost factor of two


def test_decays_that_differ_break_the_balance():
    assert deviation(power=2, predictor_decay=2 * ETA) > 0.01


def gaps(tmp_path, **options):
    settings = {"data": "gaussian", "width": 6, "epochs": 10, "every": 64, "device": "cpu"}
    method = Method(Learned(layers=1), EMA(0.99), Euclidean())
    config = Config(method=method, record_head=True, **{**settings, **options})
    run = open_snapshots(train(config, tmp_path / "run"))
    return run, balance_gap(run)


@pytest.mark.usefixtures("without_pauses")
def test_a_trained_run_records_its_head_and_keeps_its_balance(tmp_path):
    run, gap = gaps(tmp_path, lr=0.01, momentum=0.0, weight_decay=0.05)
    assert run["head"].sizes == {"step": len(run.step), "row": 6, "feature": 16}
    head, P = run["head"].values, run["predictor"].values
    gram = head @ head.swapaxes(1, 2)
    inside = gram - P.swapaxes(1, 2) @ P
    np.testing.assert_allclose(balance(run), inside, atol=1e-6)
    expected = np.exp(-2 * 0.05 * run["time"].values)[:, None, None] * inside[0]
    assert norm(inside - expected).max() < 0.02 * norm(inside[0])
    assert norm(inside[-1] - inside[0]) > 0.2 * norm(inside[0])
    np.testing.assert_allclose(gap, norm(inside) / norm(gram), rtol=1e-5)


@pytest.mark.usefixtures("without_pauses")
def test_the_bias_of_the_head_is_recorded_and_is_part_of_the_balance(tmp_path):
    settings = {"projector_layers": 1, "projector_out": 6, "projector_bias": True}
    run, gap = gaps(tmp_path, lr=0.01, momentum=0.0, weight_decay=0.05, **settings)
    head, b, P = (run[name].values for name in ("head", "head_bias", "predictor"))
    assert norm(b[0][None]) > 0.3
    gram = head @ head.swapaxes(1, 2) + b[:, :, None] * b[:, None]
    inside = gram - P.swapaxes(1, 2) @ P
    np.testing.assert_allclose(balance(run), inside, atol=1e-6)
    np.testing.assert_allclose(gap, norm(inside) / norm(gram), rtol=1e-5)
    # The bias takes part: what it is weighed without decays otherwise.
    decay = np.exp(-2 * 0.05 * run["time"].values)[:, None, None]
    assert norm(inside - decay * inside[0]).max() < 0.02 * norm(inside[0])
    without = inside - b[:, :, None] * b[:, None]
    assert norm(without - decay * without[0]).max() > 0.05 * norm(without[0])


def norm(matrices):
    return np.linalg.norm(matrices, axis=(-2, -1))


def test_a_network_without_a_linear_end_has_no_head():
    config = Config(method=METHODS["byol"], projector_layers=0, record_head=True)
    with pytest.raises(ValueError, match=r"no linear layer ends conv4 .* use 1 or more"):
        Learner(config, (3, 8, 8), torch.device("cpu"))
