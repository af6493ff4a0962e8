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
from pathlib import Path
from typing import Any

from analysis.registry.every import MEASURES
from analysis.registry.measure import Measure

MARK = re.compile(r"^<!-- from code: (\w+) ?(.*?) -->$", re.MULTILINE)


def command(line: str) -> str:
    """Return what a command prints; ``command python -m trainers --help``."""
    words = [sys.executable if word == "python" else word for word in line.split()]
    env = os.environ | {"COLUMNS": "96", "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=env)
    return f"```text\n$ {line}\n{done.stdout.rstrip()}\n```"


def readme(mark: str) -> str:
    """Return the block of the README between a mark and the end."""
    text = (Path(__file__).parents[1] / "README.md").read_text()
    return text.split(f"<!-- {mark} -->\n")[1].split("<!-- end -->")[0]


def reference(package: str) -> str:
    """Return the reference of a package's public names, a section a room."""
    module = importlib.import_module(package)
    rooms: dict[str, list[str]] = {}
    for name in module.__all__:
        home = getattr(getattr(module, name), "__module__", "")
        rooms.setdefault(home if home.startswith(f"{package}.") else package, []).append(name)
    return "\n".join(_section(package, room, names) for room, names in sorted(rooms.items()))


def _section(package: str, room: str, names: list[str]) -> str:
    module = importlib.import_module(package)
    bodies = "\n".join(_directive(name, getattr(module, name)) for name in names)
    doc = (inspect.getdoc(importlib.import_module(room)) or "").splitlines()[0]
    title = "Tables" if room == package else room
    return (
        f"## {title}\n\n```{{eval-rst}}\n.. currentmodule:: {package}\n\n{doc}\n\n{bodies}\n```\n"
    )


def _directive(name: str, value: Any) -> str:
    if inspect.isclass(value):
        return f".. autoclass:: {name}\n   :members:\n"
    if inspect.isroutine(value):
        return f".. autofunction:: {name}\n"
    return f".. py:data:: {name}\n\n   A table of {len(value)}: {', '.join(map(str, value))}.\n"


def measures() -> str:
    """Return the catalogue of measures, from the registry."""
    return "\n".join(_entry(name, measure) for name, measure in sorted(MEASURES.items()))


def _entry(name: str, measure: Measure) -> str:
    function = getattr(measure.function, "func", measure.function)
    doc = inspect.getdoc(function) or ""
    options = getattr(measure.function, "keywords", {})
    call = ", ".join((*measure.takes, *(f"{key}={value!r}" for key, value in options.items())))
    rows = {
        "call": f"`{function.__name__}({call})`",
        "symbol": measure.symbol,
        "range": f"`{measure.span}`",
        "null level": measure.chance,
        "modes": f"numbered by the eigenvectors of `{measure.basis}`" if measure.basis else "",
        "undefined": measure.undefined,
        "source": measure.source,
    }
    table = "\n".join(f"| {key} | {_cell(value)} |" for key, value in rows.items() if value)
    formula = f"$$\n{measure.formula.strip('$')}\n$$" if measure.formula else ""
    title = re.sub(r":math:`([^`]+)`", r"$\1$", doc.splitlines()[0])
    parts = [f"### {name}", title, formula, f"| | |\n|---|---|\n{table}", _example(doc)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cell(value: str) -> str:
    return " ".join(value.split()).replace(r"\|", r"\Vert ").replace("|", r"\vert ")


def _example(doc: str) -> str:
    found = re.search(r"Examples\n-+\n(.+)", doc, re.DOTALL)
    return f"```python\n{found[1].rstrip()}\n```" if found else ""


SECTIONS: dict[str, Callable[..., str]] = {
    "command": command,
    "measures": measures,
    "readme": readme,
    "reference": reference,
}


def fill(app: Any, docname: str, source: list[str]) -> None:
    """Put in each marked place of a page what its function returns."""
    source[0] = MARK.sub(lambda mark: SECTIONS[mark[1]](*([mark[2]] if mark[2] else [])), source[0])


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
