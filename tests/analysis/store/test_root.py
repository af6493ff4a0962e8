"""The root metadata: any change of what they say is seen, and no change of how it is written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numbered_stores import write

from analysis import SnapshotWriter, open_snapshots
from analysis.store.root import INLINE, committed_chunks, files_of, is_sealed, parse_root, read_root


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("root") / "s.zarr"
    write(path, 3, attrs={"method": "byol", "note": "ψ", "rate": 1e-5})
    return path


def test_what_was_written_is_read_however_it_is_spaced(path):
    root = read_root(path)
    assert root["attributes"]["note"] == "ψ"
    assert parse_root(json.dumps(root, ensure_ascii=False, sort_keys=True).encode(), path) == root


@given(st.integers(0, 10**9))
def test_a_flipped_bit_is_an_error_or_changes_nothing(path, bit):
    content = bytearray((path / "zarr.json").read_bytes())
    bit %= 8 * len(content)
    content[bit // 8] ^= 1 << bit % 8
    try:
        same = parse_root(bytes(content), path) == read_root(path)
    except ValueError as error:
        same = str(path) in str(error) and "\n" not in str(error)
    assert same


def places(value, at=()):
    """Yield the way to everything in a value of JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        yield (*at, key)
        if isinstance(one, dict | list):
            yield from places(one, (*at, key))


@given(st.data())
def test_a_mutant_is_an_error_in_one_line(path, data):
    root = read_root(path)
    *way, last = data.draw(st.sampled_from([*places(root)]))
    inner = root
    for key in way:
        inner = inner[key]
    if data.draw(st.booleans()):
        del inner[last]
    else:
        other = st.none() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({})
        inner[last] = data.draw(other.filter(lambda new: new != inner[last]))
    with pytest.raises(ValueError, match=r"zarr\.json|zarr group|format version") as caught:
        parse_root(json.dumps(root).encode(), path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 10**5, b"{}", b'{"attributes": 1}', b"1"])
def test_what_is_no_metadata_is_said_to_be_none(path, content):
    with pytest.raises(ValueError, match=r"zarr.json is truncated or not zarr metadata"):
        parse_root(content, path)


def test_groups_are_sealed_and_speak_as_the_root_does(path):
    files = files_of(read_root(path))
    for key in ("zarr.json", "metrics/zarr.json"):
        on_disk = json.loads((path / key).read_text())
        assert is_sealed(on_disk)
        served = json.loads(files[key])
        assert served[INLINE]["metadata"] == on_disk[INLINE]["metadata"]
        assert served["attributes"] == on_disk["attributes"]


def test_our_reader_looks_at_no_metadata_but_the_root(tmp_path):
    write(tmp_path / "s.zarr", 3)
    before = open_snapshots(tmp_path / "s.zarr").load()
    for file in (tmp_path / "s.zarr").rglob("zarr.json"):
        if file.parent.name != "s.zarr":
            file.write_text("nonsense")
    assert open_snapshots(tmp_path / "s.zarr").load().identical(before)
    assert open_snapshots(tmp_path / "s.zarr", "metrics").sizes["step"] == 6
    with SnapshotWriter(tmp_path / "s.zarr", resume_after=20) as writer:  # written anew
        assert writer.last_step() == 20
    for file in (tmp_path / "s.zarr").rglob("zarr.json"):
        assert json.loads(file.read_text())["zarr_format"] == 3


def test_attributes_that_are_no_json_are_refused(tmp_path):
    with pytest.raises(ValueError, match="are no plain JSON"):
        SnapshotWriter(tmp_path / "s.zarr", attrs={"mine": {1, 2}})


def test_a_chunk_that_is_being_replaced_may_be_either_one(path):
    root = read_root(path)
    (known,) = committed_chunks(root, "predictor")
    root[INLINE]["coming"] = {"predictor": "01234567"}
    assert committed_chunks(root, "predictor") == [known | {"01234567"}]
    assert committed_chunks(root, "correlation") == committed_chunks(read_root(path), "correlation")
