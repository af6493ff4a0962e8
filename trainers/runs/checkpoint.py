"""The latest resumable state of a run, replaced atomically."""

from pathlib import Path
from typing import Any

import torch

from analysis.store.atomic import replacing, sweep_leftovers

FILE = "checkpoint.pt"


def save(run: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint of `run`: tensors, numbers and strings only.

    What earlier kills left half-written beside it goes: a run has one writer.

    Raises
    ------
    OSError
        The disk is full or not writable; the old checkpoint stays.
    """
    replace(run / FILE, state)
    sweep_leftovers(run, FILE)


def replace(file: Path, state: dict[str, Any]) -> None:
    """Write `state` aside and rename it over `file`: a kill leaves the old file or the new one.

    Raises
    ------
    OSError
        As `replacing`.
    """
    with replacing(file) as aside, aside.open("wb") as stream:
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
        It cannot be read.
    """
    file = run / FILE
    if not file.is_file():
        raise FileNotFoundError(f"no checkpoint at {file}; give the directory of a started run")
    return read(file)


def read(file: Path) -> dict[str, Any]:
    """Read a file that `replace` wrote onto the CPU, with ``weights_only=True``.

    Raises
    ------
    ValueError
        It cannot be read.
    """
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a pickle, a zip or a torch error, by what is broken
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"{file} is damaged ({reason}); restore it, or train anew") from error
    return state
