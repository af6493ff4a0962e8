"""Wrong settings of what is drawn: vectors, shapes, views; and of rates."""

from functools import partial

from trainers.augmentation.recipes import Recipe
from trainers.data.gaussian import GaussianData
from trainers.data.shapes import render_shapes
from trainers.optimisation.rates import Rate
from trainers.optimisation.schedule import Schedule

NAMES = {
    **{"GaussianData": GaussianData, "render_shapes": render_shapes},
    **{"Recipe": partial(Recipe, source="mine"), "Rate": Rate, "Schedule": Schedule},
    **{"nan": float("nan"), "inf": float("inf")},
}
CASES = {
    "GaussianData(dimension=0)": "dimension = 0",
    "GaussianData(dimension=1.5)": "dimension is 1.5",
    "GaussianData(samples='8')": "samples is '8'",
    "GaussianData(sigma2=-1)": "sigma2",
    "GaussianData(sigma2=nan)": "sigma2 is nan",
    "GaussianData(scrambled=17)": "scrambled = 17",
    "GaussianData(scrambled=-1)": "scrambled = -1",
    "GaussianData(rotated='yes')": "rotated is 'yes'",
    "GaussianData(spectrum='flat')": "spectrum 'flat'",
    "GaussianData(spectrum=[1.0, 2.0])": "spectrum",
    "GaussianData(spectrum=['a'] * 16)": "spectrum",
    "GaussianData(spectrum=[nan] * 16)": "spectrum",
    "GaussianData(spectrum=[1j] * 16)": "spectrum",
    "GaussianData(spectrum=3)": "spectrum",
    "GaussianData(seed=-1)": "seed is -1",
    "render_shapes(-1)": "n = -1",
    "render_shapes(1, size=7)": "size = 7",
    "render_shapes(1.5)": "n is 1.5",
    "render_shapes(1, size='32')": "size is '32'",
    "Recipe(flip=2)": "flip = 2",
    "Recipe(flip='half')": "flip is 'half'",
    "Recipe(flip=nan)": "flip is nan",
    "Recipe(scale=(0, 1))": "scale",
    "Recipe(scale=(0.5, 1.5))": "scale",
    "Recipe(scale=0.5)": "scale is 0.5",
    "Recipe(scale=(0.1, 0.5, 1.0))": "scale is (0.1, 0.5, 1.0)",
    "Recipe(ratio=(nan, 1))": "ratio is (nan, 1)",
    "Recipe(sigma=(2, 1))": "sigma",
    "Recipe(hue=0.6)": "hue",
    "Recipe(brightness=-1)": "brightness",
    "Recipe(brightness=inf)": "brightness is inf",
    "Recipe(kernel=0)": "kernel",
    "Recipe(kernel=-3)": "kernel",
    "Recipe(std=(1, 1, 0))": "std",
    "Recipe(std=0.5)": "std is 0.5",
    "Recipe(mean='imagenet')": "mean is 'imagenet'",
    "Recipe(fixed_order=1)": "fixed-order is 1",
    "Rate('0.1', 0)": "lr is '0.1'",
    "Rate(0.1, nan)": "decay is nan",
    "Schedule('cos', 10)": "schedule 'cos'",
    "Schedule('cosine', 0)": "steps is 0",
    "Schedule('cosine', 2.5)": "steps is 2.5",
    "Schedule('cosine', 10, warmup=10)": "warm-up takes 10",
    "Schedule('cosine', 10, warmup='1')": "warmup is '1'",
    "Schedule(None, 10)": "schedule is None",
}
