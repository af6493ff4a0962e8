"""The zarr v3 hierarchy of a run, and its one commit point.

Arrays are created far longer than what they hold. The length that a reader sees stands in the
consolidated metadata of the root ``zarr.json``, and that file is replaced in one atomic rename,
after the data it speaks of: what lies past the committed length cannot be reached through the root.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from analysis.store.atomic import fsync, write_whole
from analysis.store.buffer import fill_value
from analysis.store.chunks import check_chunks, chunk_file
from analysis.store.leftovers import refuse_links, sweep_store
from analysis.store.schema import FORMAT, FORMAT_VERSION, stored_coordinates

CAPACITY = 1 << 40  # rows a writer may ever append; costs nothing, chunks exist once written

_CODEC = BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle")


class Store:
    """Arrays of a run by path (``"predictor"``, ``"metrics/loss"``) and their committed lengths."""

    def __init__(self, path: Path, attrs: dict[str, Any]) -> None:
        self.path = path
        self.attrs = attrs
        self.arrays: dict[str, zarr.Array[Any]] = {}
        self.lengths: dict[str, int] = {}
        self._metadata: dict[str, dict[str, Any]] = {}

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open a store for writing at its committed lengths.

        Raises
        ------
        FileNotFoundError, ValueError
            There is no store of this format, or it is newer, older or damaged: see `read_root`
            and `check_chunks`; or a link would lead out of it.
        """
        root = read_root(path)
        version = root["attributes"].get("format_version")
        if version != FORMAT_VERSION:
            raise ValueError(
                f"{path} has format version {version}, which is read but not continued: train the "
                "run anew, or go on with the version of this library that began it"
            )
        stored = array_metadata(root)
        refuse_links(path, {key: len(metadata["shape"]) for key, metadata in stored.items()})
        for key, metadata in stored.items():
            check_chunks(path, key, metadata)
        store = cls(path, root["attributes"])
        store.attrs["closed"] = False
        for key, metadata in stored.items():
            array = zarr.open_array(path, path=key, mode="r+")
            array.resize((CAPACITY, *array.shape[1:]))
            store._adopt(key, array)
            store.lengths[key] = metadata["shape"][0]
        return store

    def create(
        self,
        key: str,
        *,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        rows: int,
        dims: tuple[str, ...],
        attrs: dict[str, Any],
    ) -> None:
        """Create the array `key`, whose first of `dims` grows, empty until it is published."""
        array = zarr.create_array(
            self.path,
            name=key,
            shape=(CAPACITY, *shape),
            chunks=(rows, *shape),
            dtype=dtype,
            compressors=_CODEC if shape else None,
            fill_value=fill_value(dtype),
            dimension_names=dims,
            attributes=attrs,
            overwrite=True,  # what a failed attempt left; nothing that was published comes here
        )
        self._adopt(key, array)

    def _adopt(self, key: str, array: "zarr.Array[Any]") -> None:
        # A chunk of NaN must be written too: a chunk that is not there is a damage.
        self.arrays[key] = array.with_config({"write_empty_chunks": True})
        self._metadata[key] = json.loads((self.path / key / "zarr.json").read_text())

    def write_chunk(self, key: str, index: int, block: np.ndarray, *, durable: bool) -> None:
        """Write one whole chunk; a tail is padded, so that nothing is ever read back and merged."""
        self.arrays[key][index * len(block) : (index + 1) * len(block)] = block
        if durable:
            fsync(chunk_file(self.path, key, index, block.ndim))

    def publish(self, lengths: dict[str, int], *, durable: bool = False) -> None:
        """Make `lengths` rows of each array, and no more, what every reader sees from now on."""
        nodes: dict[str, Any] = {}
        for group in sorted({key.rpartition("/")[0] for key in lengths} - {""}):
            members = {
                key.removeprefix(f"{group}/"): self._cut(key, lengths[key])
                for key in lengths
                if key.startswith(f"{group}/")
            }
            nodes[group] = _group(_coordinates(group, members))
            nodes |= {f"{group}/{name}": member for name, member in members.items()}
            inline = nodes[group] | _inline(members)
            self._replace(group, inline, durable=durable)
        nodes |= {key: self._cut(key, lengths[key]) for key in lengths if "/" not in key}
        root = _group(self.attrs | _coordinates("", nodes)) | _inline(nodes)
        self._replace("", root, durable=durable)
        self.lengths = dict(lengths)

    def _cut(self, key: str, length: int) -> dict[str, Any]:
        metadata = self._metadata[key]
        return metadata | {"shape": [length, *metadata["shape"][1:]]}

    def trim(self) -> None:
        """Write the committed length into each array's own metadata: readers without the root."""
        for key, length in self.lengths.items():
            self._replace(key, self._cut(key, length), durable=False)

    def _replace(self, key: str, node: dict[str, Any], *, durable: bool) -> None:
        write_whole(self.path / key / "zarr.json", json.dumps(node, indent=1), durable=durable)

    def sweep(self) -> None:
        """Delete what no reader can see, as `sweep_store`."""
        used = {}
        for key, length in self.lengths.items():
            array = self.arrays[key]
            used[key] = -(-length // array.chunks[0]), array.ndim
        sweep_store(self.path, used)


def read_root(path: Path) -> dict[str, Any]:
    """Read the root metadata of a snapshot store.

    Raises
    ------
    FileNotFoundError
        There is no zarr v3 group at `path`.
    ValueError
        The metadata is cut off, belongs to something else, speaks of what is not in the store, or
        is of a newer format.
    """
    file = path / "zarr.json"
    if not file.is_file():
        raise FileNotFoundError(
            f"no snapshot store at {path}: {file.name} is missing; "
            "give a run directory or its snapshots.zarr"
        )
    try:
        root: dict[str, Any] = json.loads(file.read_bytes())
        found = root["attributes"].get("format")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{file} is truncated or not zarr metadata ({error}); restore it from a copy"
        ) from None
    if found != FORMAT:
        raise ValueError(f"{path} is a zarr group of format {found!r}; wanted {FORMAT!r}")
    if root["attributes"].get("format_version", 0) > FORMAT_VERSION:
        raise ValueError(
            f"{path} has format version {root['attributes']['format_version']}; "
            f"this library reads up to {FORMAT_VERSION}: update it"
        )
    for key in root.get("consolidated_metadata", {}).get("metadata", {}):
        if {"", ".", ".."} & set(key.split("/")) or "\\" in key or "\0" in key:
            raise ValueError(f"{file} has an array {key!r}, which would lie elsewhere; restore it")
    return root


def array_metadata(root: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the committed metadata of every array by path."""
    nodes = root.get("consolidated_metadata", {}).get("metadata", {})
    return {key: node for key, node in nodes.items() if node["node_type"] == "array"}


def _group(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _inline(members: dict[str, Any]) -> dict[str, Any]:
    consolidated = {"kind": "inline", "must_understand": False, "metadata": members}
    return {"consolidated_metadata": consolidated}


def _coordinates(group: str, members: Iterable[str]) -> dict[str, str]:
    # The CF attribute by which plain xarray makes these coordinates, not data variables.
    names = " ".join(name for name in stored_coordinates(group) if name in members)
    return {"coordinates": names} if names else {}
