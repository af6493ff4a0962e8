"""Fine-tuning: the rate of every step, which images it sees, and what it leaves alone."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from trainers import FineTune
from trainers.augmentation.recipes import RECIPES
from trainers.data.images import ImageData
from trainers.evaluation.cached_features import CachedFeatures


@pytest.fixture
def cached():
    """Sixty images of two shades in two classes, before a small encoder."""
    torch.manual_seed(0)
    y = torch.arange(60) % 2
    x = (60 + 120 * y[:, None, None, None] + torch.randint(0, 40, (60, 3, 8, 8))).byte()
    data = ImageData(
        name="shades",
        classes=("dark", "light"),
        x_train=x[:40],
        y_train=y[:40],
        x_test=x[40:],
        y_test=y[40:],
        recipes=RECIPES["crop"],
        size=8,
    )
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return CachedFeatures(encoder, data)


@pytest.fixture
def steps(monkeypatch):
    """The rate, momentum and decay of every step of SGD, and how many weights it moves."""
    taken = []
    step = torch.optim.SGD.step

    def noted(self, *args):
        (group,) = self.param_groups
        sizes = sum(weight.numel() for weight in group["params"])
        taken.append((group["lr"], group["momentum"], group["weight_decay"], sizes))
        return step(self, *args)

    monkeypatch.setattr(torch.optim.SGD, "step", noted)
    return taken


def test_the_rate_falls_on_half_a_cosine_from_the_first_step_to_the_last(cached, steps):
    FineTune(epochs=2, batch_size=10, lr=0.4, momentum=0.5, weight_decay=0.1).score(cached)
    # 36 of 40 images fit: three whole batches an epoch, the last six images are dropped.
    expected = [0.4 * (1 + math.cos(math.pi * k / 6)) / 2 for k in range(6)]
    np.testing.assert_allclose([lr for lr, *_ in steps], expected)
    np.testing.assert_allclose(expected[:4], [0.4, 0.373205, 0.3, 0.2], rtol=1e-6)
    # Encoder and layer learn: 3 * 4 * 9 + 4 and 4 * 2 + 2.
    assert {step[1:] for step in steps} == {(0.5, 0.1, 122)}


def test_a_share_of_the_labels_is_a_share_of_the_fitting_images(cached, steps):
    score = FineTune(epochs=3, batch_size=128, labels=0.25).score(cached)
    assert score.attrs["labels_used"] == 9  # of 36
    assert len(steps) == 3  # one batch holds them all
    assert score.attrs["labels"] == 0.25


def test_a_copy_learns_and_is_what_is_scored(cached):
    before = copy.deepcopy(cached.encoder.state_dict())
    score = FineTune(epochs=8, batch_size=12, lr=0.3).score(cached)
    for name, value in cached.encoder.state_dict().items():
        assert torch.equal(value, before[name])
    assert score.accuracy == 1  # shades are easy, once the encoder learns
    network = score.classifier
    assert not torch.equal(network[0][0].weight, cached.encoder[0].weight)
    with torch.no_grad():
        named = network(cached.data.plain(cached.queries)).argmax(1)
    assert (named == cached.truth).double().mean() == score.accuracy
    again = FineTune(epochs=8, batch_size=12, lr=0.3).score(cached)
    assert again.attrs == score.attrs  # no chance in it


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "finetune lr is 0.0; it must be above 0"),
        ({"lr": math.inf}, "finetune lr is inf; a finite number wanted"),
        ({"weight_decay": math.nan}, "finetune weight-decay is nan; a finite number wanted"),
        ({"batch_size": 0}, "finetune batch-size is 0"),
        ({"labels": 1.5}, "finetune labels is 1.5; it must lie in"),
        ({"momentum": 1.0}, "finetune momentum is 1.0"),
    ],
)
def test_settings_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        FineTune(**options)


def test_one_that_diverges_has_no_accuracy(cached):
    with pytest.raises(FloatingPointError, match="not finite"):
        FineTune(epochs=4, batch_size=6, lr=1e30).score(cached)
