"""Reading chunks of which none may be missing."""

from pathlib import Path
from typing import Any

from zarr.core.buffer import Buffer
from zarr.storage import LocalStore


class CompleteStore(LocalStore):
    """A zarr store in a folder in which a chunk that is not there is an error.

    To zarr an absent chunk means that all of it is the fill value, here NaN. `SnapshotWriter`
    writes every chunk: one that is absent was lost, and its NaN would pass for what is undefined.
    """

    async def get(self, key: str, *args: Any, **options: Any) -> Buffer | None:
        """Return the content of `key`, None for metadata that is not there.

        Raises
        ------
        FileNotFoundError
            A chunk is not there.
        """
        content = await super().get(key, *args, **options)
        if content is None and "c" in Path(key).parts:
            raise FileNotFoundError(
                f"{self.root / key} is missing since the run was opened: restore it, or resume "
                "the run"
            )
        return content

    def __dask_tokenize__(self) -> tuple[str, int]:
        # The same run, opened before and after more was written, is not the same data.
        return str(self.root), (self.root / "zarr.json").stat().st_mtime_ns
