"""Whether every bit of a run is as it was written."""

import json
import os
import zipfile
from pathlib import Path
from typing import IO, Any

from analysis.store.address import address_of, local_path
from analysis.store.checksum import is_whole, stated_checksum
from analysis.store.chunks import check_chunks, chunk_file
from analysis.store.root import INLINE, array_metadata, committed_chunks, is_sealed, read_root
from analysis.store.schema import STORE

ZIPS = ("checkpoint.pt", "encoder.pt", "classifier.pt")


def verify(run: str | os.PathLike[str]) -> list[str]:
    """Read all of a run, and return what is damaged: a line a file, and none of a whole run.

    `open_snapshots` looks at the metadata and at the end of every chunk, and at the rest of a chunk
    when it is read. Here everything is read: each committed chunk against its checksum and against
    the root metadata, which know every chunk; the metadata of groups and arrays, which other
    readers use; and ``checkpoint.pt``, ``encoder.pt``, ``classifier.pt`` against the checksums in
    their zips; whether one of these is whole but another run's, `resume`, `evaluate` and `predict`
    look, and nobody of ``encoder.pt``, which only you read. A run may be verified while it is
    written.

    What plain readers notice is less. ``xarray.open_zarr`` compares each chunk with its own
    checksum, but reads NaN for a chunk that is lost (to zarr that is all fill value), takes one
    that was exchanged for another, and believes ``zarr.json``; ``torch.load`` compares nothing.

    Parameters
    ----------
    run : path
        A run directory, or the ``snapshots.zarr`` inside it.

    Returns
    -------
    list of str
        Of a store of format version 1 or 2, which has no checksums, only what is missing or cut
        off.

    Raises
    ------
    FileNotFoundError
        There is no store.
    ValueError
        The run is at an address, and not in a folder.

    Examples
    --------
    >>> verify("runs/byol")  # doctest: +SKIP
    ['runs/byol/snapshots.zarr/predictor/c/1/0/0 is damaged']
    """
    if address_of(run) is not None:
        raise ValueError(f"{run} is an address; a folder wanted, where all of it can be read")
    path = local_path(run)
    folder, store = (path, path / STORE) if (path / STORE).is_dir() else (path.parent, path)
    zips = [folder / name for name in ZIPS if folder == path and (folder / name).is_file()]
    found = [f"{file} is damaged ({damage})" for file in zips if (damage := zip_damage(file))]
    while True:
        try:
            root = read_root(store)
        except ValueError as error:
            return [str(error), *found]
        damages = _damages(store, root)
        if not damages or read_root(store) == root:  # otherwise the run went on meanwhile
            return damages + found


def _damages(store: Path, root: dict[str, Any]) -> list[str]:
    lines = []
    for key, metadata in array_metadata(root).items():
        allowed = committed_chunks(root, key)
        if allowed is None:
            try:
                check_chunks(store, key, metadata)
            except ValueError as error:
                lines.append(str(error))
            continue
        for index, known in enumerate(allowed):
            file = chunk_file(store, key, index, len(metadata["shape"]))
            if reason := _of_chunk(file, known):
                lines.append(f"{file} {reason}")
        lines += _of_node(store / key / "zarr.json", metadata)
    for key, node in root.get(INLINE, {}).get("metadata", {}).items():
        if node["node_type"] == "group" and "checksum" in root[INLINE]:
            lines += _of_node(store / key / "zarr.json", node)
    return lines


def _of_chunk(file: Path, known: set[str]) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        return "is missing" if isinstance(error, FileNotFoundError) else str(error.strerror)
    if not is_whole(content):
        return "is damaged"
    return "" if stated_checksum(content) in known else "is a chunk of another place, run or time"


def _of_node(file: Path, wanted: dict[str, Any]) -> list[str]:
    """Compare the metadata of a group or array, for readers that begin there, with the root's."""
    try:
        found = json.loads(file.read_bytes())
        good = is_sealed(found) if INLINE in found else found["node_type"] == "array"
        # Their lengths are those of another moment.
        same = ("attributes", "node_type", "data_type", "codecs", "fill_value", "dimension_names")
        good &= all(found.get(name) == wanted.get(name) for name in (*same, "chunk_grid"))
        good &= found.get("shape", [])[1:] == wanted.get("shape", [])[1:]
        return [] if good else [f"{file} is damaged or was edited"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        missing = isinstance(error, FileNotFoundError)
        return [f"{file} is {'missing' if missing else 'damaged or was edited'}"]


def zip_damage(file: Path | IO[bytes]) -> str:
    """Return what is wrong with a zip file by the checksums of its members; "" if nothing is."""
    try:
        with zipfile.ZipFile(file) as archive:
            bad = archive.testzip()
    except Exception as error:  # by what is broken: of a zip, a struct, a codec, an encoding
        return (str(error) or type(error).__name__).splitlines()[0]
    return f"the checksum of {bad} is not that of its content" if bad else ""
