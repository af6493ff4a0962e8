"""Augmentation recipes: which random changes make the two views, named after their source."""

from dataclasses import dataclass, replace

from analysis.checks.fields import check_fields

Range = tuple[float, float]
Triple = tuple[float, float, float]

CIFAR_MEAN: Triple = (0.4914, 0.4822, 0.4465)
# The standard deviation over all pixels, and the mean of the images' own: both circulate as "the"
# CIFAR-10 statistics, the second in DirectPred's code and in the predecessor's.
CIFAR_STD: Triple = (0.2470, 0.2435, 0.2616)
CIFAR_STD_OF_IMAGES: Triple = (0.2023, 0.1994, 0.2010)
IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
IMAGENET_STD: Triple = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The distribution of one view; the default changes nothing.

    The operations come in the order of the fields: crop, flip, jitter, grayscale, blur, solarise,
    normalise. Each acts on floats in [0, 1] with torchvision's formulas and clamps.
    """

    source: str
    scale: Range = (1.0, 1.0)
    """Area of the crop over that of the image."""
    ratio: Range = (1.0, 1.0)
    """Width of the crop over its height, log-uniform."""
    flip: float = 0.0
    """This and every name without a unit below: a probability, or a strength as in ColorJitter."""
    jitter: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    fixed_order: bool = False
    """Jitter as brightness, contrast, saturation, hue; else in an order random per sample."""
    grayscale: float = 0.0
    blur: float = 0.0
    sigma: Range = (0.1, 2.0)
    """Standard deviation of the blur, in pixels of the output."""
    kernel: float = 0.1
    """Width of the blur, made odd: a fraction of the image's if below 1, else in pixels."""
    solarise: float = 0.0
    """Inverts the values from 128/255 up."""
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("flip", "jitter", "grayscale", "blur", "solarise"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} = {getattr(self, name)}; a probability wanted, 0 to 1")
        for name in ("scale", "ratio", "sigma"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name} = ({low}, {high}); 0 < low <= high wanted")
        if self.scale[1] > 1:
            raise ValueError(f"scale = {self.scale}; at most 1, the whole image, wanted")
        for name in ("brightness", "contrast", "saturation"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} = {getattr(self, name)}; a strength wanted, 0 or more")
        if not 0 <= self.hue <= 0.5:
            raise ValueError(f"hue = {self.hue}; 0 to 0.5 turns of the colour circle wanted")
        if self.kernel <= 0:
            raise ValueError(f"kernel = {self.kernel}; a width above 0 wanted")
        if min(self.std) <= 0:
            raise ValueError(f"std = {self.std}; positive numbers wanted")

    @property
    def by_batch(self) -> bool:
        """Whether the view of an image depends on the batch around it."""
        return False

    def kernel_size(self, size: int) -> int:
        """Width of the blur in pixels for images of `size`: odd, and no wider than they allow."""
        width = int(self.kernel * size if self.kernel < 1 else self.kernel)
        # Reflection needs a margin narrower than the image.
        return min(width | 1, 2 * size - 1)


_AREA: Range = (0.08, 1.0)
_ASPECT: Range = (3 / 4, 4 / 3)
_CIFAR = Recipe(
    source="DirectPred, CIFAR-10: facebookresearch/luckmatters, "
    "ssl/real-dataset/data/transforms.py",
    scale=_AREA,
    ratio=_ASPECT,
    flip=0.5,
    jitter=0.8,
    brightness=0.4,
    contrast=0.4,
    saturation=0.4,
    hue=0.1,
    grayscale=0.2,
    mean=CIFAR_MEAN,
    std=CIFAR_STD_OF_IMAGES,
)
_STL10 = replace(
    _CIFAR,
    source="DirectPred, STL-10: the same file; blurred always, not normalised",
    brightness=0.8,
    contrast=0.8,
    saturation=0.8,
    hue=0.2,
    blur=1.0,
    kernel=0.1,
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
)
_SIMSIAM = replace(
    _CIFAR,
    source="SimSiam, ImageNet: facebookresearch/simsiam, main_simsiam.py; PIL's blur as a Gaussian",
    scale=(0.2, 1.0),
    blur=0.5,
    kernel=13,  # PIL does not cut the kernel off: 3 standard deviations each side at sigma = 2
    mean=IMAGENET_MEAN,
    std=IMAGENET_STD,
)
_SOLO = replace(
    _CIFAR,
    source="BYOL, CIFAR: vturrisi/solo-learn, scripts/pretrain/cifar/augmentations/asymmetric.yaml",
    saturation=0.2,
    std=CIFAR_STD,
)
_BYOL = replace(
    _CIFAR,
    source="BYOL, ImageNet: google-deepmind/deepmind-research, byol/utils/augmentations.py, for "
    "each view its own. Its bicubic resize, additive brightness, contrast about each channel's "
    "mean and saturation in HSV are torchvision's here",
    saturation=0.2,
    blur=1.0,
    mean=IMAGENET_MEAN,
    std=IMAGENET_STD,
)
_PREDECESSOR = replace(
    _CIFAR,
    source="KTH reproduction (TensorFlow), CIFAR-10: jitter in one order. Its bicubic resize, mean "
    "per channel in contrast and missing clamps are torchvision's bilinear, luma and clamps here",
    fixed_order=True,
)
_SHAPES = Recipe(
    source="this library, for data 'shapes': as strong in colour as SimSiam, crops that keep most "
    "of a shape in sight",
    scale=(0.35, 1.0),
    ratio=_ASPECT,
    flip=0.5,
    jitter=0.8,
    brightness=0.4,
    contrast=0.4,
    saturation=0.4,
    hue=0.2,
    grayscale=0.2,
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
)
_CROP_ONLY = Recipe(
    source="crop and flip only",
    scale=_AREA,
    ratio=_ASPECT,
    flip=0.5,
    mean=CIFAR_MEAN,
    std=CIFAR_STD_OF_IMAGES,
)
_NONE = Recipe(source="no augmentation", mean=CIFAR_MEAN, std=CIFAR_STD_OF_IMAGES)

RECIPES: dict[str, tuple[Recipe, Recipe]] = {
    "directpred-cifar": (_CIFAR, _CIFAR),
    "directpred-stl10": (_STL10, _STL10),
    "simsiam": (_SIMSIAM, _SIMSIAM),
    "byol-solo": (_SOLO, replace(_SOLO, solarise=0.2)),
    "byol-imagenet": (_BYOL, replace(_BYOL, blur=0.1, solarise=0.2)),
    "predecessor": (_PREDECESSOR, _PREDECESSOR),
    "shapes": (_SHAPES, _SHAPES),
    "crop": (_CROP_ONLY, _CROP_ONLY),
    "none": (_NONE, _NONE),
}
"""Name -> (view 1, view 2)."""
