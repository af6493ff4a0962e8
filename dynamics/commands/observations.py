"""``python -m dynamics observations``: Table 4's ten and one, and what the cosine flow explains."""

import argparse

from analysis.commands.parser import Parser


def add_options(parser: Parser) -> None:
    """Add nothing: there is nothing to choose."""


def run(args: argparse.Namespace) -> None:
    """Print each observation as it is found, whether it holds, and by what."""
    from dynamics.experiment.recorded import each_explanation
    from dynamics.theorems.observations import each_observation

    for observation in each_observation():
        verdict = "holds" if observation.holds else "does not reproduce"
        print(f"{observation.number:>2}  {verdict:<18}  {observation.statement}")
        print(f"    {observation.evidence}", flush=True)
    print("\nrecorded spectra, and the cosine flow")
    for found in each_explanation():
        verdict = "explained" if found.explained else "not explained"
        print(f"    {verdict:<18}  {found.statement}")
        print(f"    {found.evidence}", flush=True)
