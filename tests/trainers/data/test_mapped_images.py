import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.data.array_file import MappedArray, make_array
from trainers.data.fingerprint import hash_of
from trainers.data.mapped_images import MappedImages, moved, only

N = 11


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Images mapped from a file, and the same in memory."""
    file = tmp_path_factory.mktemp("mapped") / "x.npy"
    x = np.random.default_rng(0).integers(0, 256, (N, 3, 5, 4), dtype=np.uint8)
    np.save(file, x)
    return MappedImages(MappedArray(file)), torch.from_numpy(x)


@given(
    chosen=st.lists(st.integers(-N, N - 1), max_size=20),
    mask=st.lists(st.booleans(), min_size=N, max_size=N),
    part=st.slices(N),
)
def test_what_is_read_is_what_a_tensor_would_give(both, chosen, mask, part):
    mapped, whole = both
    numbers, mask = torch.tensor(chosen, dtype=torch.int64), torch.tensor(mask)
    assert torch.equal(mapped[numbers], whole[numbers])
    assert torch.equal(mapped[mask], whole[mask])
    if part.step is None or part.step > 0:  # which tensors take
        assert torch.equal(mapped[part], whole[part])
    some, there = only(mapped, mask), only(whole, mask)
    assert some.shape == tuple(there.shape)
    assert len(some) == len(there)
    if len(there):
        again = torch.arange(len(there)).flip(0)
        assert torch.equal(only(some, again)[:2], there[again][:2])
        assert all(map(torch.equal, some.split(2), there.split(2)))
    assert hash_of([some]) == hash_of([there])


def test_images_larger_than_a_page_are_read_as_well(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (7, 3, 70, 70), dtype=np.uint8)
    np.save(tmp_path / "x.npy", x)
    mapped = MappedImages(MappedArray(tmp_path / "x.npy"))
    numbers = torch.tensor([6, 0, 3, 6])
    assert torch.equal(mapped[numbers], torch.from_numpy(x)[numbers])


def test_only_tensors_move(both):
    mapped, whole = both
    assert moved(mapped, "meta") is mapped
    assert moved(whole, "meta").device.type == "meta"


def test_an_array_is_laid_out_by_its_length_and_keeps_what_it_had(tmp_path):
    file = tmp_path / "x.npy"
    offset, kept = make_array(file, (2, 3, 4, 4))
    assert not kept
    np.lib.format.open_memmap(file, "r+")[:] = 7
    assert make_array(file, (5, 3, 4, 4)) == (offset, True)
    assert np.load(file)[:, 0, 0, 0].tolist() == [7, 7, 0, 0, 0]
    assert make_array(file, (1, 3, 4, 4)) == (offset, True)
    assert (np.load(file) == 7).all()
    assert make_array(file, (1, 3, 5, 5)) == (offset, False)
    assert (np.load(file) == 0).all()
    file.write_bytes(b"something else")
    assert make_array(file, (1, 3, 5, 5)) == (offset, False)
    assert MappedArray(file).values.shape == (1, 3, 5, 5)


def test_an_array_of_nothing_can_be_mapped(tmp_path):
    make_array(tmp_path / "x.npy", (0, 3, 4, 4))
    mapped = MappedImages(MappedArray(tmp_path / "x.npy"))
    assert (len(mapped), list(mapped.split(3))) == (0, [])
    assert mapped[:].shape == (0, 3, 4, 4)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: np.save(file, np.zeros((2, 3))), r"shape \(2, 3\) float64"),
        (
            lambda file: np.save(file, np.zeros((2, 3), np.uint8, order="F")),
            r"shape \(2, 3\) uint8",
        ),
        (lambda file: file.write_bytes(b""), "is no .npy file"),
        (lambda file: file.write_bytes(b"\x93NUMPY\x01\x00"), "is no .npy file"),
    ],
)
def test_other_files_are_refused(tmp_path, make, said):
    make(tmp_path / "x.npy")
    with pytest.raises(ValueError, match=f"x.npy .*{said}|x.npy {said}"):
        MappedArray(tmp_path / "x.npy")
