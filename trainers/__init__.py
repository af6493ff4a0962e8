"""What experiment shows: train non-contrastive methods and record their eigenspaces."""

from trainers.config import Config
from trainers.evaluation.adam_probe import AdamProbe
from trainers.evaluation.classifier import load_classifier
from trainers.evaluation.evaluate import evaluate
from trainers.evaluation.exact_correlation import exact_correlation
from trainers.evaluation.finetune import FineTune
from trainers.evaluation.knn import KNN
from trainers.evaluation.linear_probe import LinearProbe
from trainers.evaluation.view_features import view_features
from trainers.methods.closed_forms import Direct
from trainers.methods.losses import Cosine, Euclidean
from trainers.methods.method import METHODS, Method
from trainers.methods.optimal import Optimal
from trainers.methods.predictors import Identity, Learned
from trainers.methods.targets import EMA, Attached, StopGradient
from trainers.training.loop import resume, train

__all__ = [
    "EMA",
    "KNN",
    "METHODS",
    "AdamProbe",
    "Attached",
    "Config",
    "Cosine",
    "Direct",
    "Euclidean",
    "FineTune",
    "Identity",
    "Learned",
    "LinearProbe",
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
