"""What a command is given by the shell, notebook or batch system that starts it, and must bear."""

import os
import sys


def bear_environment() -> None:
    """Draw to files whatever backend is asked for, and print whatever text the codepage lacks.

    A notebook hands down its own backend, which another environment has not. What a codepage has no
    place for is printed by its code: the name of a file is no reason to lose what was computed.
    """
    os.environ["MPLBACKEND"] = "agg"
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not of a notebook
            stream.reconfigure(errors="backslashreplace")
