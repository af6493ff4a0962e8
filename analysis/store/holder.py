"""Who holds a run, in the words of its lock file: for the message to whom it keeps out."""

import os
import platform
from pathlib import Path


def this_process() -> str:
    """Return what this process writes into a lock file."""
    return f"process {os.getpid()} on {platform.node()}"


def said_in(file: Path) -> str:
    """Return what a lock file says of its holder, empty where it is nothing that prints."""
    try:
        holder = file.read_text(encoding="utf-8", errors="replace")[:200].strip()
    except OSError:
        return ""
    return holder if holder.isprintable() else ""
