"""``python -m trainers``: train a method, list the methods, resume a run."""

import sys

from analysis.commands.signals import run_package

if __name__ == "__main__":
    sys.exit(run_package("trainers"))
