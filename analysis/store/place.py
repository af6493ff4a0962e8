"""Where a store is written: a folder that is held, and missed as soon as it is somewhere else."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.store.atomic import fsync_all, reason, write_all
from analysis.store.lock import DisplacedError, RunLock


class Place:
    """The folder of a store that is written.

    Parameters
    ----------
    path : path
        Of the folder, which is there.
    held : RunLock
        Of the run; from now on of the folder, too.

    Attributes
    ----------
    to : Path
        The same folder, wherever it is moved.
    """

    def __init__(self, path: Path, held: RunLock) -> None:
        self.path, self.to = path, held.own(path)
        self._held = held
        self._root: tuple[int, ...] = ()
        self._made: set[Path] = set()

    def published(self) -> None:
        """Remember the root metadata as they are now."""
        self._root = self._version()

    def check(self, files: Iterable[str]) -> None:
        """Check that the folder is where it was, and as it was left.

        Parameters
        ----------
        files : iterable of str
            What else has to be there, beside the root metadata.

        Raises
        ------
        DisplacedError
            It was moved or replaced, or somebody has begun to remove it.
        """
        self._held.check()
        changed = [] if self._version() == self._root else ["zarr.json"]
        if changed := changed or [file for file in files if not (self.to / file).exists()]:
            raise DisplacedError(
                f"{self.path / changed[0]} was changed or removed by others while it was written"
            )

    def write(self, files: Mapping[str, bytes], *, durable: bool = False) -> None:
        """Replace files of the store, as `write_all`; errors name the path that people know."""
        contents = {self.to / file: content for file, content in files.items()}
        try:
            if durable:  # what is published may speak of folders that nobody has waited for yet
                fsync_all([folder for folder in self._made if folder.is_dir()])
                self._made.clear()
            folders = write_all(contents, durable=durable)
        except OSError as error:
            raise type(error)(reason(error).replace(str(self.to), str(self.path))) from error
        if not durable:
            self._made |= folders

    def _version(self) -> tuple[int, ...]:
        # What tells the root metadata from any other that were or will be there.
        try:
            found = (self.to / "zarr.json").stat()
        except FileNotFoundError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size
