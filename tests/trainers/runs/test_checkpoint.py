import os
import resource

import pytest
import torch

from trainers.runs import checkpoint


def test_what_is_saved_is_loaded(tmp_path):
    state = {"step": 7, "config": "{}", "learner": {"weight": torch.arange(3.0)}}
    checkpoint.save(tmp_path, state)
    loaded = checkpoint.load(tmp_path)
    assert loaded["step"] == 7
    assert torch.equal(loaded["learner"]["weight"], torch.arange(3.0))
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_save_that_fails_keeps_the_old_checkpoint(tmp_path):
    checkpoint.save(tmp_path, {"step": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))  # as on a disk that is full
    try:
        with pytest.raises(OSError, match=r"checkpoint.pt could not be written: File too large$"):
            checkpoint.save(tmp_path, {"step": 2, "weight": torch.randn(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert checkpoint.load(tmp_path) == {"step": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_save_removes_what_kills_left_of_checkpoints_and_nothing_else(tmp_path):
    for name in (".checkpoint.pt.0123456789abcdef.partial", ".checkpoint.pt.partial", "w.partial"):
        (tmp_path / name).touch()
    checkpoint.save(tmp_path, {"step": 1})
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"checkpoint.pt", ".checkpoint.pt.partial", "w.partial"}


def test_a_damaged_or_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*checkpoint.pt; give the dir"):
        checkpoint.load(tmp_path)
    checkpoint.save(tmp_path, {"weight": torch.zeros(100)})
    os.truncate(tmp_path / "checkpoint.pt", 300)
    with pytest.raises(ValueError, match=r"checkpoint.pt is damaged .*; restore it from"):
        checkpoint.load(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load(tmp_path)


def test_nothing_but_data_is_loaded(tmp_path):
    torch.save({"step": os.system}, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load(tmp_path)
