"""Runs elsewhere, read by fsspec where they are: ``s3://``, ``https://``, ``memory://``."""

import posixpath
from typing import Any

import fsspec
from zarr.storage import FsspecStore

from analysis.checks.one_line import one_line
from analysis.store.complete import CompleteStore
from analysis.store.root import files_of, has_checksums, parse_root
from analysis.store.schema import STORE


def open_store(address: str) -> tuple[dict[str, Any], CompleteStore, str]:
    """Return the root metadata of a run's store, its chunks, read-only, and its own address.

    Chunks are looked at when they are read, and not before: each is a request.

    Raises
    ------
    FileNotFoundError
        There is no store.
    OSError
        It cannot be reached.
    ValueError
        Nothing is known of such addresses, or as `parse_root`.
    """
    places = [address, inside(address, STORE)]
    for place in places if address.partition("::")[0].endswith(".zarr") else reversed(places):
        content = _content(inside(place, "zarr.json"))
        if content is not None:
            root = parse_root(content, place)
            store = FsspecStore.from_url(place, read_only=True)
            chunks = CompleteStore(store, files_of(root), place, checked=has_checksums(root))
            return root, chunks, place
    raise FileNotFoundError(
        f"no snapshot store at {address}: zarr.json is missing; give a run or its {STORE}"
    )


def inside(address: str, *names: str) -> str:
    """Return the address of what is in a folder; of a chain, in its first part.

    Examples
    --------
    >>> inside("s3://bucket/run", "a"), inside("zip://run::s3://bucket/runs.zip", "a")
    ('s3://bucket/run/a', 'zip://run/a::s3://bucket/runs.zip')
    """
    first, chained, rest = address.partition("::")
    return f"{posixpath.join(first, *names)}{chained}{rest}"


def runs_at(address: str) -> list[str]:
    """Return the addresses of the run that is there, or else of those in a folder, by name."""
    if _content(inside(address, STORE, "zarr.json")) or _content(inside(address, "zarr.json")):
        return [address]
    names = sorted(posixpath.basename(name.rstrip("/")) for name in _names(address))
    places = [inside(address, name) for name in names if not name.startswith(".")]
    return [place for place in places if _content(inside(place, STORE, "zarr.json"))]


def _content(address: str) -> bytes | None:
    """Return what is at an address, None where nothing is."""
    try:
        system, path = fsspec.core.url_to_fs(address)
        content: bytes = system.cat_file(path)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except Exception as error:
        raise _said(address, error) from error
    return content


def _names(folder: str) -> list[str]:
    try:
        system, path = fsspec.core.url_to_fs(folder)
        names: list[str] = system.ls(path, detail=False)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except Exception as error:
        raise _said(folder, error) from error
    return names


def _said(address: str, error: Exception) -> Exception:
    """Return what went wrong, by the address, in one line."""
    reason = one_line(error)
    if isinstance(error, ImportError | ValueError):  # no such protocol, or not installed
        return ValueError(f"{address}: {reason} (pip install 'eigenspace[remote]' has the usual)")
    return OSError(f"{address} could not be read: {reason}")
