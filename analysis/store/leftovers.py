"""What lies in a store and no reader can see: removed where it is ours, left where it is not.

Ours are files and folders of the names that an array's own grid of chunks can have. Files of file
managers and of programs that synchronise folders stay where they are, and no link is followed.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.store.atomic import entries, sweep_leftovers
from analysis.store.chunks import chunk_file
from analysis.store.schema import COORDINATES, GROUPS, stored_name


def refuse_links(path: Path, dims: Mapping[str, int]) -> None:
    """Raise ValueError where what is written into a store would follow a link.

    Parameters
    ----------
    path : path
        Of the store.
    dims : mapping of key to int
        The number of dims of each array.
    """
    for folder in {path, *(path / key.rpartition("/")[0] for key in dims)}:
        refuse_link(folder)
    for key, ndim in dims.items():
        refuse_link(path / key)
        level = [path / key / "c"]
        for _ in range(ndim):
            for folder in level:
                refuse_link(folder)
            inside = [entry for folder in level for entry in entries(folder)]
            level = [Path(entry.path) for entry in inside if _index(entry.name) is not None]


def refuse_link(path: Path) -> None:
    """Raise ValueError where `path` is a link, through which one would write elsewhere."""
    if path.is_symlink():
        raise ValueError(
            f"{path} is a link to {os.readlink(path)}: what is written there would lie elsewhere; "
            "put what it leads to in its place (cp -rL does)"
        )


def sweep_store(path: Path, used: Mapping[str, tuple[int, int]]) -> None:
    """Remove chunks past the end, arrays that were never published, and partial files.

    Parameters
    ----------
    path : path
        Of a store that is held for writing.
    used : mapping of key to (int, int)
        Of each published array: how many chunks it has, and how many dims.
    """
    groups = {key.rpartition("/")[0] for key in used} | {""}
    for folder in groups | used.keys():
        sweep_leftovers(path / folder)
    for key, (chunks, ndim) in used.items():
        _cut(path, key, chunks, ndim)
    for group, variables in GROUPS.items():
        if (path / group).is_symlink():
            continue
        for name, variable in (COORDINATES | variables).items():
            key = f"{group}/{stored_name(group, name)}".lstrip("/")
            if key not in used and not (path / key).is_symlink():
                sweep_leftovers(path / key)  # of an array that was never made, too
            if key not in used and _is_node(path / key):
                _cut(path, key, 0, 1 + len(variable.dims))
                _remove(path / key / "c")
                _remove(path / key, ["zarr.json"])
        if group not in groups and _is_node(path / group):
            _remove(path / group, ["zarr.json"])


def _cut(path: Path, key: str, chunks: int, ndim: int) -> None:
    """Remove the chunks of an array from the number `chunks` on, and what zarr left of others."""
    array = path / key
    for entry in entries(array / "c"):
        index = _index(entry.name)
        if index is None or entry.is_symlink():
            continue
        file = chunk_file(path, key, index, ndim)
        sweep_leftovers(file.parent)
        linked = any(place.is_symlink() for place in (file, *file.parents[: ndim - 1]))
        if index >= chunks and file.is_file() and not linked:
            file.unlink()
            for folder in file.parents[: ndim - 1]:
                _remove(folder)
    sweep_leftovers(array / "c")


def _remove(folder: Path, files: Iterable[str] = ()) -> None:
    """Remove files of a folder, and the folder if nothing else is in it."""
    for name in files:
        (folder / name).unlink(missing_ok=True)
    if not folder.is_symlink() and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _is_node(folder: Path) -> bool:
    return not folder.is_symlink() and (folder / "zarr.json").is_file()


def _index(name: str) -> int | None:
    """Return the number that a chunk of this name has, None for what is no chunk."""
    return int(name) if name.isascii() and name.isdigit() and str(int(name)) == name else None
