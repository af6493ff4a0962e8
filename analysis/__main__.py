"""Measure and draw runs: ``python -m analysis RUN...``."""

import sys

from analysis.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
