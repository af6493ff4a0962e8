"""Encoders of torchvision and of a user, by their names."""

import sys
import types

import pytest
import torch
from small_runs import small
from torch import nn

from analysis import open_snapshots
from trainers import METHODS, train
from trainers.evaluation.evaluate import evaluate
from trainers.networks.encoders import build_encoder

SHAPE = (3, 16, 16)


@pytest.mark.parametrize(
    ("name", "width", "features"),
    [
        ("users_module:Net", None, 4),
        ("users_module:Net", 6, 6),
        ("users_module:sized", None, 7),
        ("torchvision:resnet18", None, 512),
        ("torchvision:convnext_tiny", None, 768),
    ],
)
def test_it_makes_as_many_features_as_are_said(name, width, features):
    encoder, found = build_encoder(name, width, (3, 32, 32) if "conv" in name else SHAPE)
    assert found == features
    assert encoder.training
    x = torch.zeros(2, 3, 32, 32) if "conv" in name else torch.zeros(2, *SHAPE)
    assert encoder(x).shape == (2, features)


def test_a_transformer_is_built_for_the_size_of_the_images():
    encoder, features = build_encoder("torchvision:vit_b_16", None, (3, 32, 32))
    assert features == 768
    assert encoder.encoder.pos_embedding.shape == (1, 1 + 4, 768)  # four patches of 16, a class


def test_trying_it_changes_neither_its_statistics_nor_the_generator():
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    first, _ = build_encoder("users_module:Net", None, SHAPE)
    after = torch.rand(1)
    torch.manual_seed(0)
    from users_module import Net

    second = Net()
    assert torch.equal(after, torch.rand(1))
    for name, value in second.state_dict().items():
        assert torch.equal(value, first.state_dict()[name]), name
    torch.random.set_rng_state(state)


REFUSED = {
    "users_module:spatial": "makes shape \\(2, 4, 14, 14\\) of 2 inputs; \\(2, feature\\) wanted",
    "users_module:empty": "has no parameters: there is nothing to train",
    "users_module:broken": "cannot be built for inputs of shape .*RuntimeError: no weights here",
    "users_module:Wide": "does not take inputs of shape \\(3, 16, 16\\), RuntimeError",
    "users_module:NUMBER": "is a int; a function or class wanted",
    "users_module:noisy": "cannot be built .*missing 1 required positional argument: 'batch'",
    "users_module:images": "cannot be built .*missing",
    "users_module:Nets": "'Nets' is not known",
    "torchvision:resnet17": "'resnet17' is not known.*did you mean.*'resnet18'",
    "torchvision:vit_b_32": "cannot be built .*indivisible by patch size",
    "torchvision:squeezenet1_0": "it ends in no linear classifier that could be left out",
    "timm:resnet18": "timm is not installed; pip install timm",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_encoder_is_refused_in_one_line(name):
    if name.startswith("timm"):
        try:
            import timm  # noqa: F401
        except ImportError:
            pass
        else:
            pytest.skip("timm is installed")
    with pytest.raises(ValueError, match=REFUSED[name]) as refused:
        build_encoder(name, None, SHAPE)
    assert "\n" not in str(refused.value)


def test_a_width_that_it_does_not_take_is_refused():
    with pytest.raises(ValueError, match="width is 8, and encoder 'users_module:sized' takes none"):
        build_encoder("users_module:sized", 8, SHAPE)


@pytest.mark.parametrize("name", ["resnet18", "convnext_tiny"])
def test_of_one_channel_a_model_makes_what_it_makes_of_three_that_are_alike(name):
    encoders = []
    for channels in (1, 3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            encoder, _ = build_encoder(f"torchvision:{name}", None, (channels, 32, 32))
        encoders.append(encoder.eval())
    x = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        one, three = encoders[0](x), encoders[1](x.expand(-1, 3, -1, -1))
    torch.testing.assert_close(one, three, rtol=1e-4, atol=1e-4)


class Pooled(nn.Module):
    """What `Timm.create_model` makes."""

    def __init__(self, channels):
        super().__init__()
        self.stem = nn.Conv2d(channels, 5, 1)

    def forward(self, x):
        return self.stem(x).mean((2, 3))


class Timm(types.ModuleType):
    """As much of timm 1.0 as is called: the real one was tried by hand."""

    __version__ = "1.0"

    def __init__(self):
        super().__init__("timm")
        self.calls = []

    def is_model(self, name):
        return name in self.list_models()

    def list_models(self):
        return ["vit_tiny", "resnet18"]

    def create_model(self, name, *, pretrained, num_classes, in_chans, **options):
        if name == "resnet18" and "img_size" in options:
            raise TypeError("ResNet.__init__() got an unexpected keyword argument 'img_size'")
        self.calls.append((name, pretrained, num_classes, in_chans, options))
        return Pooled(in_chans)


@pytest.fixture
def timm(monkeypatch):
    fake = Timm()
    monkeypatch.setitem(sys.modules, "timm", fake)
    return fake


@pytest.mark.parametrize("channels", [1, 3])
def test_timm_is_told_the_channels_and_where_it_wants_to_know_the_size(timm, channels):
    for name in ("vit_tiny", "resnet18"):
        encoder, features = build_encoder(f"timm:{name}", None, (channels, 16, 16))
        assert features == 5
        assert encoder(torch.zeros(2, channels, 16, 16)).shape == (2, 5)
    sized, plain = timm.calls
    assert sized == ("vit_tiny", False, 0, channels, {"img_size": 16})
    assert plain == ("resnet18", False, 0, channels, {})
    with pytest.raises(ValueError, match=r"'resnet17' is not known; .*did you mean 'resnet18'"):
        build_encoder("timm:resnet17", None, SHAPE)


def test_an_encoder_of_timm_is_trained_and_evaluated(timm, few_shapes, tmp_path):
    config = small(METHODS["byol"], encoder="timm:vit_tiny", width=None)
    run = train(config, tmp_path / "run")
    assert '{"name": "timm:vit_tiny", "version": "1.0"}' in open_snapshots(run).attrs["own_code"]
    assert set(evaluate(run)) == {"knn", "linear"}
