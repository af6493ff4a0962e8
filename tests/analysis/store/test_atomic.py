import errno
import os

import pytest

from analysis.store import atomic
from analysis.store.atomic import in_words, replacing, sweep_leftovers, write_whole


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


@pytest.mark.parametrize("mine", ["w.partial", ".w.pt.partial", ".w.pt.0123456789abcdef.partial"])
@pytest.mark.parametrize("out", ["w.pt", "w.partial", ".w.pt.partial", "w"])
def test_a_file_of_the_user_is_never_the_one_that_is_written_aside(
    tmp_path, monkeypatch, mine, out
):
    tokens = iter(["0123456789abcdef", "0" * 16, "1" * 16])
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda _: next(tokens))
    (tmp_path / mine).write_text("mine")
    with replacing(tmp_path / out) as a, replacing(tmp_path / "w.pdf") as b:
        assert {a.name, b.name}.isdisjoint({mine, out})
        a.write_text("a")
        b.write_text("b")
    assert names(tmp_path) == sorted({mine, out, "w.pdf"})
    assert (tmp_path / out).read_text() == "a"
    assert mine == out or (tmp_path / mine).read_text() == "mine"


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "theirs").write_text("theirs")
    os.symlink(tmp_path / "theirs", tmp_path / "a.txt")
    write_whole(tmp_path / "a.txt", "mine")
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert not (tmp_path / "a.txt").is_symlink()


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "a\nb", "-", "..."])
def test_a_name_may_be_as_long_and_odd_as_the_disk_takes(tmp_path, name):
    write_whole(tmp_path / name, "x")
    assert names(tmp_path) == [name]


def test_leftovers_of_a_kill_are_swept_and_nothing_else(tmp_path):
    theirs = [".w.pt.partial", "w.partial", ".v.pt.0123456789abcdef.partial", "w.pt", ".DS_Store"]
    for name in [*theirs, ".w.pt.0123456789abcdef.partial"]:
        (tmp_path / name).touch()
    (tmp_path / ".w.pt.00000000000000ff.partial").mkdir()
    os.symlink(tmp_path / "w.pt", tmp_path / ".w.pt.00000000000000fe.partial")
    kept = {*names(tmp_path)} - {".w.pt.0123456789abcdef.partial"}
    sweep_leftovers(tmp_path, "w.pt")
    assert {*names(tmp_path)} == kept
    sweep_leftovers(tmp_path)
    assert {*names(tmp_path)} == kept - {".v.pt.0123456789abcdef.partial"}
    sweep_leftovers(tmp_path / "nowhere")


def test_a_durable_write_waits_for_the_file_before_its_name_and_for_the_name(tmp_path, monkeypatch):
    done = []
    rename = os.replace
    monkeypatch.setattr(atomic, "fsync", lambda path: done.append(path.name))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), rename(a, b)))
    write_whole(tmp_path / "a.txt", "a", durable=True)
    aside, *rest = done
    assert aside.startswith(".a.txt.")
    assert rest == ["rename", tmp_path.name]
    done.clear()
    write_whole(tmp_path / "a.txt", "a")
    assert done == ["rename"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_whole(tmp_path / "nowhere" / "a.txt", "a")


def test_an_error_of_the_system_is_told_in_words():
    missing = OSError(errno.ENOENT, os.strerror(errno.ENOENT), "photos/cat.png")
    assert in_words(missing) == "photos/cat.png: No such file or directory"
    renamed = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.partial", None, "a")
    assert in_words(renamed) == "a: No space left on device"
    assert in_words(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == "No space left on device"
    assert in_words(ValueError("lr is -1")) == "lr is -1"
