"""What is measured, integrated or set is a value: it is not changed; a flow is made by names."""

import dataclasses
import importlib
import pkgutil

import pytest

ROOMS = {
    "analysis": ["checks", "measures", "registry", "statistics", "store", "verdicts"],
    "dynamics": ["experiment", "flows", "solvers", "theorems"],
    "trainers": ["methods", "optimisation", "presets", "recording"],
}
BY_PLACE = {"EigenLoss", "Observation"}  # rows of a table


def values(package):
    found = []
    for room in ROOMS[package]:
        folder = importlib.import_module(f"{package}.{room}").__path__
        for info in pkgutil.iter_modules(folder, f"{package}.{room}."):
            kinds = vars(importlib.import_module(info.name)).values()
            own = [k for k in kinds if isinstance(k, type) and k.__module__ == info.name]
            found += [kind for kind in own if dataclasses.is_dataclass(kind)]
    return found


@pytest.mark.parametrize("package", ROOMS)
def test_values_are_frozen(package):
    kinds = values(package)
    assert len(kinds) > 5
    assert not [kind for kind in kinds if not kind.__dataclass_params__.frozen]


def test_parameters_of_a_flow_are_given_by_name():
    theory = [kind for kind in values("dynamics") if "experiment" not in kind.__module__]
    kinds = [kind for kind in theory if kind.__name__ not in BY_PLACE]
    fields = [(kind.__name__, field) for kind in kinds for field in dataclasses.fields(kind)]
    assert len(fields) > 30
    assert not [(name, field.name) for name, field in fields if not field.kw_only]
