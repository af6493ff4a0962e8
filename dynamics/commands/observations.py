"""``python -m dynamics observations``: Table 4's ten and one, each computed anew."""

import argparse

from dynamics.theorems.observations import observe


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add nothing: there is nothing to choose."""


def run(args: argparse.Namespace) -> None:
    """Print each observation, whether it holds, and by what."""
    for observation in observe():
        verdict = "holds" if observation.holds else "does not reproduce"
        print(f"{observation.number:>2}  {verdict:<18}  {observation.statement}")
        print(f"    {observation.evidence}")
