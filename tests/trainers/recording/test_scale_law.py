"""The scale laws of real runs: of W_p and head, at three rates, to rounding."""

import numpy as np
import pytest
from small_runs import small

from analysis import open_run, scale_law
from trainers import EMA, Config, Direct, Learned, Method, train

ONE_LAYER = Method(Learned(layers=1, bias=False), EMA(0.9))


@pytest.mark.parametrize(
    ("lr", "rest"),
    [
        (0.003, {"momentum": 0.9}),
        (0.1, {"momentum": 0.9, "decay": "decoupled", "schedule": "cosine", "predictor_lr": 0.3}),
        (0.3, {"momentum": 0.0}),
    ],
)
def test_a_cosine_run_has_the_norms_of_its_recursion(tmp_path, lr, rest):
    own = {"projector_lr": 2 * lr, "projector_decay": 3e-3, "record_head": True}
    run = train(small(ONE_LAYER, lr=lr, weight_decay=1e-3, **own, **rest), tmp_path / "run")
    for layer in ("predictor", "head"):
        law = scale_law(open_run(run), layer)
        np.testing.assert_allclose(law["left_over"], 0, atol=2e-6)
        assert law["excess"][-1] > 1e-4 * (lr / 0.003)  # and no gradient flow


def test_a_head_has_its_law_under_a_predictor_that_is_set_and_where_it_is_the_encoder(tmp_path):
    options = {"data": "gaussian", "width": 4, "batch_size": 512, "epochs": 2, "device": "cpu"}
    rates = {"encoder_lr": 0.1, "encoder_decay": 1e-2, "record_head": True}
    config = Config(method=Method(Direct(), EMA(0.9)), **options, **rates)
    run = open_run(train(config, tmp_path / "run"))
    np.testing.assert_allclose(scale_law(run, "head")["left_over"], 0, atol=2e-6)
    with pytest.raises(ValueError, match="lacks predictor_grad_norm"):
        scale_law(run)


def test_a_bias_of_the_head_is_left_over(tmp_path):
    config = small(ONE_LAYER, lr=0.3, projector_bias=True, record_head=True)
    run = open_run(train(config, tmp_path / "run"))
    assert abs(scale_law(run, "head")["left_over"]).max() > 1e-4
    np.testing.assert_allclose(scale_law(run)["left_over"], 0, atol=2e-6)  # W_p has none


def test_a_bias_of_the_predictor_is_left_over(tmp_path):
    method = Method(Learned(layers=1, bias=True), EMA(0.9))
    run = train(small(method, lr=0.3), tmp_path / "run")
    assert abs(scale_law(open_run(run))["left_over"]).max() > 1e-4
