"""What the commands share: a parser that refuses in one line, and the flags of a flow."""

import argparse
from collections.abc import Iterable
from typing import NoReturn

NAME = "python -m dynamics"
FLOW = {"alpha_p": 1.0, "sigma2": 0.25, "eta": 0.05, "tau": 1.0}  # where nothing is given
TEXTS = {
    "eta": "weight decay of the flow",
    "eta_p": "the predictor's own",
    "alpha_p": "rate of the predictor over the encoder's",
    "sigma2": "variance of the augmentation",
    "tau": "scale of the target",
    "beta": "rate of the EMA",
}


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in one line, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Print one line on stderr and leave."""
        self.exit(2, f"{NAME}: error: {message}\n")


def add_flow(parser: argparse.ArgumentParser, names: Iterable[str], before: str = "") -> None:
    """Add a flag for each parameter of a flow."""
    for name in names:
        shown = {"eta_p": "eta", "beta": "no EMA"}.get(name, FLOW.get(name))
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, help=f"{TEXTS[name]} (default: {before}{shown})")


def given(args: argparse.Namespace) -> dict[str, float]:
    """Return the parameters of a flow that were given."""
    return {name: value for name in TEXTS if (value := getattr(args, name, None)) is not None}


def say_caveat(line: str) -> None:
    """Print what a run has that the flow has not, if anything."""
    if line:
        print(line)
