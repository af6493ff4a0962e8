import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.store.names import LONGEST, safe_name

TYPED = [
    *("../up", "a/b", ".", "..", "/", "/etc/passwd", "a\\b", "C:\\x", "a\0b", "a\nb", "a\tb"),
    *("CON", "con.txt", "nul", "COM1", "lpt9.log", "AUX.", "name.", "name ", " name", "n" * 400),
    *("é" * 300, "$HOME", "$x_1$", "<b>", "a&b", "a;b", "`id`", "~", "~root", "-rf", "--out", "*"),
    *("\udcff", "a\ud800", "\u202etxt", "\u200b", "\x7f", "\x85", "%2F", "😀", "数据", "a|b", "a?"),
    *('"', "'", "a b", ".hidden", "café", "cafe\u0301x", "\xa0", "a\u2028b"),
]


def check(name, folder):
    assert Path(name).parts == (name,)
    assert name not in (".", "..")
    assert name.isprintable()
    assert not set(name) & set('/\\:*?"<>|$`')
    assert name[0] not in ".-~ "
    assert name[-1] not in ". "
    assert len(name.encode()) <= LONGEST
    (folder / name).mkdir(exist_ok=True)
    assert name in os.listdir(folder)


@pytest.mark.parametrize("typed", TYPED)
def test_whatever_is_typed_is_one_part_of_a_path(tmp_path, typed):
    check(safe_name(typed), tmp_path)


def test_different_texts_have_different_names():
    assert len({safe_name(typed) for typed in TYPED}) == len(TYPED)
    assert safe_name("cafe\u0301") == safe_name("caf\xe9")  # one word, spelt in two ways


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_safe_and_its_own(tmp_path_factory, one, other):
    texts = [text for text in (one, other) if text]
    names = [safe_name(text) for text in texts]
    for name in names:
        check(name, tmp_path_factory.getbasetemp())
    if len(names) == 2 and one.isascii() and other.isascii():
        assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize("usual", ["byol-cifar10-0", "byol-lr=1e-05-photos.v2-3", "größe-数据-1"])
def test_usual_names_stay_as_they_are(usual):
    assert safe_name(usual) == usual


def test_no_name_is_refused():
    with pytest.raises(ValueError, match="empty name"):
        safe_name("")
