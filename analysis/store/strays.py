"""Files that others leave in a folder: file managers, and programs that synchronise folders."""

import re
from pathlib import Path

# macOS, Windows, KDE, network drives, editors; Syncthing, Dropbox, Nextcloud.
_STRAY = re.compile(
    r"\.DS_Store|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory|\.nfs.*|\.smbdelete.*|.*~"
    r"|\..*\.sw[a-p]|.*\.sync-conflict-.*|\.stfolder|\.syncthing\..*|\.dropbox(\..*)?"
    r"|\.sync_.*\.db.*|.*\(.*conflicted copy.*\).*",
    re.IGNORECASE | re.DOTALL,
)


def is_stray(name: str) -> bool:
    """Return whether a file of this name is of such a program.

    Examples
    --------
    >>> is_stray(".DS_Store"), is_stray("zarr.sync-conflict-20261125.json"), is_stray("zarr.json")
    (True, True, False)
    """
    return _STRAY.fullmatch(name) is not None


def is_empty(folder: Path) -> bool:
    """Return whether a folder holds nothing but strays."""
    return all(is_stray(path.name) for path in folder.iterdir())
