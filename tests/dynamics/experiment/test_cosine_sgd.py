"""What trainers do to a linear network under a cosine is its flow, to the first order of a step."""

import numpy as np
import pytest
import torch

from dynamics import FlowParameters, GaussianCosineFlow, integrate
from trainers import EMA, Config, Learned, Method
from trainers.data.gaussian import GaussianData
from trainers.training.learner import Learner

PAIRS, BATCH, UNTIL, BETA, DECAY = 2048, 256, 4.0, 0.5, 0.04
norm = np.linalg.norm
MOMENTUM, RATES = 0.5, (0.005, 0.0025, 0.00125)


def learnt(lr):
    """Return (W, W_p) before and after minibatch SGD over fixed pairs, and at the flow's end."""
    data = GaussianData(dimension=6, seed=3)
    x1, x2 = data.views(0, torch.arange(PAIRS))
    time = 4 * lr / (1 - MOMENTUM)  # of a step: the loss is 4 J
    ema = 1 - BETA * time
    method = Method(Learned(layers=1, bias=False), EMA(ema))
    options = {"lr": lr, "momentum": MOMENTUM, "weight_decay": DECAY, "width": 4, "device": "cpu"}
    config = Config(method=method, data="gaussian", **options)
    learner = Learner(config, data.shape, torch.device("cpu"), steps_per_epoch=1000)

    def weights():
        parts = learner.online.encoder.weight, learner.predictor.matrix()
        return [part.detach().double().numpy().copy() for part in parts]

    start, steps = weights(), round(UNTIL / time)
    generator, picks = torch.Generator().manual_seed(0), []
    for step in range(1, steps + 1):
        picks = picks or list(torch.randperm(PAIRS, generator=generator).split(BATCH))
        pick = picks.pop()
        learner.learn(step, x1[pick], x2[pick])
    parameters = FlowParameters.from_optimiser(
        lr=lr, momentum=MOMENTUM, decay=DECAY, ema=ema, factor=4
    )
    X = data.cross_view.numpy()
    flow = GaussianCosineFlow(
        x1=x1.double().numpy(),
        x2=x2.double().numpy(),
        X=X,
        Xp=data.same_view.numpy() - X,
        eta=parameters.eta,
        eta_p=parameters.eta_p,
        beta=parameters.beta,
    )
    end = integrate(flow, (*start, start[0]), [0, UNTIL], rtol=1e-6)
    return start, weights(), [end[name].values[-1] for name in ("encoder", "predictor")]


def test_minibatch_sgd_comes_to_the_exact_flow_at_first_order():
    errors = []  # (rate, part), of the way that each part has gone
    for lr in RATES:
        parts = zip(*learnt(lr), strict=True)
        errors.append([norm(seen - said) / norm(said - begun) for begun, seen, said in parts])
    orders = [np.polyfit(np.log(RATES), np.log(part), 1)[0] for part in np.transpose(errors)]
    assert orders == pytest.approx([1, 1], abs=0.1)
    assert max(errors[-1]) < 0.06
