"""Nothing sits on the wrong device: views and a step of every method on one that is not there.

On ``meta`` with autograd. On ``cuda``, whose autograd wants CUDA, gradients are put in its place.
"""

import pytest
import torch
from fake_device import fake_device

from trainers import (
    METHODS,
    Attached,
    Config,
    Direct,
    Euclidean,
    Identity,
    Learned,
    Method,
    Optimal,
    StopGradient,
    VICReg,
)
from trainers.augmentation.recipes import RECIPES
from trainers.augmentation.views import normalise
from trainers.data.gaussian import GaussianData
from trainers.data.images import ImageData
from trainers.methods.barlow_twins import BarlowTwins
from trainers.methods.lejepa import LeJEPA
from trainers.methods.losses import Cosine
from trainers.recording.loop_recorder import LoopRecorder
from trainers.training.learner import Learner

pytestmark = [
    pytest.mark.skipif(not hasattr(torch._C, "_ensureCUDADeviceGuardSet"), reason="an older torch"),
    # Torch's own words on its fakes.
    pytest.mark.filterwarnings("ignore:Accessing the data pointer:UserWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning"),
]
STOP = StopGradient()
STEPS = {
    **METHODS,
    "every-2": Method(Direct(every=2, first=1, views="cross", normalise="paper"), STOP),
    "centred": Method(Direct(centred=True, normalise="frobenius", offset=0.1), STOP),
    "optimal": Method(Optimal(), STOP, Euclidean()),
    "sylvester": Method(Optimal(equation="sylvester"), STOP),
    "iso": Method(Direct(), STOP, Cosine(iso=True)),
    "tied": Method(Learned(layers=2, constraint="tied"), STOP),
    "psd": Method(Learned(layers=1, constraint="psd"), STOP),
    "off-diagonal": Method(Learned(layers=1, constraint="off-diagonal", start="identity"), STOP),
    "vicreg": Method(Identity(), Attached(), VICReg()),
    "barlow-twins": Method(Identity(), Attached(), BarlowTwins()),
    "lejepa": Method(Identity(), Attached(), LeJEPA()),
}
CHANGES = {
    "fused": {"batch_norm": "fused"},
    "fused-per-view": {"batch_norm": "fused-per-view"},
    "synced": {"batch_norm": "synced"},
    "decoupled": {"decay": "decoupled", "decay_biases": False, "fix_predictor_lr": True},
}
SMALL = {"width": 2, "projector_hidden": 8, "projector_out": 6}


class Writer:
    def variables(self, group):
        return set()


def images(device, recipe="directpred-cifar"):
    x = torch.zeros(16, 3, 16, 16, dtype=torch.uint8, device=device)
    y = torch.zeros(16, dtype=torch.int64, device=device)
    recipes = RECIPES[recipe]
    return ImageData(
        name="none", classes=(), x_train=x, y_train=y, x_test=x, y_test=y, recipes=recipes, size=16
    )


def gradients(loss, learner):
    """What autograd would leave behind."""
    assert loss.requires_grad
    for weight in learner.optimiser.parameters:
        weight.grad = torch.zeros_like(weight)


def step(config, device, monkeypatch, shape=(3, 16, 16)):
    """Take two steps and record them; return what asked the device for a value meanwhile."""
    with fake_device(device) as asked:
        learner = Learner(config, shape, torch.device(device), 4)
        recorder = LoopRecorder(Writer(), learner, torch.device(device), config.batch_size)
        if device == "cuda":
            monkeypatch.setattr(torch.Tensor, "backward", lambda loss: gradients(loss, learner))
        for number in (1, 2):  # moments have run only in the second
            seen = learner.learn(number, *torch.zeros(2, 8, *shape, device=device))
            recorder.observe(number, seen)
        left = [*seen.z, *seen.q, *seen.t, seen.loss, seen.grad_norm, *learner.state]
        left += recorder.moments.sums.values()
        left += [weight.grad for weight in learner.optimiser.parameters]
        left += [s["momentum_buffer"] for s in learner.optimiser.sgd.state.values()]
        assert {value.device.type for value in left} == {device}
        return asked


@pytest.mark.parametrize(
    ("name", "device"), [*((name, "meta") for name in STEPS), *((name, "cuda") for name in METHODS)]
)
def test_a_step_of_every_method_is_on_its_device(name, device, monkeypatch):
    config = Config(method=STEPS[name], batch_size=8, epochs=1, **SMALL)
    asked = step(config, device, monkeypatch)
    # Nothing waits for it, but where a matrix that is decomposed has to be finite.
    decomposes = isinstance(config.method.predictor, Direct | Optimal) or name == "psd"
    assert bool(asked) == decomposes


@pytest.mark.parametrize("name", CHANGES)
def test_so_it_is_in_other_ways_through_a_network(name, monkeypatch):
    config = Config(method=METHODS["byol"], batch_size=8, epochs=1, **SMALL, **CHANGES[name])
    assert step(config, "meta", monkeypatch) == []


@pytest.mark.parametrize("device", ["cuda", "meta"])
def test_and_of_the_theorys_network(device, monkeypatch):
    config = Config(method=METHODS["directpred"], data="gaussian", width=4, batch_size=8)
    step(config, device, monkeypatch, (16,))


@pytest.mark.parametrize("recipe", RECIPES)
def test_views_are_made_on_the_device_of_the_images_and_wait_for_nothing(recipe):
    with fake_device("cuda") as asked:
        data = images("cuda", recipe)
        made = [*data.views(1, torch.arange(8)), normalise(data.x_test, data.recipes[0], 8)]
        assert {x.device.type for x in made} == {"cuda"}
        assert asked == []


def test_so_are_the_theorys_vectors():
    with fake_device("cuda") as asked:
        views = GaussianData(device="cuda", scrambled=2).views(1, torch.arange(8))
        assert {x.device.type for x in views} == {"cuda"}
        assert asked == []


@pytest.mark.parametrize("device", ["cuda", "meta"])
@pytest.mark.parametrize("what", ["weight", "views", "moments"])
def test_what_sits_elsewhere_is_found(what, device, monkeypatch):
    config = Config(method=METHODS["directpred"], batch_size=8, epochs=1, **SMALL)
    with fake_device(device):
        learner = Learner(config, (3, 16, 16), torch.device(device), 4)
        if device == "cuda":
            monkeypatch.setattr(torch.Tensor, "backward", lambda loss: gradients(loss, learner))
        if what == "weight":
            learner.predictor.linear.weight = torch.nn.Parameter(torch.eye(6))
        if what == "moments":
            learner.predictor.moments = torch.zeros(1, 6, 6)
        views = torch.zeros(2, 8, 3, 16, 16, device="cpu" if what == "views" else device)
        with pytest.raises(RuntimeError, match="on the same device"):
            learner.learn(2, *views)
