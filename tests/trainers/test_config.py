import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers import EMA, METHODS, Config, Cosine, Direct, Learned, Method, StopGradient
from trainers.methods.closed_forms import NORMALISATIONS

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


rates = st.floats(1e-6, 9)
given_options = st.fixed_dictionaries(
    {},
    optional={
        "method": methods | st.sampled_from([*METHODS.values()]),
        "name": st.sampled_from(["", "mine"]),
        "data": st.sampled_from(["shapes", "gaussian", "cifar10"]),
        "encoder": st.sampled_from([None, "conv4", "resnet18", "linear"]),
        "width": st.none() | st.integers(1, 99),
        "projector_layers": st.none() | st.integers(0, 3),
        "limit": st.none() | st.integers(1, 999),
        "lr": rates,
        "encoder_lr": st.none() | rates,
        "predictor_lr": st.none() | rates,
        "weight_decay": unit,
        "encoder_decay": st.none() | unit,
        "projector_decay": st.none() | unit,
        "decay": st.sampled_from(["coupled", "decoupled"]),
        "flow_decay": st.booleans(),
        "every": st.none() | st.integers(1, 9),
    },
)
BYOL = {"method": METHODS["byol"]}


@given(options=given_options, changes=given_options)
def test_a_config_with_changes_is_the_config_made_anew_with_them(options, changes):
    changed = dataclasses.replace(Config(**BYOL | options), **changes)
    anew = Config(**BYOL | options | changes)
    assert changed == anew
    assert changed.resolved == anew.resolved
    for name, value in (BYOL | options | changes).items():  # as given, None stays None
        assert getattr(changed, name) == value


@given(options=given_options)
def test_a_config_and_its_resolved_form_come_back_from_json_and_are_one_run(options):
    config = Config(**BYOL | options)
    for form in (config, config.resolved):
        assert Config.from_json(form.to_json()) == form
    assert config.resolved.resolved == config.resolved
    for part in ("encoder", "projector", "predictor"):
        assert config.resolved.lr_of(part) == config.lr_of(part) is not None
        assert config.resolved.decay_of(part) == config.decay_of(part) is not None
    left_open = {k for k, v in vars(config.resolved).items() if v in (None, "")}
    assert left_open <= {"views", "size", "limit", "every"}


def test_what_a_change_leaves_open_follows_the_change():
    config = Config(**BYOL)
    assert dataclasses.replace(config, method=METHODS["simsiam"]).resolved.name == "simsiam"
    assert dataclasses.replace(config, encoder="resnet18").resolved.width == 64
    vectors = dataclasses.replace(config, data="gaussian").resolved
    assert (vectors.encoder, vectors.width, vectors.projector_layers) == ("linear", 8, 0)
    assert dataclasses.replace(config, lr=0.5).resolved.predictor_lr == 0.5


def test_the_flow_time_of_a_step_by_hand():
    config = Config(method=METHODS["byol"], lr=0.03, momentum=0.9)
    assert config.time_per_step == pytest.approx(1.2)  # 4 * .03 / .1, theory.md 1.1
    assert dataclasses.replace(config, momentum=0.0).time_per_step == pytest.approx(0.12)


def test_what_is_left_open_depends_on_the_data():
    images, vectors = (Config(**BYOL).resolved, Config(**BYOL, data="gaussian").resolved)
    assert (images.encoder, images.width, images.projector_layers) == ("conv4", 16, 2)
    assert (vectors.encoder, vectors.width, vectors.projector_layers) == ("linear", 8, 0)
    assert Config(**BYOL, encoder="resnet18").resolved.width == 64
    assert Config(**BYOL, encoder="resnet18").width is None


def test_a_config_is_called_after_its_method():
    assert Config(method=METHODS["directcopy"]).resolved.name == "directcopy"
    assert Config(method=Method(Learned(layers=1), EMA(0.9))).resolved.name == "custom"
    assert Config(method=METHODS["directcopy"], name="mine").resolved.name == "mine"


def test_a_config_of_another_version_is_refused():
    text = Config(method=METHODS["byol"]).to_json()
    with pytest.raises(ValueError, match="another version of the library"):
        Config.from_json(text.replace('"epochs"', '"epoch_count"'))
    with pytest.raises(ValueError, match="config has kind 'EMB', of another version"):
        Config.from_json(text.replace('"EMA"', '"EMB"'))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"encoder": "resnet19"}, "did you mean 'resnet18'"),
        ({"batch_size": 1}, "batch-size is 1; it must be at least 2"),
        ({"epochs": 0}, "epochs is 0; it must be at least 1"),
        ({"lr": 0.0}, "lr is 0.0; it must be above 0"),
        ({"lr": float("nan")}, "lr is nan; a finite number wanted"),
        ({"lr": float("inf")}, "lr is inf; a finite number wanted"),
        ({"predictor_lr": float("inf")}, "predictor-lr is inf; a finite number wanted"),
        ({"weight_decay": float("inf")}, "weight-decay is inf; a finite number wanted"),
        ({"flow_decay": True, "predictor_decay": 0.1}, "leave predictor-decay out"),
        ({"flow_decay": True, "predictor_lr": 0.0}, "divides by the predictor's learning rate"),
        ({"momentum": 1.0}, r"momentum is 1.0; it must lie in \[0, 1\)"),
        ({"weight_decay": -1.0}, "weight-decay is -1.0; it must be at least 0"),
        ({"every": 0}, "every is 0; it must be at least 1"),
        ({"limit": 0}, "limit is 0"),
    ],
)
def test_values_out_of_range_are_refused(option, message):
    with pytest.raises(ValueError, match=message):
        Config(**BYOL | option)
