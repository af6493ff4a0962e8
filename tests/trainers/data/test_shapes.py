import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.augmentation.recipes import RECIPES
from trainers.data.load import ImageData, load_data
from trainers.data.shapes import CHUNK, SHAPES, render_shapes


@pytest.fixture(scope="module")
def shapes() -> ImageData:
    return load_data("shapes")


def test_shapes_are_balanced_and_every_call_draws_the_same():
    images, labels = render_shapes(3 * CHUNK // 2, 16, seed=5)
    again, _ = render_shapes(CHUNK // 2, 16, seed=5)
    assert torch.equal(labels.bincount(), torch.full((len(SHAPES),), 3 * CHUNK // 20))
    assert torch.equal(images[: CHUNK // 2], again)  # image i does not depend on n
    assert not torch.equal(images[:10], render_shapes(10, 16, seed=6)[0])
    assert not torch.equal(images[:10], render_shapes(10, 16, seed=5, stream=1)[0])


@settings(max_examples=10)
@given(n=st.integers(0, 25), size=st.integers(8, 40), seed=st.integers(0, 2**40))
def test_shapes_come_at_any_size(n, size, seed):
    images, labels = render_shapes(n, size, seed)
    assert images.shape == (n, 3, size, size)
    assert images.dtype == torch.uint8
    assert labels.tolist() == [i % len(SHAPES) for i in range(n)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [  # areas by hand, from the fields' own numbers
        ("disc", math.pi * 0.85**2),
        ("ring", math.pi * (0.89**2 - 0.51**2)),
        ("square", 1.5**2),
        ("frame", 1.64**2 - 0.96**2),
        ("triangle", 3 * math.sqrt(3) * 0.52**2),
        ("star", 5 * 0.42 * math.sin(math.pi / 5)),
        ("cross", 4 * 0.52 * 0.95 - 0.52**2),
        ("bar", 2 * 0.54),
        ("stripes", 3 * 1.7 * 0.34),
    ],
)
def test_a_shape_covers_the_area_of_its_formula(name, expected):
    axis = torch.linspace(-1.2, 1.2, 1201)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    area = (SHAPES[name](x, y) < 0).sum() * 0.002**2
    assert math.isclose(area, expected, rel_tol=0.01)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_no_distance_grows_faster_than_distance(name):
    axis = torch.linspace(-1.5, 1.5, 301)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    distance = SHAPES[name](x, y)
    steps = [distance.diff(dim=d).abs().max() for d in (0, 1)]
    assert max(steps) <= 0.0101  # 1-Lipschitz: edges are as soft as anti-aliasing makes them


def test_shapes_of_a_class_have_no_colour_of_their_own(shapes):
    colour = shapes.x_train.double().mean((2, 3))
    means = torch.stack([colour[shapes.y_train == k].mean(0) for k in range(len(SHAPES))])
    # Spread between classes against what chance leaves for 600 images each.
    assert (means.var(0) / (colour.var(0) / 600)).max() < 4


def test_pixels_tell_shapes_a_little_better_than_chance(shapes):
    cached, queries = (x.flatten(1).float() for x in (shapes.x_train, shapes.x_test[:500]))
    nearest = torch.cdist(queries, cached).topk(20, largest=False).indices
    votes = torch.nn.functional.one_hot(shapes.y_train[nearest], len(SHAPES)).sum(1)
    accuracy = (votes.argmax(1) == shapes.y_test[:500]).float().mean()
    assert 0.15 < accuracy < 0.5


def test_shapes_load_with_a_train_and_a_test_part(shapes):
    assert (len(shapes), len(shapes.x_test), shapes.shape) == (6000, 1500, (3, 32, 32))
    assert shapes.classes == tuple(SHAPES)
    assert shapes.recipes == RECIPES["shapes"]
    both = torch.cat([shapes.x_train, shapes.x_test]).flatten(1)
    assert len(torch.unique(both[:, ::7], dim=0)) == 7500


@pytest.mark.parametrize(("n", "size"), [(-1, 32), (10, 7)])
def test_impossible_shapes_are_refused(n, size):
    with pytest.raises(ValueError, match=f"n = {n}, size = {size}; n of at least 0"):
        render_shapes(n, size)
