"""Stores from before `flow_parameters`: their config says the same."""

import json

import pytest
import xarray as xr

from dynamics import FlowParameters
from dynamics.experiment.assumptions import broken_assumptions
from dynamics.experiment.older_stores import of_config
from dynamics.flows.set_predictor import rule_of
from trainers import Config
from trainers.presets.table import PRESETS
from trainers.runs.flow import flow_parameters

RATES = {"predictor_lr": 0.3, "flow_decay": True, "encoder_decay": 1e-3}


def stores(config):
    """Return the two attrs of one run: as an older version kept it, and as this one does."""
    older = {"config": config.to_json(), "config_resolved": config.resolved.to_json()}
    return older, {"flow_parameters": json.dumps(flow_parameters(config))}


# No older version had another optimiser than SGD.
OLDER = [name for name, preset in PRESETS.items() if "optimiser" not in preset.options]


@pytest.mark.parametrize("name", OLDER)
def test_a_config_says_what_a_store_of_today_says(name):
    preset = PRESETS[name]
    config = Config(method=preset.method, **preset.options)
    older, today = stores(config)
    read, written = of_config(older), json.loads(today["flow_parameters"])
    assert read.keys() == written.keys()
    for part, values in written.items():
        assert {key: read[part][key] for key in values} == values
    a, b = (xr.Dataset(attrs=attrs) for attrs in (older, today))
    assert FlowParameters.from_run(a) == FlowParameters.from_run(b)
    assert broken_assumptions(a) == broken_assumptions(b)
    assert rule_of(read["predictor"]) == rule_of(written["predictor"])


def test_rates_of_the_parts_are_read_too():
    a, b = (
        xr.Dataset(attrs=attrs) for attrs in stores(Config(method=PRESETS["byol"].method, **RATES))
    )
    flow = FlowParameters.from_run(a)
    assert flow == FlowParameters.from_run(b)
    assert (flow.alpha_p, flow.eta, flow.eta_p) == pytest.approx((10, 1e-3 / 4, 1e-3 / 4))


def test_a_config_as_it_was_given_is_enough():
    # Before configs were resolved: what was left open is None.
    config = json.loads(Config(method=PRESETS["byol-linear"].method, data="gaussian").to_json())
    run = xr.Dataset(
        attrs={"config": json.dumps(config | {"flow_decay": True, "predictor_lr": 0.3})}
    )
    flow = FlowParameters.from_run(run)
    assert (flow.dt, flow.alpha_p, flow.eta, flow.eta_p) == pytest.approx((1.2, 10, 1e-4, 1e-4))


@pytest.mark.parametrize("config", ['{"method": "byol"}', "{}", "[1]", '{"lr": 0.1}'])
def test_a_config_of_another_loop_says_nothing(config):
    run = xr.Dataset(attrs={"config": config})
    assert broken_assumptions(run) == []
    with pytest.raises(ValueError, match="no config in its attrs that names its rates"):
        FlowParameters.from_run(run)


def test_a_rule_that_theory_does_not_know_is_said():
    run = xr.Dataset(attrs={"flow_parameters": json.dumps({"predictor": {"kind": "half"}})})
    assert broken_assumptions(run) == ["predictor set by half"]
