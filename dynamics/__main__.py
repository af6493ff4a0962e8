"""``python -m dynamics``: the theory's figures, alone or with a run, and the observations."""

import sys

from dynamics.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
