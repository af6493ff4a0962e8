import pytest
import torch
from learners import config_of, learned, unlearned

from trainers import EMA, METHODS, Config, Learned, Method
from trainers.networks.encoders import build_encoder, build_projector


def size(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def test_resnet18_with_the_stem_for_small_images():
    encoder, features = build_encoder("resnet18", 64, (3, 32, 32))
    # Torchvision's 11,689,512 without its classifier (513,000), a 3x3 stem for the 7x7.
    assert size(encoder) == 11_689_512 - 513_000 - 64 * 3 * (49 - 9)
    assert features == 512
    assert encoder(torch.zeros(2, 3, 32, 32)).shape == (2, 512)
    assert encoder.layer1(encoder.conv1(torch.zeros(1, 3, 32, 32))).shape[-2:] == (32, 32)


def test_resnet18_with_the_stem_for_large_images():
    encoder, _ = build_encoder("resnet18-large", 64, (3, 96, 96))
    assert size(encoder) == 11_689_512 - 513_000


@pytest.mark.parametrize(("width", "side"), [(16, 32), (4, 8), (2, 33)])
def test_conv4_has_eight_times_its_width_in_features(width, side):
    encoder, features = build_encoder("conv4", width, (3, side, side))
    assert features == 8 * width
    assert encoder(torch.zeros(2, 3, side, side)).shape == (2, features)


def test_the_linear_encoder_is_one_matrix():
    encoder, features = build_encoder("linear", 5, (16,))
    assert [tuple(weight.shape) for weight in encoder.parameters()] == [(5, 16)]
    assert features == 5


@pytest.mark.parametrize(
    ("layers", "parameters"),
    [
        (0, 0),
        (1, 512 * 128),
        (2, 512 * 512 + 512 + 512 * 128),  # the predecessor's 329,216 has 1,024 BN statistics more
        (3, 2 * (512 * 512 + 512) + 512 * 128),
    ],
)
def test_projector_sizes(layers, parameters):
    projector, d = build_projector(512, layers, 512, 128)
    assert size(projector) == parameters
    assert d == (128 if layers else 512)
    if layers:
        assert size(build_projector(512, layers, 512, 128, bias=True)[0]) == parameters + 128


def test_a_bias_at_the_end_of_no_projector_is_refused():
    with pytest.raises(ValueError, match="projector-bias is yes on no projector; use"):
        build_projector(512, 0, 512, 128, bias=True)


@pytest.mark.parametrize(
    ("name", "width", "shape", "message"),
    [
        ("linear", 8, (3, 32, 32), "encoder 'linear' wants vectors"),
        ("conv4", 8, (16,), r"encoder 'conv4' wants images; the data have shape \(16,\): use"),
        ("resnet18", 32, (3, 32, 32), "resnet18 has width 64 only: leave it out, or use conv4"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(name, width, shape, message):
    with pytest.raises(ValueError, match=message):
        build_encoder(name, width, shape)


@pytest.mark.parametrize("name", METHODS)
def test_a_deeper_projector_goes_with_any_predictor(name):
    learner = learned(config_of(name, "--projector-layers 3"))
    linear = [m for m in learner.online.projector if isinstance(m, torch.nn.Linear)]
    assert [m.out_features for m in linear] == [8, 8, 6]


def test_heads_have_norms_without_scale_and_one_bias():
    learner = unlearned(Config(method=Method(Learned(), EMA())))
    for head in (learner.online.projector, learner.predictor):
        first, norm, _, last = head
        assert first.bias is not None
        assert last.bias is None
        assert norm.weight is None
        assert norm.bias is None
