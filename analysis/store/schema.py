"""The names of a run: what is stored, along which dimensions, under which symbol.

One matrix is `row` x `col`, and ``M[row, col]`` carries feature `col` to output `row`.
"""

from dataclasses import dataclass
from typing import Literal

FORMAT = "eigenspace-snapshots"
FORMAT_VERSION = 3
STORE = "snapshots.zarr"  # its place inside a run directory
FLOW = "flow_parameters"  # attribute of a run, JSON: loss, target, predictor, rates for the theory
EXTENDED = "extended"  # attribute of a run, JSON: epochs it was to have, until which step
DIVERGED_AT = "diverged_at"  # attribute of a run: the step at which its numbers ceased to be finite
OWN_CODE = "own_code"  # attribute of a run, JSON: hashes of what its user wrote, from which step
FINISHED = "finished_at"  # attribute of a run: its last step, once its last measurement is there

MATRIX = ("row", "col")
LAYERED = "singular_value"  # of the weights that its attribute `layers` names, NaN behind the last


@dataclass(frozen=True)
class Variable:
    """One stored variable: the dimensions after `step`, and how figures call it."""

    long_name: str
    dims: tuple[str, ...] = ()
    symbol: str = ""
    units: str = ""
    kind: Literal["real", "count", "text"] = "real"

    @property
    def attrs(self) -> dict[str, str]:
        """The labels as zarr and xarray attributes; empty ones are left out."""
        labels = {"long_name": self.long_name, "symbol": self.symbol, "units": self.units}
        return {key: value for key, value in labels.items() if value}


COORDINATES = {
    "step": Variable("optimiser step", units="steps", kind="count"),
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
    "singular_value": Variable("singular value", ("layer", "mode"), r"$\sigma_k$"),
    "samples": Variable("rows behind each moment", symbol="$n$", kind="count"),
}

METRICS = {
    "loss": Variable("loss", symbol="$J$"),
    "learning_rate": Variable("learning rate", symbol=r"$\alpha$"),
    "tau": Variable("target scale", symbol=r"$\langle W_a, W\rangle / \|W\|^2$"),
    "feature_std": Variable("std of normalised features", symbol=r"$\sigma(z/\|z\|)$"),
    "grad_norm": Variable("gradient norm", symbol=r"$\|\nabla J\|$"),
    "predictor_grad_norm": Variable(
        "gradient norm of the predictor", symbol=r"$\|\nabla_{W_p} J\|$"
    ),
    "predictor_buffer_norm": Variable("norm of the predictor's momentum", symbol=r"$\|v_p\|$"),
    "predictor_learning_rate": Variable("learning rate of the predictor", symbol=r"$\alpha_p$"),
    "head_grad_norm": Variable(
        "gradient norm of the last projector layer", symbol=r"$\|\nabla_{W_L} J\|$"
    ),
    "head_buffer_norm": Variable(
        "norm of the last projector layer's momentum", symbol=r"$\|v_L\|$"
    ),
    "head_learning_rate": Variable(
        "learning rate of the last projector layer", symbol=r"$\alpha_L$"
    ),
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

# What an evaluation is of: two rows of one key are the same evaluation, made again.
EVALUATION_KEY = ("protocol", "network", "features", "options", "data")
EVALUATION = {
    "protocol": Variable("evaluation protocol", kind="text"),
    "network": Variable("network", kind="text"),
    "features": Variable("features", kind="text"),
    "options": Variable("settings of the protocol, JSON", kind="text"),
    "data": Variable("data", kind="text"),
    "accuracy": Variable("accuracy"),
    "details": Variable("what else is known of the evaluation, JSON", kind="text"),
}

GROUPS = {"": SNAPSHOTS, "metrics": METRICS, "evaluation": EVALUATION}
AXES = {"": "step", "metrics": "metrics_step", "evaluation": "evaluation"}
"""The dim along which a group grows. In a tree a group inherits what its root has along `step`, so
that it needs a dim, and a name for its own steps, that the root has not."""


def stored_name(group: str, name: str) -> str:
    """Return under which name a group's variable is stored: `step` is `metrics_step` there."""
    return f"{group}_{name}" if group and name == "step" else name


def stored_coordinates(group: str) -> tuple[str, ...]:
    """Return the stored names of a group's coordinates, beside that of its dim."""
    names = ("step", "epoch", *EVALUATION_KEY) if group == "evaluation" else ("epoch", "time")
    return tuple(stored_name(group, name) for name in names)
