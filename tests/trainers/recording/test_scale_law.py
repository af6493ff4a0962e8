"""The scale law of real runs: of a convolutional network, at three rates, to rounding."""

import numpy as np
import pytest
from small_runs import small

from analysis import open_run, scale_law
from trainers import EMA, Learned, Method, train

ONE_LAYER = Method(Learned(layers=1, bias=False), EMA(0.9))


@pytest.mark.parametrize(
    ("lr", "rest"),
    [
        (0.003, {"momentum": 0.9}),
        (0.1, {"momentum": 0.9, "decay": "decoupled", "schedule": "cosine", "predictor_lr": 0.3}),
        (0.3, {"momentum": 0.0}),
    ],
)
def test_a_cosine_run_has_the_norm_of_its_recursion(tmp_path, lr, rest):
    run = train(small(ONE_LAYER, lr=lr, weight_decay=1e-3, **rest), tmp_path / "run")
    law = scale_law(open_run(run))
    np.testing.assert_allclose(law["left_over"], 0, atol=2e-6)
    assert law["excess"][-1] > 1e-4 * (lr / 0.003)  # and no gradient flow


def test_a_bias_of_the_predictor_is_left_over(tmp_path):
    method = Method(Learned(layers=1, bias=True), EMA(0.9))
    run = train(small(method, lr=0.3), tmp_path / "run")
    assert abs(scale_law(open_run(run))["left_over"]).max() > 1e-4
