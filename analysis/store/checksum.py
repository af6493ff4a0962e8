"""Checksums of what is stored: CRC32C, as zarr's codec of that name computes it."""

import json
from typing import Any

import google_crc32c
import numpy as np

SIZE = 4  # bytes at the end of a chunk


def crc32c(content: bytes) -> str:
    """Return the CRC32C of `content`, eight hexadecimal digits.

    >>> crc32c(b"123456789")
    'e3069283'
    """
    return f"{google_crc32c.value(content):08x}"


def crc32c_of_json(value: Any) -> str:
    """Return the CRC32C of a value of JSON, however it is spaced and its keys are ordered."""
    return crc32c(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def stated_checksum(chunk: bytes) -> str:
    """Return the checksum that a chunk ends in, as `crc32c` writes it."""
    return chunk[-SIZE:][::-1].hex()  # zarr's are little-endian


def is_whole(chunk: "bytes | np.ndarray[Any, np.dtype[np.uint8]]") -> bool:
    """Return whether a chunk ends in the checksum of what is before it."""
    content = np.frombuffer(chunk, np.uint8)  # a slice of it is no copy
    found = google_crc32c.value(content[:-SIZE])
    return bool(f"{found:08x}" == stated_checksum(content[-SIZE:].tobytes()))
