"""Every experiment of the papers and of the reproduction, by name: ``python -m trainers NAME``.

A preset trains on whatever data it is given. What its figure was published on stands in `at`, as
flags that ``--as-published`` puts before one's own.
"""

from dataclasses import replace

from trainers.methods.barlow_twins import BarlowTwins
from trainers.methods.closed_forms import Direct
from trainers.methods.lejepa import LeJEPA
from trainers.methods.losses import Cosine, Euclidean
from trainers.methods.method import METHODS, SOURCES, Method
from trainers.methods.predictors import Identity, Learned
from trainers.methods.targets import EMA, Attached, StopGradient
from trainers.methods.vicreg import VICReg
from trainers.presets.imagenet import IMAGENET
from trainers.presets.preset import AT_CIFAR, TCG, Preset
from trainers.presets.reproduction import AT as AT_RE
from trainers.presets.reproduction import AT_EMA as AT_RE_EMA
from trainers.presets.reproduction import REPRODUCTION
from trainers.presets.stl10 import TABLES

__all__ = ["PRESETS", "Preset"]

DIRECTPRED, DIRECTCOPY = METHODS["directpred"], METHODS["directcopy"]
LINEAR = Learned(layers=1)
ISO = "Halvagal, Laborieux, Zenke 2023, arXiv:2212.04858"
ISO_OPTIONS = {
    "projector_hidden": 4096,
    "projector_out": 256,
    "batch_size": 256,
    "weight_decay": 1e-4,
}

BASE: dict[str, Preset] = {
    "byol": Preset(
        METHODS["byol"], "two-layer predictor, EMA target", SOURCES["byol"], {}, "84.2", AT_RE_EMA
    ),
    "simsiam": Preset(
        METHODS["simsiam"], "two-layer predictor, no EMA", SOURCES["simsiam"], {}, "79.4", AT_RE
    ),
    "directpred": Preset(
        DIRECTPRED,
        "W_p = sqrt(F)",
        SOURCES["directpred"],
        {},
        "85.21±0.23; 88.88±0.15 at 300 epochs, 89.52±0.04 at 500",
        AT_CIFAR,
    ),
    "directcopy": Preset(DIRECTCOPY, "W_p = F", SOURCES["directcopy"], {}, "84.02", AT_CIFAR),
    "byol-linear": Preset(
        Method(LINEAR, EMA()),
        "one-layer predictor by SGD: the baseline of DirectPred",
        f"{TCG}, Table 8",
        {},
        "84.49±0.20; 88.57±0.15 at 300 epochs, 89.33±0.27 at 500",
        AT_CIFAR,
    ),
    "directpred-every5": Preset(
        replace(DIRECTPRED, predictor=Direct(every=5, first=1)),
        "W_p set every 5 steps, SGD between",
        f"{TCG}, Table 8",
        {},
        "84.93±0.29; 88.83±0.10 at 300 epochs, 89.56±0.13 at 500",
        AT_CIFAR,
    ),
    "directpred-paper": Preset(
        replace(DIRECTPRED, predictor=Direct(normalise="paper")),
        "p = sqrt(s) + eps max s, the paper's formula and not its code's",
        f"{TCG}, Eq. 18",
    ),
    "no-predictor": Preset(
        Method(Identity(), EMA()), "W_p = I: must collapse", f"{TCG}, Theorem 2"
    ),
    "no-stop-gradient": Preset(
        Method(LINEAR, Attached()),
        "gradient through the target: must collapse",
        f"{TCG}, Theorem 2",
    ),
    "euclidean": Preset(
        Method(LINEAR, EMA(), Euclidean()), "the theory's own loss", f"{TCG}, Eq. 1"
    ),
    "vicreg": Preset(
        Method(Identity(), Attached(), VICReg()),
        "no predictor, no stop-gradient: variance, invariance, covariance",
        "Bardes, Ponce, LeCun 2022, arXiv:2105.04906",
    ),
    "barlow-twins": Preset(
        Method(Identity(), Attached(), BarlowTwins()),
        "no predictor, no stop-gradient: cross-correlation to the identity",
        "Zbontar, Jing, Misra, LeCun, Deny 2021, arXiv:2103.03230",
    ),
    "lejepa": Preset(
        Method(Identity(), Attached(), LeJEPA()),
        "no predictor, no stop-gradient: Gaussian along every direction",
        "Balestriero, LeCun 2025, arXiv:2511.08544",
    ),
    "off-diagonal-head": Preset(
        Method(Learned(layers=1, constraint="off-diagonal", start="identity"), StopGradient()),
        "one-layer predictor from the identity, its diagonal held",
        "Wen, Li 2022, arXiv:2205.06226",
    ),
    "isoloss": Preset(
        Method(
            Direct(eps=0.0, rho=0.998, normalise="max-inside"),
            EMA(0.99, final=1.0),
            Cosine(factor=2.0, iso=True),
        ),
        "gradient around W_p, EMA, by SGD; published with LARS whose rates are clipped",
        ISO,
        ISO_OPTIONS,
    ),
    "isoloss-own": Preset(
        Method(
            Direct(eps=0.0, rho=0.5, normalise="max-inside"),
            StopGradient(),
            Cosine(factor=2.0, iso=True),
        ),
        "the same without EMA, by SGD",
        ISO,
        ISO_OPTIONS | {"lr": 0.1},
    ),
}

PRESETS: dict[str, Preset] = BASE | REPRODUCTION | TABLES | IMAGENET
