import os

import pytest

from analysis.store import atomic
from analysis.store.atomic import replacing, write_whole


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(("content", "stored"), [("τ = 1\n", b"\xcf\x84 = 1\n"), (b"\0\r\n", None)])
def test_what_is_written_is_what_is_there_and_nothing_beside_it(tmp_path, content, stored):
    file = tmp_path / "a.txt"
    file.write_text("a longer text that was there before")
    write_whole(file, content)
    assert file.read_bytes() == (stored or content)
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [None, "before"])
def test_a_write_that_is_broken_off_leaves_what_was_there(tmp_path, error, before):
    file = tmp_path / "a.txt"
    if before:
        file.write_text(before)

    def broken_off():
        with replacing(file) as aside:
            aside.write_text("hal")
            raise error

    with pytest.raises(type(error)):
        broken_off()
    assert names(tmp_path) == (["a.txt"] if before else [])
    assert not before or file.read_text() == before


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("before")
    with replacing(file) as aside:
        aside.write_text("after")
        assert file.read_text() == "before"
    assert file.read_text() == "after"


def test_files_of_one_name_and_other_endings_do_not_meet(tmp_path):
    (tmp_path / "w.partial").write_text("mine")  # of the user, beside an export to w.pt
    with replacing(tmp_path / "w.pt") as a, replacing(tmp_path / "w.pdf") as b:
        a.write_text("a")
        b.write_text("b")
    assert names(tmp_path) == ["w.partial", "w.pdf", "w.pt"]
    assert (tmp_path / "w.partial").read_text() == "mine"
    assert (tmp_path / "w.pt").read_text() == "a"


def test_a_durable_write_waits_for_the_file_before_its_name_and_for_the_name(tmp_path, monkeypatch):
    done = []
    rename = os.replace
    monkeypatch.setattr(atomic, "fsync", lambda path: done.append(path.name))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), rename(a, b)))
    write_whole(tmp_path / "a.txt", "a", durable=True)
    assert done == [".a.txt.partial", "rename", tmp_path.name]
    done.clear()
    write_whole(tmp_path / "a.txt", "a")
    assert done == ["rename"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_whole(tmp_path / "nowhere" / "a.txt", "a")
