"""Measure and draw runs: ``python -m analysis RUN...``."""

import sys

from analysis.commands.signals import run_package

if __name__ == "__main__":
    sys.exit(run_package("analysis"))
