"""Any value of any kind at any field is taken, or refused in one line: never another exception."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics import (
    BarlowFlow,
    ClosedFormFlow,
    CosineFlow,
    DepthFlow,
    EigenmodeFlow,
    FlowParameters,
    ScalarFlow,
)
from trainers import EMA, METHODS, Config, Direct, Learned, Method, Optimal
from trainers.augmentation.recipes import Recipe
from trainers.methods.method import LOSSES

BYOL = METHODS["byol"]
KINDS = {
    Config: {"method": BYOL},
    Method: {"predictor": BYOL.predictor, "target": BYOL.target, "loss": BYOL.loss},
    FlowParameters: {"dt": 0.1, "alpha_p": 1.0, "eta": 0.1, "eta_p": 0.1},
    Recipe: {"source": "x"},
    **{kind: {} for kind in (Learned, Direct, Optimal, EMA, *map(type, LOSSES.values()))},
    **{kind: {} for kind in (EigenmodeFlow, CosineFlow, ScalarFlow, ClosedFormFlow)},
    **{kind: {} for kind in (DepthFlow, BarlowFlow)},
}
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.lists(st.integers() | st.floats() | st.text(max_size=3), max_size=3),
    st.tuples(st.floats(), st.floats()),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from([object(), object, BYOL, len, range(3), 10**400, "\0", "a:b", "../x"]),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=40)
@given(data=st.data())
def test_any_value_is_taken_or_refused_in_one_line(kind, data):
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    given = data.draw(st.dictionaries(st.sampled_from(names), anything, min_size=1, max_size=3))
    said = "fine"
    try:
        kind(**{**KINDS[kind], **given})
    except ValueError as refused:
        said = str(refused)
    assert said
    assert "\n" not in said
