"""``python -m trainers``: train a method, list the methods, resume a run."""

import sys

from trainers.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
