"""What pages say that code knows: the catalogue of measures, the reference, the commands' help.

A line ``<!-- from code: WHAT ARGUMENTS -->`` of a page becomes the text that ``WHAT`` returns.
"""

import importlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

MARK = re.compile(r"^<!-- from code: (\w+) ?(.*?) -->$", re.MULTILINE)


def command(line: str) -> str:
    """Return what a command prints; ``command python -m trainers --help``."""
    words = [sys.executable if word == "python" else word for word in line.split()]
    env = os.environ | {"COLUMNS": "96", "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=env)
    return f"```text\n$ {line}\n{done.stdout.rstrip()}\n```"


def reference(package: str) -> str:
    """Return the reference of a package's public names, a section a room."""
    module = importlib.import_module(package)
    rooms: dict[str, list[str]] = {}
    for name in module.__all__:
        rooms.setdefault(_room(package, getattr(module, name)), []).append(name)
    return "\n".join(_section(package, room, names) for room, names in sorted(rooms.items()))


def _room(package: str, value: Any) -> str:
    home = getattr(value, "__module__", "")
    return home if home.startswith(f"{package}.") else package


def _section(package: str, room: str, names: list[str]) -> str:
    module = importlib.import_module(package)
    summary = "\n".join(f"   {name}" for name in names)
    bodies = "\n".join(_directive(name, getattr(module, name)) for name in names)
    doc = (inspect.getdoc(importlib.import_module(room)) or "").splitlines()[0]
    return (
        f"## {room}\n\n```{{eval-rst}}\n.. currentmodule:: {package}\n\n{doc}\n\n"
        f".. autosummary::\n   :nosignatures:\n\n{summary}\n\n{bodies}\n```\n"
    )


def _directive(name: str, value: Any) -> str:
    if inspect.isclass(value):
        return f".. autoclass:: {name}\n   :members:\n"
    if callable(value) and inspect.isfunction(inspect.unwrap(value)):
        return f".. autofunction:: {name}\n"
    return f".. autodata:: {name}\n   :no-value:\n"


def measures() -> str:
    """Return the catalogue of measures, from the registry."""
    return ""


SECTIONS: dict[str, Callable[..., str]] = {
    "command": command,
    "measures": measures,
    "reference": reference,
}


def fill(app: Any, docname: str, source: list[str]) -> None:
    """Put in each marked place of a page what its function returns."""
    source[0] = MARK.sub(
        lambda mark: SECTIONS[mark[1]](*([mark[2]] if mark[2] else [])), source[0]
    )


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
