"""The zarr v3 hierarchy of a run, and its one commit point.

Arrays are created far longer than what they hold. The length that a reader sees stands in the
consolidated metadata of the root ``zarr.json``, and that file is replaced in one atomic rename,
after the data it speaks of: what lies past the committed length cannot be reached through the root.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from analysis.schema import FORMAT, FORMAT_VERSION

CAPACITY = 1 << 40  # rows a writer may ever append; costs nothing, chunks exist once written
SCALAR_ROWS = 8192  # rows a chunk of scalars: opening a long run reads a handful of small files
CHUNK_BYTES = 4 << 20

_CODEC = BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle")


def rows_per_chunk(shapes: Iterable[tuple[int, ...]], itemsize: int) -> int:
    """Return the power of two of rows whose largest chunk is about 4 MB, in [1, 8192]."""
    largest = max((int(np.prod(shape)) * itemsize for shape in shapes), default=itemsize)
    return min(1 << max(CHUNK_BYTES // largest, 1).bit_length() - 1, SCALAR_ROWS)


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
            There is no store of this format, or it is newer or damaged: see `read_root`.
        """
        root = read_root(path)
        store = cls(path, root["attributes"])
        store.attrs["closed"] = False
        for key, metadata in array_metadata(root).items():
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
        """Create the array `key` of dims ``(step, *dims)``, empty until it is published."""
        array = zarr.create_array(
            self.path,
            name=key,
            shape=(CAPACITY, *shape),
            chunks=(rows, *shape),
            dtype=dtype,
            compressors=_CODEC if shape else None,
            fill_value=np.nan if dtype.kind == "f" else -1,
            dimension_names=("step", *dims),
            attributes=attrs,
        )
        self._adopt(key, array)
        self.lengths[key] = 0

    def _adopt(self, key: str, array: "zarr.Array[Any]") -> None:
        # A chunk of NaN must be written too: a chunk that is not there is a damage.
        self.arrays[key] = array.with_config({"write_empty_chunks": True})
        self._metadata[key] = json.loads((self.path / key / "zarr.json").read_text())

    def label(self, key: str, attrs: dict[str, Any]) -> None:
        """Replace the attributes of an array; readers see them with the next publication."""
        self._metadata[key] = self._metadata[key] | {"attributes": attrs}

    def write_chunk(self, key: str, index: int, block: np.ndarray, *, durable: bool) -> None:
        """Write one whole chunk; a tail is padded, so that nothing is ever read back and merged."""
        self.arrays[key][index * len(block) : (index + 1) * len(block)] = block
        if durable:
            _fsync(chunk_file(self.path, key, index, block.ndim))

    def publish(self, lengths: dict[str, int], *, durable: bool = False) -> None:
        """Make `lengths` rows of each array, and no more, what every reader sees from now on."""
        nodes: dict[str, Any] = {}
        for group in sorted({key.rpartition("/")[0] for key in lengths} - {""}):
            members = {
                key.removeprefix(f"{group}/"): self._cut(key, lengths[key])
                for key in lengths
                if key.startswith(f"{group}/")
            }
            nodes[group] = _group(_coordinates(members))
            nodes |= {f"{group}/{name}": member for name, member in members.items()}
            inline = nodes[group] | _inline(members)
            _replace(self.path / group / "zarr.json", inline, durable=durable)
        nodes |= {key: self._cut(key, lengths[key]) for key in lengths if "/" not in key}
        root = _group(self.attrs | _coordinates(nodes)) | _inline(nodes)
        _replace(self.path / "zarr.json", root, durable=durable)
        self.lengths = dict(lengths)

    def _cut(self, key: str, length: int) -> dict[str, Any]:
        metadata = self._metadata[key]
        return metadata | {"shape": [length, *metadata["shape"][1:]]}

    def trim(self) -> None:
        """Write the committed length into each array's own metadata: readers without the root."""
        for key, length in self.lengths.items():
            _replace(self.path / key / "zarr.json", self._cut(key, length), durable=False)

    def sweep(self) -> None:
        """Delete what no reader can see: chunks past the end, unpublished arrays, partial files."""
        for file in [*self.path.rglob("*.partial")]:
            file.unlink()
        for file in [*self.path.rglob("zarr.json")]:
            key = file.parent.relative_to(self.path).as_posix()
            is_group = any(known.startswith(f"{key}/") for known in self.lengths)
            if key != "." and key not in self.lengths and not is_group:
                shutil.rmtree(file.parent, ignore_errors=True)
        for key, length in self.lengths.items():
            used = -(-length // self.arrays[key].chunks[0])
            for entry in (self.path / key / "c").glob("*"):
                if int(entry.name) >= used:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def read_root(path: Path) -> dict[str, Any]:
    """Read the root metadata of a snapshot store.

    Raises
    ------
    FileNotFoundError
        There is no zarr v3 group at `path`.
    ValueError
        The metadata is cut off, belongs to something else, or is of a newer format.
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
    return root


def array_metadata(root: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the committed metadata of every array by path."""
    nodes = root.get("consolidated_metadata", {}).get("metadata", {})
    return {key: node for key, node in nodes.items() if node["node_type"] == "array"}


def check_chunks(path: Path, key: str, metadata: dict[str, Any]) -> None:
    """Check that every committed chunk is there in full, without decoding it.

    Raises
    ------
    ValueError
        A chunk file is missing or shorter than what was written.
    """
    chunk = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    plain = int(np.prod(chunk)) * np.dtype(metadata["data_type"]).itemsize
    compressed = len(chunk) > 1
    for index in range(-(-metadata["shape"][0] // chunk[0])):
        file = chunk_file(path, key, index, len(chunk))
        try:
            with file.open("rb") as stream:
                # Bytes 12 to 15 of a Blosc buffer hold its own length.
                head = stream.read(16) if compressed else b""
                wanted = int.from_bytes(head[12:], "little") or 16 if compressed else plain
                size = os.fstat(stream.fileno()).st_size
        except FileNotFoundError:
            raise ValueError(f"{file} is missing: restore it, or resume the run") from None
        if size < wanted:
            raise ValueError(
                f"{file} is truncated: {size} of {wanted} bytes; restore it, or resume the run"
            )


def chunk_file(path: Path, key: str, index: int, ndim: int) -> Path:
    """Return the file of chunk `index` along step; chunks are whole in all other dims."""
    return path.joinpath(key, "c", str(index), *["0"] * (ndim - 1))


def _group(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _inline(members: dict[str, Any]) -> dict[str, Any]:
    consolidated = {"kind": "inline", "must_understand": False, "metadata": members}
    return {"consolidated_metadata": consolidated}


def _coordinates(members: Iterable[str]) -> dict[str, str]:
    # The CF attribute by which plain xarray makes these two coordinates, not data variables.
    names = " ".join(name for name in ("epoch", "time") if name in members)
    return {"coordinates": names} if names else {}


def _replace(file: Path, content: dict[str, Any], *, durable: bool) -> None:
    aside = file.with_suffix(".partial")
    aside.write_text(json.dumps(content, indent=1))
    if durable:
        _fsync(aside)
    os.replace(aside, file)
    if durable:
        _fsync(file.parent)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
