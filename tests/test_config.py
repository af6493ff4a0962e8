import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers import EMA, METHODS, Config, Cosine, Direct, Learned, Method, StopGradient
from trainers.closed_forms import NORMALISATIONS

unit = st.floats(0, 0.99)
predictors = st.builds(
    Direct,
    power=st.floats(0.1, 3),
    eps=unit,
    rho=unit,
    every=st.integers(1, 9),
    normalise=st.sampled_from(sorted(NORMALISATIONS)),
) | st.builds(Learned, layers=st.sampled_from([1, 2]), hidden=st.integers(1, 99))
targets = st.builds(EMA, momentum=unit) | st.just(StopGradient())
methods = st.builds(Method, predictors, targets, st.builds(Cosine, factor=st.floats(0.1, 9)))


@given(
    method=methods,
    epochs=st.integers(1, 999),
    limit=st.none() | st.integers(1, 999),
    lr=st.floats(1e-6, 9),
)
def test_a_config_comes_back_from_json(method, epochs, limit, lr):
    config = Config(method=method, epochs=epochs, limit=limit, lr=lr)
    assert Config.from_json(config.to_json()) == config


def test_the_flow_time_of_a_step_by_hand():
    config = Config(method=METHODS["byol"], lr=0.03, momentum=0.9)
    assert config.time_per_step == pytest.approx(1.2)  # 4 * .03 / .1, theory.md 1.1
    assert dataclasses.replace(config, momentum=0.0).time_per_step == pytest.approx(0.12)


def test_what_is_left_open_depends_on_the_data():
    images, vectors = (
        Config(method=METHODS["byol"]),
        Config(method=METHODS["byol"], data="gaussian"),
    )
    assert (images.encoder, images.width, images.projector_layers) == ("conv4", 16, 2)
    assert (vectors.encoder, vectors.width, vectors.projector_layers) == ("linear", 8, 0)
    assert Config(method=METHODS["byol"], encoder="resnet18").width == 64


def test_a_config_is_called_after_its_method():
    assert Config(method=METHODS["directcopy"]).name == "directcopy"
    assert Config(method=Method(Learned(layers=1), EMA(0.9))).name == "custom"


def test_a_config_of_another_version_is_refused():
    text = Config(method=METHODS["byol"]).to_json()
    with pytest.raises(ValueError, match="another version of the library"):
        Config.from_json(text.replace('"epochs"', '"epoch_count"'))
    with pytest.raises(ValueError, match="config has kind 'EMB'; this version knows"):
        Config.from_json(text.replace('"EMA"', '"EMB"'))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"encoder": "resnet19"}, "did you mean 'resnet18'"),
        ({"batch_size": 1}, "batch-size is 1; it must be at least 2"),
        ({"epochs": 0}, "epochs is 0; it must be at least 1"),
        ({"lr": 0.0}, "lr is 0.0; it must be above 0"),
        ({"lr": float("nan")}, "lr is nan; it must be above 0"),
        ({"momentum": 1.0}, r"momentum is 1.0; it must lie in \[0, 1\)"),
        ({"weight_decay": -1.0}, "weight-decay is -1.0; it must be at least 0"),
        ({"every": 0}, "every is 0; it must be at least 1"),
        ({"limit": 0}, "limit is 0"),
    ],
)
def test_values_out_of_range_are_refused(option, message):
    with pytest.raises(ValueError, match=message):
        Config(method=METHODS["byol"], **option)
