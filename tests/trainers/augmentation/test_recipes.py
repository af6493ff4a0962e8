import pytest

from trainers.augmentation.recipes import RECIPES, Recipe
from trainers.options import choose


def test_an_unknown_recipe_is_refused_with_the_closest_name():
    with pytest.raises(ValueError, match=r"recipe 'simsam' .* choose from \['byol.*'simsiam'\?"):
        choose("recipe", "simsam", RECIPES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"flip": 1.5}, "flip = 1.5; a probability"),
        ({"scale": (0.5, 0.2)}, "0 < low <= high wanted"),
        ({"scale": (0.5, 2.0)}, "at most 1"),
        ({"contrast": -1.0}, "contrast = -1.0; a strength"),
        ({"hue": 0.7}, "0 to 0.5 turns"),
        ({"std": (1.0, 0.0, 1.0)}, "positive numbers"),
    ],
)
def test_an_impossible_recipe_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Recipe(source="test", **changes)


def test_a_blur_is_as_wide_as_published():
    assert RECIPES["directpred-stl10"][0].kernel_size(96) == 9
    assert RECIPES["simsiam"][0].kernel_size(224) == 13
