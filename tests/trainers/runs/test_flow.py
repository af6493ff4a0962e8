"""What a store says of a run in the theory's terms, value by value."""

import json

import pytest

from analysis import open_snapshots
from trainers import METHODS, Attached, Config, Euclidean, Identity, Learned, Method, Optimal, train
from trainers.runs.flow import flow_parameters

COSINE = {"kind": "cosine", "factor": 4.0, "iso": False}
EMA_996 = {"stop_gradient": True, "ema": 0.996, "scheduled": False}
TWO_LAYERS = {"kind": "learned", "layers": 2, "bias": False, "constraint": "none"}
SPECTRUM = {"kind": "spectrum", "offset": 0.0, "views": "same"}
EXPECTED = {
    "byol": (EMA_996, TWO_LAYERS),
    "simsiam": ({"stop_gradient": True, "ema": None, "scheduled": False}, TWO_LAYERS),
    "directpred": (EMA_996, SPECTRUM | {"power": 0.5, "eps": 0.1, "normalise": "max"}),
    "directcopy": (EMA_996, SPECTRUM | {"power": 1, "eps": 0.3, "normalise": "frobenius"}),
}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_by_hand(name):
    target, predictor = EXPECTED[name]
    rates = {"lr": 0.03, "predictor_lr": 0.03, "decay": 4e-4, "predictor_decay": 4e-4}
    assert flow_parameters(Config(method=METHODS[name])) == {
        "loss": COSINE,
        "target": target,
        "predictor": predictor,
        "encoder": {"name": "conv4", "linear": False},
        "projector": {"layers": 2, "bias": False},
        "optimiser": rates | {"momentum": 0.9, "decoupled": False, "schedule": "constant"},
    }


def test_parts_and_rates_of_their_own_are_resolved():
    method = Method(Learned(layers=1, bias=True), Attached(), Euclidean())
    options = {"encoder_lr": 0.1, "predictor_lr": 0.4, "encoder_decay": 0.02, "flow_decay": True}
    known = flow_parameters(Config(method=method, data="gaussian", **options))
    assert known["loss"] == {"kind": "euclidean", "factor": 1.0, "iso": False}
    assert known["target"]["stop_gradient"] is False
    assert known["predictor"]["bias"] is True
    assert known["encoder"] == {"name": "linear", "linear": True}
    assert known["projector"]["layers"] == 0
    optimiser = known["optimiser"]
    assert (optimiser["lr"], optimiser["predictor_lr"]) == (0.1, 0.4)
    assert optimiser["predictor_decay"] == pytest.approx(0.02 / 4)  # w_p = w / alpha_p


def test_rules_without_a_spectrum_are_named():
    kinds = [
        flow_parameters(Config(method=Method(part, METHODS["byol"].target)))["predictor"]
        for part in (Optimal(ridge=0.1), Identity())
    ]
    assert kinds == [{"kind": "least-squares", "ridge": 0.1}, {"kind": "identity"}]


def test_a_store_keeps_them(tmp_path):
    method = Method(Learned(layers=1), METHODS["byol"].target, Euclidean())
    options = {"data": "gaussian", "width": 2, "batch_size": 512, "every": 8, "device": "cpu"}
    config = Config(method=method, epochs=1, lr=0.01, **options)
    run = open_snapshots(train(config, tmp_path / "run"))
    assert json.loads(run.attrs["flow_parameters"]) == flow_parameters(config)
