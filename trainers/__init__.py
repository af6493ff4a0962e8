"""What experiment shows: train non-contrastive methods and record their eigenspaces."""

from trainers.config import Config
from trainers.loop import resume, train
from trainers.losses import Cosine
from trainers.methods import METHODS, Method
from trainers.predictors import Direct, Learned
from trainers.targets import EMA, StopGradient

__all__ = [
    "EMA",
    "METHODS",
    "Config",
    "Cosine",
    "Direct",
    "Learned",
    "Method",
    "StopGradient",
    "resume",
    "train",
]
