"""``python -m trainers``: train a method, list the methods, resume a run."""

import sys

from analysis.commands.signals import quiet


def main() -> int:
    """Import what runs the command line, and run it; return its exit code."""
    from trainers.commands.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(quiet(main, "python -m trainers"))
