"""The first sign of life of a command whose libraries take seconds to load."""

import os
import sys


def say_loading(*modules: str) -> None:
    """Say on stderr which of these are being loaded, if they are not there yet."""
    missing = [module for module in modules if module not in sys.modules]
    # Of several processes that torchrun started, one says it.
    if missing and os.environ.get("RANK", "0") == "0":
        print(f"loading {', '.join(missing)} ...", file=sys.stderr, flush=True)
