import dataclasses
import math

import pytest
import torch
from torch import nn

from trainers.data.load import load_data
from trainers.evaluation.cached_features import CachedFeatures, features, has_labels


def test_features_are_of_an_encoder_at_rest():
    data = load_data("shapes", size=16, limit=20)
    encoder = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(3 * 16 * 16))
    encoder[1].running_mean.fill_(1.0)
    out = features(encoder, data, data.x_train)
    expected = (data.plain(data.x_train).flatten(1) - 1) / math.sqrt(1 + 1e-5)
    torch.testing.assert_close(out, expected)
    assert encoder.training
    assert (encoder[1].running_mean == 1).all()


def test_images_without_a_label_are_left_out_of_both_parts():
    data = load_data("shapes", size=8, limit=30)
    y_train, y_test = data.y_train.clone(), data.y_test.clone()
    y_train[3], y_test[5] = -1, -1
    cached = CachedFeatures(nn.Flatten(), dataclasses.replace(data, y_train=y_train, y_test=y_test))
    assert len(cached.train) == 29
    assert torch.equal(cached.train[3], data.plain(data.x_train[4:5]).flatten())
    assert len(cached.test) == len(cached.truth) == len(data.y_test) - 1
    assert min(cached.labels.min(), cached.truth.min()) >= 0


def test_the_split_is_one_in_ten_and_the_same_for_every_run():
    data = load_data("shapes", size=8, limit=57)
    fit, validation = CachedFeatures(nn.Flatten(), data).split
    assert len(validation) == 5
    assert sorted([*fit.tolist(), *validation.tolist()]) == list(range(57))
    other = CachedFeatures(nn.Identity(), dataclasses.replace(data, seed=3)).split
    assert torch.equal(other[1], validation)


def test_data_without_labels_are_refused():
    data = load_data("shapes", size=8, limit=30)
    unlabelled = dataclasses.replace(data, y_train=torch.full_like(data.y_train, -1))
    assert has_labels(data)
    assert not has_labels(unlabelled)
    assert not has_labels(load_data("gaussian"))
    with pytest.raises(ValueError, match="shapes has no labels to train and test by"):
        CachedFeatures(nn.Flatten(), unlabelled)
    with pytest.raises(ValueError, match="9 labelled training images; at least 10"):
        _ = CachedFeatures(nn.Flatten(), load_data("shapes", size=8, limit=9)).split


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_features_of_a_diverged_network_are_refused(lost):
    data = load_data("shapes", size=8, limit=30)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4))
    encoder[1].bias.data[2] = lost
    with pytest.raises(FloatingPointError, match="features of 30 of 30 images are not finite"):
        features(encoder, data, data.x_train)
    assert encoder.training
