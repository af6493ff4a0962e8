"""What experiment shows: train non-contrastive methods and record their eigenspaces."""

from trainers.closed_forms import Direct, Optimal
from trainers.config import Config
from trainers.loop import resume, train
from trainers.losses import Cosine, Euclidean
from trainers.methods import METHODS, Method
from trainers.predictors import Identity, Learned
from trainers.targets import EMA, Attached, StopGradient

__all__ = [
    "EMA",
    "METHODS",
    "Attached",
    "Config",
    "Cosine",
    "Direct",
    "Euclidean",
    "Identity",
    "Learned",
    "Method",
    "Optimal",
    "StopGradient",
    "resume",
    "train",
]
