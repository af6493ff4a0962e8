"""What a user brings, by the name that it is found under again: ``package.module:name``.

Wherever the library has a name for an encoder, data, a recipe, a predictor rule, a target or a
loss, such a name may stand: it is stored in the run, and imported again on `resume` and `evaluate`.
"""

import importlib
import os
import re
import traceback
from pathlib import Path
from typing import Any

from analysis.checks.fields import shown
from analysis.checks.import_path import importing_from_here
from analysis.checks.memory import ran_out
from analysis.checks.names import unknown
from analysis.checks.one_line import one_line

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


_STRANGERS: set[str] = set()
"""The packages and modules, by the first word of their names, in which `find` looked."""


class OwnCodeError(ValueError):
    """What a user brought has failed."""


def is_named(text: Any) -> bool:
    """Return whether `text` has the form ``package.module:name``.

    Examples
    --------
    >>> is_named("mynets:build"), is_named("resnet18"), is_named("photos/a:b")
    (True, False, False)
    """
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def find(kind: str, name: str) -> Any:
    """Return what a name stands for; its module is looked for in the working directory, too.

    Parameters
    ----------
    kind : str
        What it is to be, as the message calls it.
    name : str
        ``package.module:name``, of a name inside it ``package.module:Class.name``.

    Raises
    ------
    ValueError
        There is no such module, it cannot be imported, or it has no such name.

    Examples
    --------
    >>> find("rule", "math:hypot")(3, 4)
    5.0
    """
    if not is_named(name):
        raise ValueError(f"{kind} is {shown(name)}; package.module:name wanted")
    module, _, path = name.partition(":")
    _STRANGERS.add(module.partition(".")[0])
    here = str(Path.cwd())
    try:
        with importing_from_here():
            found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise failed(f"{kind} {name!r}: its module fails on import", error) from error
        raise ValueError(
            f"{kind} {name!r}: there is no module {error.name!r}, in {here} or where Python looks; "
            "run this where it can be imported, or install it"
        ) from None
    except Exception as error:  # whatever a stranger's module does
        raise failed(f"{kind} {name!r}: its module fails on import", error) from error
    for part in path.split("."):
        if not hasattr(found, part):
            there = [word for word in dir(found) if not word.startswith("_")]
            raise ValueError(unknown(f"{kind} of {module}", part, there, "there is no such name"))
        found = getattr(found, part)
    return found


def name_of(kind: str, thing: Any) -> str:
    """Return the name under which an object is found again.

    Raises
    ------
    ValueError
        There is none: it is a lambda, was made inside a function or in the script that runs, or its
        name leads to another object.

    Examples
    --------
    >>> name_of("rule", Path)
    'pathlib:Path'
    >>> name_of("rule", lambda x: x)
    Traceback (most recent call last):
    ValueError: rule is a lambda; a run finds what it was made of by name: give it one in a module
    """
    module, path = (getattr(thing, key, None) for key in ("__module__", "__qualname__"))
    why = ""
    if not isinstance(module, str) or not isinstance(path, str):
        why = f"is {shown(thing)}, which has no name of its own"
    elif path == "<lambda>" or path.endswith(".<lambda>"):
        why = "is a lambda"
    elif "<locals>" in path:
        why = f"is {path.replace('.<locals>', '')}, made inside a function"
    elif module == "__main__":
        why = f"is {path} of the script that runs"
    elif find(kind, f"{module}:{path}") is not thing:
        why = f"is not what {module}:{path} leads to"
    if why:
        raise ValueError(
            f"{kind} {why}; a run finds what it was made of by name: give it one in a module"
        )
    return f"{module}:{path}"


def failed(what: str, error: Exception, then: str = "") -> OwnCodeError:
    """Return what is said of a user's code that raised, whatever it raised, in one line.

    Examples
    --------
    >>> failed("data 'mine:load' fails", KeyError("a"))
    OwnCodeError("data 'mine:load' fails, KeyError: 'a'")
    """
    place = where(error)
    at = f" ({place})" if place else ""
    return OwnCodeError(f"{what}, {type(error).__name__}: {one_line(error)}{at}{then}")


def where(error: BaseException) -> str:
    """Return the line of a user's code in which an error arose, empty if it was not in any.

    Of what the names that were looked for stand in, the innermost: ``mylosses.py:31, distance``.
    """
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if module in _STRANGERS - _OURS:
            code = frame.f_code
            found = f"{os.path.relpath(code.co_filename)}:{line}"
            found += "" if code.co_name == "<module>" else f", {code.co_name}"
    return found


def failure(error: Exception) -> str:
    """Return how and where a user's code failed, empty if it was none of it that did."""
    if isinstance(error, OwnCodeError):
        return str(error)
    place = "" if ran_out(error) else where(error)
    return f"{type(error).__name__} in {place}: {one_line(error)}" if place else ""


_OURS = {"analysis", "dynamics", "trainers", "torch"}  # named or not, they are no user's
