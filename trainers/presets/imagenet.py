"""ImageNet by BYOL's settings: its own rows, and those of DirectPred's Table 9.

Settings by length are those of BYOL's code (google-deepmind/deepmind-research, byol/configs/byol.py
and byol/utils/optimizers.py): LARS with trust coefficient 0.001, momentum 0.9, a base rate that is
multiplied by batch size over 256, ten epochs of warm-up, a cosine down to 0, an EMA that rises to
1. The paper's appendix has the same for 1000 epochs. Its heads' batch norm has a scale and a shift,
those here have none.

`AT` is the rest: a ResNet-50, and ``imagenet``, the folder that ``eigenspace pack ILSVRC imagenet
--size 256`` makes. Rates are for the batch of 4096; another batch size wants another ``--lr``.

References
----------
Grill et al. (2020), arXiv:2006.07733, section 4 and appendices A, C; Tian, Chen, Ganguli (2021),
arXiv:2102.06810, Table 9.
"""

from trainers.methods.method import METHODS, SOURCES, Method, Predictor
from trainers.methods.predictors import Learned
from trainers.methods.targets import EMA
from trainers.presets.preset import TCG, Preset

AT = (
    "--data imagenet --encoder torchvision:resnet50 --size 224 --views byol-imagenet "
    "--batch-norm synced"
)
BATCH = 4096
# Of each length in epochs: base rate, weight decay, momentum of the EMA at first.
SETTINGS = {100: (0.45, 1e-6, 0.99), 300: (0.3, 1e-6, 0.99), 1000: (0.2, 1.5e-6, 0.996)}
PUBLISHED = {300: "72.5", 1000: "74.3"}
TWO_LAYERS, LINEAR = Learned(layers=2, hidden=4096), Learned(layers=1)


def _preset(predictor: Predictor, epochs: int, what: str, source: str, published: str) -> Preset:
    rate, decay, momentum = SETTINGS[epochs]
    options = {
        "optimiser": "lars",
        "lr": rate * BATCH / 256,
        "weight_decay": decay,
        "schedule": "cosine",
        "warmup": 10.0,
        "epochs": epochs,
        "batch_size": BATCH,
        "projector_hidden": 4096,
        "projector_out": 256,
    }
    method = Method(predictor, EMA(momentum, final=1.0))
    return Preset(method, what, source, options, published, AT)


IMAGENET: dict[str, Preset] = {
    f"byol-imagenet-{epochs}": _preset(
        TWO_LAYERS,
        epochs,
        f"BYOL's own settings for {epochs} epochs of ImageNet",
        SOURCES["byol"],
        PUBLISHED.get(epochs, ""),
    )
    for epochs in SETTINGS
} | {
    f"table9-{name}": _preset(predictor, 300, what, f"{TCG}, Table 9, 300 epochs", published)
    for name, predictor, what, published in (
        ("2layer", TWO_LAYERS, "two-layer predictor on ImageNet: BYOL", "72.5"),
        ("linear", LINEAR, "one-layer predictor on ImageNet, by LARS", "69.9"),
        (
            "directpred",
            METHODS["directpred"].predictor,
            "DirectPred on ImageNet; rho and eps of its CIFAR-10 runs",
            "72.4",
        ),
    )
}
