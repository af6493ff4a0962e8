"""``eigenspace``: one name for the commands of the three packages.

As a console script it does not have the working directory on the path, so that a user's own
``analysis.py`` is not taken for ours, as by ``python -m analysis`` it would be.
"""

import importlib
import sys
from collections.abc import Sequence

from analysis.commands.called import SCRIPT
from analysis.commands.signals import quiet

# The other two packages by name: `trainers` imports neither until it is asked for.
PACKAGES = {"analyse": "analysis", "theory": "dynamics"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    if arguments is None:  # all of a process
        return quiet(lambda: _run(sys.argv[1:]), SCRIPT)
    return _run(list(arguments))


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "--help-all"):
        print(_usage())
        return 0
    if argv[0] == "example":
        package = "analysis"
    elif argv[0] in PACKAGES:
        package, argv = PACKAGES[argv[0]], argv[1:]
    else:
        package = "trainers"
    code: int = importlib.import_module(f"{package}.commands.main").main(argv)
    return code


def _usage() -> str:
    from trainers.commands.main import COMMANDS

    words = {"train METHOD [options]": "train; METHOD --help has its options"}
    words |= {f"{word} {one.usage}".rstrip(): one.what for word, one in COMMANDS.items()}
    words |= {
        "analyse RUN...": "measure runs and draw them: python -m analysis",
        "example [NAME]": "runs that ship: list them, or unpack one",
        "theory COMMAND": "figures of the theory: python -m dynamics",
        "--version": "",
    }
    width = max(map(len, words))
    lines = [f"{SCRIPT} {word:<{width}}  {what}".rstrip() for word, what in words.items()]
    return "usage: " + f"\n{7 * ' '}".join(lines)
