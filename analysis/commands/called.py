"""How a person calls the commands, and the version that answers."""

import sys
from pathlib import Path

SCRIPT = "eigenspace"
WORDS = {"trainers": SCRIPT, "analysis": f"{SCRIPT} analyse", "dynamics": f"{SCRIPT} theory"}


def called(package: str) -> str:
    """Return what a package's commands are called by: the console script, where it is running.

    Examples
    --------
    >>> called("analysis")
    'python -m analysis'
    """
    return WORDS[package] if Path(sys.argv[0]).stem == SCRIPT else f"python -m {package}"


def version_line() -> str:
    """Return the name and version of what is installed."""
    from importlib.metadata import version

    return f"{SCRIPT} {version(SCRIPT)}"
