"""Rules that set W_p, under a cosine: matrices by automatic differentiation, and trainers' SGD."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from strategies import haar

from dynamics import (
    ClosedFormFlow,
    FlowParameters,
    IdentityRule,
    OptimalRule,
    SpectrumRule,
    integrate,
)
from trainers import EMA, Config, Cosine, Direct, Identity, Method, Optimal, StopGradient
from trainers.data.gaussian import GaussianData
from trainers.training.learner import Learner

norm = np.linalg.norm


def power(F, a):
    values, U = torch.linalg.eigh(F)
    return (U * values.clamp(min=0) ** a) @ U.mT


RULES = {  # our rule, what trainers are given, and W_p of the same-view F and E[t zᵀ]
    "DirectPred": (
        SpectrumRule(power=0.5, eps=0.1, normalise="max"),
        Direct(power=0.5, eps=0.1, rho=0.9),
        lambda F, T: power(F / torch.linalg.matrix_norm(F, 2), 0.5) + 0.1 * torch.eye(len(F)),
    ),
    "DirectCopy": (
        SpectrumRule(power=1, eps=0.3, normalise="frobenius"),
        Direct(power=1, eps=0.3, rho=0.9, normalise="frobenius"),
        lambda F, T: F / F.norm() + 0.3 * torch.eye(len(F)),
    ),
    "DirectSet": (
        SpectrumRule(power=2),
        Direct(power=2, eps=0.0, rho=0.9, normalise="none"),
        lambda F, T: F @ F,
    ),
    "optimal": (
        OptimalRule(ridge=0.01),
        Optimal(rho=0.9, ridge=0.01),
        lambda F, T: T @ torch.linalg.inv(F + 0.01 * torch.eye(len(F))),
    ),
    "none": (IdentityRule(), Identity(), lambda F, T: torch.eye(len(F))),
}


@pytest.mark.parametrize("beta", [None, 0.4])
@pytest.mark.parametrize("iso", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_modes_are_those_of_matrices_by_automatic_differentiation(name, iso, beta):
    rule, _, solved = RULES[name]
    rng, d, eta, until = np.random.default_rng(3), 4, 0.05, 6.0
    cross, same = rng.uniform(0.6, 1.2, d), rng.uniform(1.3, 1.9, d)
    w0, wa0 = rng.uniform(0.4, 1.2, (2, d))
    U = haar(rng, d)
    X, Xs = (torch.from_numpy(np.diag(values)) for values in (cross, same))

    def field(t, y):
        W, Wa = torch.from_numpy(y.reshape(2, d, d).copy())
        Wa = W if beta is None else Wa
        Wp = solved(W @ Xs @ W.mT, Wa @ X @ W.mT).to(W)
        q = (Wp @ W).requires_grad_()
        lengths = torch.trace(q @ Xs @ q.mT) * torch.trace(Wa @ Xs @ Wa.mT)
        J = -torch.trace(q @ X @ Wa.mT) / lengths.sqrt()
        (gradient,) = torch.autograd.grad(J, q)
        moved = -(gradient if iso else Wp.mT @ gradient) - eta * W
        return torch.stack([moved, (beta or 0) * (W - Wa)]).numpy().ravel()

    start = np.stack([U * w0, U * (w0 if beta is None else wa0)])
    out = solve_ivp(field, (0, until), start.ravel(), method="DOP853", rtol=1e-9, atol=1e-11)
    W, Wa = out.y[:, -1].reshape(2, d, d)
    flow = ClosedFormFlow(
        rule=rule, same=same, cross=cross, eta=eta, beta=beta, iso=iso, cosine=True
    )
    run = integrate(flow, (w0, wa0)[: len(flow.variables)], [0, until])
    w = run["encoder_value"].values[-1]
    np.testing.assert_allclose(U.T @ W, np.diag(w), atol=1e-6)
    assert norm(w - w0 * np.exp(-eta * until)) > 0.01  # more than its decay happened
    if beta is not None:
        np.testing.assert_allclose(U.T @ Wa, np.diag(run["target_value"].values[-1]), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "iso", "within"),
    [
        ("DirectPred", False, 0.04),
        ("DirectCopy", False, 0.04),
        ("DirectSet", False, 0.04),
        ("optimal", False, 0.06),
        ("none", False, 0.08),
        ("DirectPred", True, 0.1),
        ("DirectCopy", True, 0.1),
    ],
)
def test_minibatch_sgd_of_trainers_ends_where_the_flow_does(name, iso, within):
    rule, predictor, _ = RULES[name]
    d, batch, steps, ema = 48, 512, 150, 0.9 if iso else None
    options = {"lr": 0.05, "momentum": 0.0, "weight_decay": 0.02, "width": d, "device": "cpu"}
    method = Method(predictor, EMA(ema) if ema else StopGradient(), Cosine(iso=iso))
    data = GaussianData(dimension=d, spectrum="identity", seed=1)
    config = Config(method=method, data="gaussian", **options)
    learner = Learner(config, data.shape, torch.device("cpu"), steps_per_epoch=steps)
    encoder = learner.online.encoder.weight
    U, w, _ = np.linalg.svd(encoder.detach().double().numpy())
    for step in range(1, steps + 1):
        learner.learn(step, *data.views(step, torch.arange(batch)))
    W = encoder.detach().double().numpy()
    seen = np.diag(U.T @ W @ W.T @ U)
    step = FlowParameters.from_optimiser(lr=0.05, decay=0.02, ema=ema, factor=4)
    flow = ClosedFormFlow(rule=rule, same=1.25, cosine=True, eta=step.eta, beta=step.beta, iso=iso)
    run = integrate(flow, (w, w)[: len(flow.variables)], [0, steps * step.dt])
    said = run["correlation_eigenvalue"].values[-1]
    # Of the way that modes have gone: a mean field of 48 dimensions at steps of 0.2.
    assert norm(seen - said) < within * norm(said - w**2)
