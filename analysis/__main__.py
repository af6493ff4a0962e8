"""Measure and draw runs: ``python -m analysis RUN...``."""

import sys

from analysis.commands.signals import quiet


def main() -> int:
    """Import what runs the command line, and run it; return its exit code."""
    from analysis.commands.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(quiet(main, "python -m analysis"))
