"""Views that a user makes: by a function of a batch, by torchvision, or by recipes of ours."""

import pytest
import torch
import users_module

from trainers.augmentation.named_recipe import named_recipes
from trainers.augmentation.views import two_views

IMAGES = torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)


def views(name, step=1, samples=range(6), images=IMAGES):
    samples = torch.tensor(list(samples))
    recipes = named_recipes(f"users_module:{name}")
    return two_views(images, recipes, seed=3, step=step, samples=samples, size=8)


@pytest.mark.parametrize("name", ["noisy", "torchvision_s"])
def test_the_same_step_has_the_same_views_and_no_other_has(name):
    state = torch.random.get_rng_state()
    first, second = views(name)
    again, _ = views(name)
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert not torch.equal(first, views(name, step=2)[0])
    assert torch.equal(state, torch.random.get_rng_state())


def test_of_torchvision_a_view_does_not_depend_on_the_batch_around_it():
    whole, _ = views("torchvision_s")
    part, _ = views("torchvision_s", samples=[4, 2], images=IMAGES[[4, 2]])
    assert torch.equal(part, whole[[4, 2]])


def test_a_function_of_a_batch_gets_bytes_and_its_own_statistics_count():
    first, _ = views("callable_object")
    assert torch.allclose(first, (IMAGES.float() / 255 - 0.5) / 0.25)
    recipe, _ = named_recipes("users_module:callable_object")
    assert (recipe.mean, recipe.std) == ((0.5,) * 3, (0.25,) * 3)


def test_recipes_of_ours_may_be_yours():
    assert named_recipes("users_module:recipe") == (users_module.recipe, users_module.recipe)
    assert named_recipes("users_module:two") == users_module.two


REFUSED = {
    "bytes_out": r"make \(6, 3, 8, 8\) torch.uint8; floats of shape \(6, 3, 8, 8\) wanted",
    "smaller": r"make \(6, 3, 4, 8\) torch.float32; floats of shape",
    "broken": r"fail on images of shape \(6, 3, 8, 8\), TypeError",
    "NUMBER": "are 3; a Recipe or a function wanted",
    "three": "are 3; one for both views, or two, wanted",
    "Net": "a Recipe or a function wanted",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_views_is_refused_in_one_line(name):
    with pytest.raises(ValueError, match=REFUSED[name]) as refused:
        views(name)
    assert "\n" not in str(refused.value)
