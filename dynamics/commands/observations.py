"""``python -m dynamics observations``: Table 4's ten and one, each computed anew."""

import argparse

from analysis.commands.parser import Parser


def add_options(parser: Parser) -> None:
    """Add nothing: there is nothing to choose."""


def run(args: argparse.Namespace) -> None:
    """Print each observation as it is found, whether it holds, and by what."""
    from dynamics.theorems.observations import each_observation

    for observation in each_observation():
        verdict = "holds" if observation.holds else "does not reproduce"
        print(f"{observation.number:>2}  {verdict:<18}  {observation.statement}")
        print(f"    {observation.evidence}", flush=True)
