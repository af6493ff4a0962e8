"""``python -m dynamics``: the theory's figures, alone or with a run, and the observations."""

import sys

from analysis.commands.signals import quiet


def main() -> int:
    """Import what runs the command line, and run it; return its exit code."""
    from dynamics.commands.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(quiet(main, "python -m dynamics"))
