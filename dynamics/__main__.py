"""``python -m dynamics``: the theory's figures, alone or with a run, and the observations."""

import sys

from analysis.commands.signals import run_package

if __name__ == "__main__":
    sys.exit(run_package("dynamics"))
