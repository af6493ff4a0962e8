"""The zarr v3 hierarchy of a run, and its one commit point.

Arrays are created far longer than what they hold. The length that a reader sees stands in the
consolidated metadata of the root ``zarr.json``, and that file is replaced in one atomic rename,
after the data it speaks of: what lies past the committed length cannot be reached through the root.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.core.buffer import Buffer, cpu
from zarr.storage import LocalStore, MemoryStore

from analysis.store.buffer import Block, fill_value
from analysis.store.checksum import stated_checksum
from analysis.store.chunks import check_chunks, chunk_file
from analysis.store.complete import CompleteStore
from analysis.store.leftovers import refuse_links, sweep_store
from analysis.store.lock import RunLock
from analysis.store.place import Place
from analysis.store.root import (
    array_metadata,
    committed_chunks,
    group_node,
    read_root,
    with_members,
)
from analysis.store.schema import FORMAT_VERSION, stored_coordinates

CAPACITY = 1 << 40  # rows a writer may ever append; costs nothing, chunks exist once written

_BLOSC = BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle")


class Store:
    """Arrays of a run by path (``"predictor"``, ``"metrics/loss"``) and their committed lengths.

    Parameters
    ----------
    path : path
        Of the store's folder, which is there.
    attrs : dict
        Of the root.
    held : RunLock
        Of the run.
    """

    def __init__(self, path: Path, attrs: dict[str, Any], held: RunLock) -> None:
        self.path = path
        self.place = Place(path, held)
        self.attrs = attrs
        self.arrays: dict[str, zarr.Array[Any]] = {}
        """To read from; what is in a chunk is checked."""
        self.lengths: dict[str, int] = {}
        self._metadata: dict[str, dict[str, Any]] = {}
        self._checksums: dict[str, list[str]] = {}  # of committed chunks
        # zarr encodes chunks into memory: to a file they go whole, and by their checksum they
        # are known before.
        self._memory: dict[str, Buffer] = {}
        self._encoders: dict[str, zarr.Array[Any]] = {}

    @classmethod
    def open(cls, path: Path, held: RunLock) -> "Store":
        """Open a store for writing at its committed lengths.

        Raises
        ------
        FileNotFoundError, ValueError
            There is no store of this format, or it is newer, older or damaged: see `read_root`
            and `check_chunks`; or a link would lead out of it.
        """
        root = read_root(path)
        version = root["attributes"]["format_version"]
        if version != FORMAT_VERSION:
            raise ValueError(
                f"{path} has format version {version}, which is read but not continued: train the "
                "run anew, or go on with the version of this library that began it"
            )
        store = cls(path, root["attributes"], held)
        store.attrs["closed"] = False
        arrays = array_metadata(root)
        refuse_links(path, {key: len(metadata["shape"]) for key, metadata in arrays.items()})
        for key, metadata in arrays.items():
            allowed = committed_chunks(root, key)
            store._checksums[key] = check_chunks(path, key, metadata, allowed)
            store.lengths[key] = metadata["shape"][0]
        for key, metadata in arrays.items():
            store._adopt(key, metadata)
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
        made: dict[str, Buffer] = {}
        zarr.create_array(
            MemoryStore(made),
            name=key,
            shape=(CAPACITY, *shape),
            chunks=(rows, *shape),
            dtype=dtype,
            compressors=[_BLOSC, Crc32cCodec()] if shape else [Crc32cCodec()],
            fill_value=fill_value(dtype),
            dimension_names=dims,
            attributes=attrs,
        )
        self._adopt(key, json.loads(made[f"{key}/zarr.json"].to_bytes()))
        self._checksums[key] = []

    def _adopt(self, key: str, metadata: dict[str, Any]) -> None:
        # The root alone says what an array is: its own metadata are written anew from it.
        self._metadata[key] = metadata | {"shape": [CAPACITY, *metadata["shape"][1:]]}
        content = json.dumps(self._metadata[key], indent=1).encode()
        file = f"{key}/zarr.json"
        self.place.write({file: content})
        self._memory[file] = cpu.Buffer.from_bytes(content)
        encoder = zarr.open_array(MemoryStore(self._memory), path=key, mode="r+")
        # A chunk of NaN must be written too: a chunk that is not there is a damage.
        self._encoders[key] = encoder.with_config({"write_empty_chunks": True})
        files = LocalStore(self.place.to, read_only=True)
        chunks = CompleteStore(files, {file: content}, str(self.path), checked=True)
        self.arrays[key] = zarr.open_array(chunks, path=key, mode="r")

    def commit(
        self, blocks: Sequence[Block], lengths: dict[str, int], *, durable: bool = False
    ) -> None:
        """Write whole chunks, and then make `lengths` rows of each array what every reader sees.

        A tail is padded, so that nothing is ever read back and merged. Where a fuller chunk takes
        the place of a tail that readers know, the root announces it before.

        Raises
        ------
        OSError
            The disk is full or not writable, or as `check`.
        """
        self.check()
        encoded = [(key, index, self._encode(key, index, block)) for key, index, block in blocks]
        coming = {
            key: stated_checksum(content)
            for key, index, content in encoded
            if index < len(self._checksums[key])
        }
        if coming:
            self._publish(self.lengths, coming, durable=durable)
        files = {
            chunk_file(Path(), key, index, len(self._metadata[key]["shape"])).as_posix(): content
            for key, index, content in encoded
        }
        self.place.write(files, durable=durable)
        for key, index, content in encoded:
            self._checksums[key][index:] = [stated_checksum(content)]
        self.check()
        self.publish(lengths, durable=durable)

    def _encode(self, key: str, index: int, block: np.ndarray) -> bytes:
        self._encoders[key][index * len(block) : (index + 1) * len(block)] = block
        file = chunk_file(Path(), key, index, block.ndim).as_posix()
        return self._memory.pop(file).to_bytes()

    def publish(self, lengths: dict[str, int], *, durable: bool = False) -> None:
        """Make `lengths` rows of each array, and no more, what every reader sees from now on."""
        for key, length in lengths.items():
            rows = self._metadata[key]["chunk_grid"]["configuration"]["chunk_shape"][0]
            del self._checksums[key][-(-length // rows) :]
        self._publish(lengths, {}, durable=durable)
        self.lengths = dict(lengths)

    def _publish(
        self, lengths: Mapping[str, int], coming: Mapping[str, str], *, durable: bool
    ) -> None:
        nodes: dict[str, Any] = {}
        groups: dict[str, Any] = {}
        for group in sorted({key.rpartition("/")[0] for key in lengths} - {""}):
            members = {
                key.removeprefix(f"{group}/"): self._cut(key, lengths[key])
                for key in lengths
                if key.startswith(f"{group}/")
            }
            nodes[group] = group_node(_coordinates(group, members))
            nodes |= {f"{group}/{name}": member for name, member in members.items()}
            if not coming:
                groups[group] = with_members(nodes[group], members)
        nodes |= {key: self._cut(key, lengths[key]) for key in lengths if "/" not in key}
        root = group_node(self.attrs | _coordinates("", nodes))
        chunks = {key: "".join(self._checksums[key]) for key in lengths}
        more = {"chunks": chunks} | ({"coming": dict(coming)} if coming else {})
        self._replace(groups | {"": with_members(root, nodes, **more)}, durable=durable)
        self.place.published()

    def check(self) -> None:
        """Raise DisplacedError unless the store is where it was, and as it was last published."""
        self.place.check(f"{key}/zarr.json" for key in self.arrays)

    def _cut(self, key: str, length: int) -> dict[str, Any]:
        metadata = self._metadata[key]
        return metadata | {"shape": [length, *metadata["shape"][1:]]}

    def trim(self, *, durable: bool = False) -> None:
        """Write the committed length into each array's own metadata: readers without the root."""
        nodes = {key: self._cut(key, length) for key, length in self.lengths.items()}
        self._replace(nodes, durable=durable)

    def _replace(self, nodes: Mapping[str, dict[str, Any]], *, durable: bool) -> None:
        # In this order: the root comes last.
        contents = {
            f"{key}/zarr.json".lstrip("/"): json.dumps(node, indent=1).encode()
            for key, node in nodes.items()
        }
        self.place.write(contents, durable=durable)

    def sweep(self) -> None:
        """Delete what no reader can see, as `sweep_store`."""
        used = {}
        for key, length in self.lengths.items():
            array = self.arrays[key]
            used[key] = -(-length // array.chunks[0]), array.ndim
        sweep_store(self.path, used)


def _coordinates(group: str, members: Iterable[str]) -> dict[str, str]:
    # The CF attribute by which plain xarray makes these coordinates, not data variables.
    names = " ".join(name for name in stored_coordinates(group) if name in members)
    return {"coordinates": names} if names else {}
