"""The root metadata of a store: what it says of arrays and chunks, and its checksum.

Beside zarr's ``metadata`` of every node, ``consolidated_metadata`` of the root ``zarr.json`` has

- ``chunks``: of each array, the checksums of its committed chunks one behind the other, so that a
  chunk of another place, run or time is not taken for its own;
- ``coming``: of each array whose last chunk is being replaced by a fuller one, the checksum of that
  one; a reader may meet either;
- ``checksum``: of all the rest of the file, as JSON.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from analysis.store.checksum import crc32c_of_json
from analysis.store.schema import FORMAT, FORMAT_VERSION

UNSEALED = 2  # the last format version without checksums
INLINE = "consolidated_metadata"


def group_node(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a zarr group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def with_members(node: dict[str, Any], members: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the metadata of a group with those of its members, and a checksum of it all.

    Raises
    ------
    ValueError
        Attributes are no plain JSON.
    """
    inline = {"kind": "inline", "must_understand": False, "metadata": members, **more}
    try:
        whole: dict[str, Any] = json.loads(json.dumps(node | {INLINE: inline}))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"attributes {node['attributes']} are no plain JSON: {error}") from None
    whole[INLINE]["checksum"] = crc32c_of_json(whole)
    return whole


def has_checksums(root: dict[str, Any]) -> bool:
    """Return whether a store of its format version has checksums, of chunks as of metadata."""
    return bool(root["attributes"]["format_version"] > UNSEALED)


def is_sealed(node: dict[str, Any]) -> bool:
    """Return whether the metadata of a group have a checksum, and it is theirs."""
    inline = node.get(INLINE)
    if not isinstance(inline, dict) or "checksum" not in inline:
        return False
    rest = {name: value for name, value in inline.items() if name != "checksum"}
    return bool(crc32c_of_json(node | {INLINE: rest}) == inline["checksum"])


def read_root(path: Path) -> dict[str, Any]:
    """Read the root metadata of a snapshot store.

    Raises
    ------
    FileNotFoundError
        There is no zarr v3 group at `path`.
    ValueError
        The metadata is cut off, changed, belongs to something else, speaks of what is not in the
        store, or is of a newer format.
    """
    file = path / "zarr.json"
    if not file.is_file():
        raise FileNotFoundError(
            f"no snapshot store at {path}: {file.name} is missing; "
            "give a run directory or its snapshots.zarr"
        )
    return parse_root(file.read_bytes(), path)


def parse_root(content: bytes, path: str | Path) -> dict[str, Any]:
    """Return the content of the root ``zarr.json`` of the store at `path`, as `read_root`."""
    file = f"{path}/zarr.json"
    try:
        root: dict[str, Any] = json.loads(content)
        found = root["attributes"].get("format")
        version = root["attributes"].get("format_version")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{file} is truncated or not zarr metadata ({error}); restore it from a copy"
        ) from None
    if found != FORMAT:
        raise ValueError(f"{path} is a zarr group of format {found!r}; wanted {FORMAT!r}")
    if type(version) is not int or version < 1:
        raise ValueError(f"{file} has format version {version!r}; restore it from a copy")
    if version > FORMAT_VERSION:
        raise ValueError(
            f"{path} has format version {version}; this library reads up to {FORMAT_VERSION}: "
            "update it"
        )
    inline = root.get(INLINE)
    nodes = inline.get("metadata") if isinstance(inline, dict) else None
    for key in nodes if isinstance(nodes, dict) else ():
        if {"", ".", ".."} & set(key.split("/")) or "\\" in key or "\0" in key:
            raise ValueError(f"{file} has an array {key!r}, which would lie elsewhere; restore it")
    sealed = has_checksums(root) or (isinstance(inline, dict) and "checksum" in inline)
    if sealed and not is_sealed(root):
        raise ValueError(
            f"{file} is damaged or was edited: its checksum is not that of its content; restore it "
            "from a copy"
        )
    if not sealed:
        _check_nodes(root, file)
    return root


def _check_nodes(root: dict[str, Any], file: str) -> None:
    """Check the form of what no checksum guards."""
    try:
        for key, node in array_metadata(root).items():
            chunk, shape = node["chunk_grid"]["configuration"]["chunk_shape"], node["shape"]
            known = node["data_type"] == "string" or np.dtype(node["data_type"])
            good = all(type(n) is int and n >= 0 for n in [*shape, *chunk]) and 0 not in chunk
            if not (known and good and len(chunk) == len(shape) > 0):
                raise ValueError(f"{key!r} has shape {shape} in chunks of {chunk}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is damaged ({error}); restore it from a copy") from None


def array_metadata(root: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the committed metadata of every array by path."""
    nodes = root.get(INLINE, {}).get("metadata", {})
    return {key: node for key, node in nodes.items() if node["node_type"] == "array"}


def committed_chunks(root: dict[str, Any], key: str) -> list[set[str]] | None:
    """Return which checksum each committed chunk of an array may have; None of an older store."""
    inline = root[INLINE]
    if "chunks" not in inline:
        return None
    known = inline["chunks"][key]
    allowed = [{known[at : at + 8]} for at in range(0, len(known), 8)]
    if key in inline.get("coming", {}):
        allowed[-1].add(inline["coming"][key])
    return allowed


def files_of(root: dict[str, Any]) -> dict[str, bytes]:
    """Return what the metadata of every node are by the root alone, by the name of the file.

    Groups have ``zarr.json`` files of their own for readers that begin there; ours looks at one
    file, which is replaced at once and has a checksum.
    """
    nodes = {"": root} | root.get(INLINE, {}).get("metadata", {})
    files = {}
    for key, node in nodes.items():
        if key and node["node_type"] == "group":
            under = f"{key}/"
            members = {k.removeprefix(under): n for k, n in nodes.items() if k.startswith(under)}
            node = with_members(node, members)
        files[f"{key}/zarr.json".lstrip("/")] = json.dumps(node).encode()
    return files
