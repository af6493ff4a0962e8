"""The names of a run: what is stored, along which dimensions, under which symbol.

One matrix is `row` x `col`, and ``M[row, col]`` carries feature `col` to output `row`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

FORMAT = "eigenspace-snapshots"
FORMAT_VERSION = 1
STORE = "snapshots.zarr"  # its place inside a run directory
DIVERGED = "diverged_at"  # attribute of a run: the step at which its numbers ceased to be finite

MATRIX = ("row", "col")


@dataclass(frozen=True)
class Variable:
    """One stored variable: the dimensions after `step`, and how figures call it."""

    long_name: str
    dims: tuple[str, ...] = ()
    symbol: str = ""
    units: str = ""

    @property
    def attrs(self) -> dict[str, str]:
        """The labels as zarr and xarray attributes; empty ones are left out."""
        labels = {"long_name": self.long_name, "symbol": self.symbol, "units": self.units}
        return {key: value for key, value in labels.items() if value}


COORDINATES = {
    "step": Variable("optimiser step", units="steps"),
    "epoch": Variable("epoch", units="epochs"),
    "time": Variable("gradient-flow time", symbol="$t$"),
}

SNAPSHOTS = {
    "predictor": Variable("predictor", MATRIX, "$W_p$"),
    "correlation": Variable("same-view correlation", MATRIX, "$F$"),
    "cross_correlation": Variable("cross-view correlation", MATRIX, r"$E[z_1 z_2^\top]$"),
    "target_correlation": Variable("target-online correlation", MATRIX, r"$E[z_a z^\top]$"),
    "prediction_correlation": Variable("prediction-input correlation", MATRIX, r"$E[q z^\top]$"),
    "running_correlation": Variable("running correlation of the rule", MATRIX, r"$\hat F$"),
    "mean": Variable("mean feature", ("row",), "$E[z]$"),
    "head": Variable("last projector layer", ("row", "feature"), "$W_L$"),
    "head_bias": Variable("bias of the last projector layer", ("row",), "$b$"),
    "samples": Variable("rows behind each moment", symbol="$n$"),
}

METRICS = {
    "loss": Variable("loss", symbol="$J$"),
    "learning_rate": Variable("learning rate", symbol=r"$\alpha$"),
    "tau": Variable("target scale", symbol=r"$\langle W_a, W\rangle / \|W\|^2$"),
    "feature_std": Variable("std of normalised features", symbol=r"$\sigma(z/\|z\|)$"),
    "grad_norm": Variable("gradient norm", symbol=r"$\|\nabla J\|$"),
    "images_per_second": Variable("training speed", units="images/s"),
}

PROTOCOLS = {
    "knn": "kNN accuracy",
    "linear": "linear-probe accuracy",
    "adam": "linear-probe accuracy, by Adam",
    "finetune": "fine-tuning accuracy",
}
NETWORKS = ("online", "target")
FEATURES = ("encoder", "block", "projector")


def accuracy_name(protocol: str, network: str = "online", features: str = "encoder") -> str:
    """Return the name of an accuracy; what is usual is left out: `linear_accuracy_projector`."""
    parts = (network if network != NETWORKS[0] else "", features if features != FEATURES[0] else "")
    return "_".join([f"{protocol}_accuracy", *filter(None, parts)])


EVALUATION = {
    accuracy_name(protocol, network, features): Variable(long_name)
    for protocol, long_name in PROTOCOLS.items()
    for network in NETWORKS
    for features in FEATURES
}

GROUPS = {"": SNAPSHOTS, "metrics": METRICS, "evaluation": EVALUATION}


def check_variable(name: str, values: np.ndarray, known: Mapping[str, Variable]) -> None:
    """Check the name, the number of dims and the kind of `values`, dims ``(step, ...)``.

    Raises
    ------
    ValueError
        The name is not in the schema, or the values do not have its dims, or are not real numbers.
    """
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose from {sorted(known)}"
        raise ValueError(f"{name!r} is not a variable of the schema; {hint}")
    if values.ndim - 1 != len(known[name].dims):
        dims = ("step", *known[name].dims)
        raise ValueError(f"{name!r} has shape {values.shape[1:]} per step; its dims are {dims}")
    wanted = "f" if known[name].dims else "fiu"
    if values.dtype.kind not in wanted:
        raise ValueError(f"{name!r} has dtype {values.dtype}; wanted real floating-point numbers")
