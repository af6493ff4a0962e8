"""What experiment shows: train non-contrastive methods and record their eigenspaces."""

from trainers.adam_probe import Adam
from trainers.classifier import load_classifier
from trainers.closed_forms import Direct
from trainers.config import Config
from trainers.evaluation import evaluate
from trainers.exact import exact_correlation
from trainers.finetune import FineTune
from trainers.knn import KNN
from trainers.linear_probe import Linear
from trainers.loop import resume, train
from trainers.losses import Cosine, Euclidean
from trainers.methods import METHODS, Method
from trainers.optimal import Optimal
from trainers.predictors import Identity, Learned
from trainers.targets import EMA, Attached, StopGradient
from trainers.view_features import view_features

__all__ = [
    "EMA",
    "KNN",
    "METHODS",
    "Adam",
    "Attached",
    "Config",
    "Cosine",
    "Direct",
    "Euclidean",
    "FineTune",
    "Identity",
    "Learned",
    "Linear",
    "Method",
    "Optimal",
    "StopGradient",
    "evaluate",
    "exact_correlation",
    "load_classifier",
    "resume",
    "train",
    "view_features",
]
