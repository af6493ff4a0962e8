"""Checksums against the one that zarr's codec computes, and that any changed bit changes."""

import json

import numpy as np
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.codecs import Crc32cCodec

from analysis.store.checksum import crc32c, crc32c_of_json, is_whole, stated_checksum

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.binary(min_size=1, max_size=64))
def test_it_is_what_zarr_appends(content):
    made = {}
    store = zarr.storage.MemoryStore(made)
    codecs = {"compressors": [Crc32cCodec()], "filters": None}
    array = zarr.create_array(store, shape=len(content), dtype="u1", config=None, **codecs)
    array.with_config({"write_empty_chunks": True})[:] = np.frombuffer(content, np.uint8)
    chunk = made["c/0"].to_bytes()
    assert chunk[:-4] == content
    assert stated_checksum(chunk) == crc32c(content)
    assert is_whole(chunk)


@given(st.binary(min_size=4, max_size=64), st.data())
def test_a_flipped_bit_or_a_cut_is_seen(content, data):
    chunk = bytearray(content + bytes.fromhex(crc32c(content))[::-1])
    assert is_whole(bytes(chunk))
    assert not is_whole(bytes(chunk[: data.draw(st.integers(0, len(content)))]) + b"\1")
    bit = data.draw(st.integers(0, 8 * len(chunk) - 1))
    chunk[bit // 8] ^= 1 << bit % 8
    assert not is_whole(bytes(chunk))


@given(plain)
def test_that_of_json_is_of_the_value_and_not_of_its_writing(value):
    again = json.loads(json.dumps(value, indent=3, ensure_ascii=False))
    assert crc32c_of_json(again) == crc32c_of_json(value)
    assert crc32c_of_json([value]) != crc32c_of_json(value)
