"""The latest resumable state of a run, replaced atomically."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import torch

from analysis.store.atomic import replacing, sweep_leftovers
from analysis.store.integrity import zip_damage

FILE = "checkpoint.pt"


def nothing() -> None:
    """Check nothing."""


def save(run: Path, state: dict[str, Any], check: Callable[[], None] = nothing) -> None:
    """Replace the checkpoint of `run`: tensors, numbers and strings only; otherwise as `replace`.

    What earlier kills left half-written beside it goes: a run has one writer.
    """
    replace(run / FILE, state, check)
    sweep_leftovers(run, FILE)


def replace(file: Path, state: dict[str, Any], check: Callable[[], None] = nothing) -> None:
    """Write `state` aside and rename it over `file`: a kill leaves the old file or the new one.

    So does a loss of power: the disk is waited for.

    Parameters
    ----------
    check : function, optional
        Raises where the folder of `file` is not what it was: it was moved or replaced, say.

    Raises
    ------
    OSError
        The disk is full or not writable, or of `check`; the old file stays.
    """
    check()
    try:
        with replacing(file, durable=True) as aside, aside.open("wb") as stream:
            _write(state, stream, file)
            check()
    except OSError:
        check()
        raise


def _write(state: dict[str, Any], stream: BinaryIO, file: Path) -> None:
    try:
        torch.save(state, stream)
    except RuntimeError as error:  # torch's name for what went wrong in the stream
        if isinstance(failed := error.__context__, OSError):
            raise failed from None
        raise OSError(f"{file} could not be written: {error}") from error


def load(run: Path) -> dict[str, Any]:
    """Read the checkpoint of `run` onto the CPU, with ``weights_only=True``.

    Raises
    ------
    FileNotFoundError
        There is no checkpoint.
    ValueError
        It is damaged, or no checkpoint.
    """
    file = run / FILE
    if not file.is_file():
        raise FileNotFoundError(f"no checkpoint at {file}; give the directory of a started run")
    return read(file)


def read(file: Path) -> dict[str, Any]:
    """Read a file that `replace` wrote onto the CPU, with ``weights_only=True``.

    Its zip has a checksum of each member, which torch does not look at.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is damaged.
    """
    content = io.BytesIO(file.read_bytes())
    if damage := zip_damage(content):
        raise damaged(file, damage)
    content.seek(0)
    try:
        state = torch.load(content, map_location="cpu", weights_only=True)
    except Exception as error:  # a pickle, a zip or a torch error, by what is broken
        reason = (str(error) or type(error).__name__).splitlines()[0]
        if isinstance(error, pickle.UnpicklingError):  # torch says to load it nevertheless
            reason = "it holds what is no data"
        raise damaged(file, reason) from error
    if not isinstance(state, dict):
        raise damaged(file, f"it holds a {type(state).__name__}, and not a mapping")
    return state


def damaged(file: Path, reason: str) -> ValueError:
    """Return the error about a file that is not as it was written."""
    return ValueError(f"{file} is damaged ({reason}); restore it from a copy, or train anew")
