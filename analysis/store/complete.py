"""Reading chunks of which none may be missing, and none changed."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore, WrapperStore

from analysis.store.checksum import crc32c, is_whole

WHAT_TO_DO = "restore it from a copy, or train the run anew"


class CompleteStore(WrapperStore[Store]):
    """A zarr store of which the metadata are at hand, and in which every chunk must be whole.

    To zarr an absent chunk means that all of it is the fill value, here NaN. `SnapshotWriter`
    writes every chunk: one that is absent was lost, and its NaN would pass for what is undefined.

    Parameters
    ----------
    store : zarr Store
        Where the chunks are.
    metadata : mapping of str to bytes
        Every ``zarr.json`` that there is, by its key.
    where : str
        How errors call the place.
    checked : bool
        Every chunk ends in a checksum.
    """

    def __init__(
        self, store: Store, metadata: Mapping[str, bytes], where: str, *, checked: bool
    ) -> None:
        super().__init__(store)
        self._metadata, self._where, self._checked = dict(metadata), where, checked

    @classmethod
    def in_folder(
        cls, path: Path, metadata: Mapping[str, bytes], *, checked: bool
    ) -> "CompleteStore":
        """Return the store in a folder, read-only."""
        return cls(LocalStore(path, read_only=True), metadata, str(path), checked=checked)

    def _with_store(self, store: Store) -> "CompleteStore":
        return type(self)(store, self._metadata, self._where, checked=self._checked)

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return the content of `key`, None for metadata that is not there.

        Raises
        ------
        FileNotFoundError
            A chunk is not there.
        ValueError
            A chunk is not what was written.
        """
        if key in self._metadata:
            return prototype.buffer.from_bytes(self._metadata[key])
        if "c" not in PurePosixPath(key).parts:
            return None
        content = await self._store.get(key, prototype, byte_range)
        if content is None:
            raise FileNotFoundError(
                f"{self._where}/{key} is missing since the run was opened: {WHAT_TO_DO}"
            )
        if self._checked and byte_range is None and not is_whole(content.as_numpy_array()):
            raise ValueError(
                f"{self._where}/{key} is damaged: its checksum is not that of its content; "
                f"{WHAT_TO_DO}"
            )
        return content

    def __dask_tokenize__(self) -> tuple[str, str]:
        # The same run, opened before and after more was written, is not the same data.
        return self._where, crc32c(b"".join(self._metadata.values()))
