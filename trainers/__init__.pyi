from .config import Config
from .data.packing import pack
from .evaluation.adam_probe import AdamProbe
from .evaluation.classifier import load_classifier
from .evaluation.evaluate import evaluate
from .evaluation.exact_correlation import exact_correlation
from .evaluation.finetune import FineTune
from .evaluation.knn import KNN
from .evaluation.linear_probe import LinearProbe
from .evaluation.view_features import view_features
from .methods.barlow_twins import BarlowTwins
from .methods.closed_forms import Direct
from .methods.lejepa import LeJEPA
from .methods.losses import Cosine, Euclidean
from .methods.method import METHODS, Method
from .methods.optimal import Optimal
from .methods.predictors import Identity, Learned
from .methods.targets import EMA, Attached, StopGradient
from .methods.vicreg import VICReg
from .recording.checkpoints import open_checkpoints
from .recording.recorder import Recorder
from .training.loop import resume, train

__version__: str

__all__ = [
    "EMA",
    "KNN",
    "METHODS",
    "AdamProbe",
    "Attached",
    "BarlowTwins",
    "Config",
    "Cosine",
    "Direct",
    "Euclidean",
    "FineTune",
    "Identity",
    "LeJEPA",
    "Learned",
    "LinearProbe",
    "Method",
    "Optimal",
    "Recorder",
    "StopGradient",
    "VICReg",
    "evaluate",
    "exact_correlation",
    "load_classifier",
    "open_checkpoints",
    "pack",
    "resume",
    "train",
    "view_features",
]
