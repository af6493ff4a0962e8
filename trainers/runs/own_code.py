"""The code of what a user brought: its hash in the store, and whether it has changed since."""

import contextlib
import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.store.reader import STORE, SnapshotWriter
from analysis.store.root import read_root
from analysis.store.schema import OWN_CODE
from trainers import ranks
from trainers.config import Config
from trainers.named import find
from trainers.networks.named_encoder import LIBRARIES
from trainers.runs.own_parts import own_parts
from trainers.say import say

Code = dict[str, dict[str, str]]
"""Of each kind of part: `name`, and what there is of `source`, `file` and `version`."""


def code_of(config: Config) -> Code:
    """Return the hashes of the code behind each part that is a user's; data have a fingerprint.

    `source` is of the function or class itself, `file` of all that stands in its file, so of its
    helpers there too; what other files hold is not looked at. An object that was made in a file
    has no source of its own, and what was typed has no file. Of torchvision's and timm's encoders
    it is their `version`.

    Examples
    --------
    >>> from trainers import METHODS
    >>> code = code_of(Config(method=METHODS["byol"], encoder="pathlib:Path"))
    >>> [*code["encoder"]], len(code["encoder"]["source"])
    (['name', 'source', 'file'], 32)
    """
    parts = own_parts(config).items()
    return {kind: {"name": name} | _hashes(kind, name) for kind, name in parts if kind != "data"}


def _hashes(kind: str, name: str) -> dict[str, str]:
    module, _, _ = name.partition(":")
    if kind == "encoder" and module in LIBRARIES:
        return {"version": str(importlib.import_module(module).__version__)}
    found, known = find(kind, name), {}
    with contextlib.suppress(OSError, TypeError):  # an object; or typed, and in no file
        known["source"] = _hash(inspect.getsource(found).encode())
    if file := _file(found, module):
        known["file"] = _hash(file.read_bytes())
    return known


def _file(found: Any, module: str) -> Path | None:
    try:
        file = inspect.getfile(found)
    except (OSError, TypeError):
        file = getattr(sys.modules[module], "__file__", None) or ""
    return Path(file) if Path(file).is_file() else None


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def unknown_code(code: Code) -> list[str]:
    """Return a line for each part of which nobody will know whether it changes."""
    return [
        f"{kind} {its['name']!r} stands in no file: whether it changes will not be known"
        for kind, its in code.items()
        if len(its) == 1
    ]


def changes(now: Code, then: Code) -> list[str]:
    """Return what is said of parts whose code is not what it was.

    Examples
    --------
    >>> then = {"loss": {"name": "mine:L1", "source": "a", "file": "b"}}
    >>> changes({"loss": {"name": "mine:L1", "source": "c", "file": "d"}}, then)
    ["loss 'mine:L1' has changed"]
    >>> changes({"loss": {"name": "mine:L1", "source": "a", "file": "d"}}, then)
    ["the file of loss 'mine:L1' has changed, in other lines"]
    """
    told, around = [], []  # changed itself; or in lines of its file that are not its own
    for kind, its in now.items():
        before, name = then.get(kind, {}), f"{kind} {its['name']!r}"
        differ = [key for key in ("version", "source", "file") if its.get(key) != before.get(key)]
        if "version" in differ:
            told.append(f"{name} is of version {its.get('version')}, was {before.get('version')}")
        elif "source" in differ:
            told.append(f"{name} has changed")
        elif differ and "source" not in its:
            told.append(f"the file of {name} has changed")
        elif differ:
            around.append(name)
    if around:
        told.append(f"the file of {' and of '.join(around)} has changed, in other lines")
    return told


def described(code: Code, step: int = 0, before: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return what the store says: by which code it was trained after which step, newest last."""
    return json.dumps([*before, {"after_step": step, "parts": code}])


def _history(run: Path) -> list[dict[str, Any]]:
    attrs = read_root(run / STORE)["attributes"] if (run / STORE).is_dir() else {}
    known: list[dict[str, Any]] = json.loads(attrs.get(OWN_CODE, "[]"))
    return known


def said_changes(run: Path, config: Config) -> tuple[str, ...]:
    """Say on stderr which parts are no longer what the run was trained with; return the lines.

    That is no refusal: a mistake may have been mended, and only who wrote it knows what it does.
    """
    known = _history(run)
    told = tuple(changes(code_of(config), known[-1]["parts"])) if known else ()
    for line in told if ranks.writes() else ():
        say(f"{run}: since the training {line}")
    return told


def keep_changes(run: Path, config: Config, step: int, writer: SnapshotWriter) -> None:
    """Let the store say that after `step` a run is trained by other code, if it is."""
    known, now = _history(run), code_of(config)
    if known and changes(now, known[-1]["parts"]):
        writer.mark(**{OWN_CODE: described(now, step, known)})
