"""A folder of anyone's checkpoints, as a run: W_p and the features of each."""

import os
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import xarray as xr
from torch import Tensor

from analysis.checks.fields import shown
from analysis.checks.names import unknown
from analysis.checks.one_line import one_line
from analysis.checks.paths import path_of
from analysis.store.arrays import from_arrays

SUFFIXES = (".pt", ".pth", ".ckpt")
State = dict[str, Tensor]
NUMBER = re.compile(r"\d+")


@torch.no_grad()
def open_checkpoints(
    folder: str | os.PathLike[str],
    predictor: str | Sequence[str] | Callable[[State], Tensor],
    features: Callable[[State], Tensor],
    *,
    key: str | None = None,
    pattern: str = "*",
    step: Callable[[Path], int] | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    r"""Read the checkpoints of a folder in the order of their steps, each as a snapshot.

    Files are loaded with ``weights_only=True``: what is in them is not run.

    Parameters
    ----------
    folder : path
        Of ``.pt``, ``.pth`` or ``.ckpt`` files.
    predictor : str, sequence of str, or function of the state dict
        The key of W_p (d, d), ``"predictor.weight"``; of several keys, that of the input's layer
        first, W_p is the product; or what the function returns.
    features : function of the state dict
        Returns z, the input of the predictor, (sample, feature) or (sample, view, feature): the
        same samples each time, by a network of yours that the state was loaded into.
    key : str, optional
        Under which the file keeps its state dict; by default ``state_dict``, as in Lightning's, if
        there is one, or else the file is one.
    pattern : str
        Of the names of files: ``"epoch=*"``.
    step : function of a path, optional
        By default the last number in its name: 300 of ``epoch=3-step=300.ckpt``.
    attrs : mapping, optional
        As for `analysis.from_arrays`.

    Returns
    -------
    Dataset
        Of `analysis.from_arrays`; `analysis.save_snapshots` makes a run of it.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        A file is no checkpoint or holds more than weights, it has no such key, no number in its
        name or that of another; or matrices do not fit.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for step in (100, 20):
    ...     torch.save({"predictor.weight": step * torch.eye(2)}, f"{folder}/step-{step}.pt")
    >>> z = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    >>> run = open_checkpoints(folder, "predictor.weight", lambda state: z)
    >>> run.step.values, run.predictor[:, 0, 0].values
    (array([ 20, 100]), array([ 20., 100.], dtype=float32))
    """
    place = path_of("folder", folder)
    files = [file for file in sorted(place.glob(pattern)) if file.suffix in SUFFIXES]
    if not files:
        kinds = ", ".join(SUFFIXES)
        raise FileNotFoundError(f"no file {pattern!r} of {kinds} in {place}; name another folder")
    rows: list[xr.Dataset] = []
    for number, file in sorted(_numbered(files, step or _last_number).items()):
        state = _state(file, key)
        W, z = _predictor(file, state, predictor), features(state)
        if getattr(z, "ndim", 0) not in (2, 3):
            raise ValueError(
                f"{file}: features returned {shown(z)}; an array (sample, feature) or (sample, "
                "view, feature) wanted"
            )
        try:
            row = from_arrays(step=[number], predictor=W[None], features=z[None], attrs=attrs)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error
        if rows and row.sizes != rows[0].sizes:
            sizes = dict(row.sizes), dict(rows[0].sizes)
            raise ValueError(f"{file} has sizes {sizes[0]}, the first had {sizes[1]}")
        rows.append(row)
    return xr.concat(rows, "step", join="override", combine_attrs="override")


def _numbered(files: Sequence[Path], step: Callable[[Path], int]) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for file in files:
        number = step(file)
        if number in found:
            raise ValueError(
                f"{found[number].name} and {file.name} are both of step {number}; choose files by "
                "pattern, or give step, a function of a path"
            )
        found[number] = file
    return found


def _last_number(file: Path) -> int:
    numbers = NUMBER.findall(file.stem)
    if not numbers:
        raise ValueError(
            f"{file.name} has no number in its name; choose files by pattern, or give step, a "
            "function of a path"
        )
    return int(numbers[-1])


def _state(file: Path, key: str | None) -> State:
    try:
        held = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{file} holds more than weights, or is damaged; save the state_dict alone: "
            f"{one_line(error)}"
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ValueError(f"{file} is no checkpoint of torch: {one_line(error)}") from None
    if isinstance(held, Mapping) and key is None:
        key = "state_dict" if "state_dict" in held else None
    if key is not None:
        if not isinstance(held, Mapping) or key not in held:
            there = [*held] if isinstance(held, Mapping) else [type(held).__name__]
            raise ValueError(f"{file}: {unknown('key', key, list(map(str, there)))}")
        held = held[key]
    if not isinstance(held, Mapping):
        raise ValueError(f"{file} holds {shown(held)}; a state dict wanted")
    return dict(held)


def _predictor(file: Path, state: State, predictor: Any) -> Tensor:
    if callable(predictor):
        return predictor(state)
    names = [predictor] if isinstance(predictor, str) else list(predictor)
    for name in names:
        if name not in state:
            raise ValueError(f"{file}: {unknown('key', name, list(map(str, state)))}")
    first, *others = (state[name] for name in names)
    for weight in others:
        if weight.shape[-1] != first.shape[0]:
            shapes = f"{tuple(first.shape)}, then {tuple(weight.shape)}"
            raise ValueError(f"{file}: layers {names} do not follow: {shapes}; the input's first")
        first = weight @ first
    return first
