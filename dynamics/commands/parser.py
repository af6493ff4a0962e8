"""What the commands share: the flags of a flow, and what they are called elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis.commands.parser import Parser

if TYPE_CHECKING:
    import xarray as xr

FLOW = {"alpha_p": 1.0, "sigma2": 0.25, "eta": 0.05, "tau": 1.0}  # where nothing is given
TEXTS = {
    "eta": "weight decay of the flow",
    "eta_p": "the predictor's own",
    "alpha_p": "rate of the predictor over the encoder's",
    "sigma2": "variance of the augmentation",
    "tau": "scale of the target",
    "beta": "rate of the EMA",
}
MEANINGS = {
    "wd": "--eta",
    "weight-decay": "--eta",
    "decay": "--eta",
    "predictor-decay": "--eta-p",
    "predictor-lr": "--alpha-p",
    "lr": "the flow has no rate but that of the predictor over the encoder's: --alpha-p",
    "ema": "--beta",
    "momentum": "--beta",
    "noise": "--sigma2",
    "augmentation": "--sigma2",
    "sigma": "--sigma2",
    "time": "--until",
    "t-max": "--until",
    "steps": "--until",
    "sweep": "--over",
    "runs": "--run",
    "p": "--p0",
    "s": "--s0",
}


def add_flow(parser: Parser, names: Iterable[str], before: str = "") -> None:
    """Add a flag for each parameter of a flow."""
    group = parser.add_argument_group("flow")
    for name in names:
        shown = {"eta_p": "eta", "beta": "no EMA"}.get(name, FLOW.get(name))
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, type=float, help=f"{TEXTS[name]} (default: {before}{shown})")


def given(args: object) -> dict[str, float]:
    """Return the parameters of a flow that were given."""
    return {name: value for name in TEXTS if (value := getattr(args, name, None)) is not None}


def say_flow(compared: xr.Dataset) -> None:
    """Print by which flow a run's modes were predicted, how well, and what it has not."""
    print(compared.attrs["errors"])
    if line := compared.attrs["not_in_the_flow"]:
        print(line)
