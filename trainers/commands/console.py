"""``eigenspace``: one name for the commands of the three packages.

As a console script it does not have the working directory on the path, so that a user's own
``analysis.py`` is not taken for ours, as by ``python -m analysis`` it would be.
"""

import importlib
import sys
from collections.abc import Sequence

from trainers.commands.main import COMMANDS

# The other two packages by name: `trainers` imports neither until it is asked for.
PACKAGES = {"analyse": "analysis", "theory": "dynamics"}
USAGE = f"""usage: eigenspace demo                     two short runs, and a figure of both
       eigenspace train METHOD [options]   train; METHOD --help has every option
       eigenspace {"|".join(COMMANDS)}
                                           as in python -m trainers, whose --help says more
       eigenspace analyse RUN...           measure runs and draw them: python -m analysis
       eigenspace theory COMMAND           figures of the theory: python -m dynamics
       eigenspace --version"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if not argv or argv[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    command, rest = argv[0], argv[1:]
    package = PACKAGES.get(command, "trainers")
    if package == "trainers":
        rest = rest if command == "train" else argv
    code: int = importlib.import_module(f"{package}.commands.main").main(rest)
    return code
