from hypothesis import given
from hypothesis import strategies as st

from analysis.store.visible import cell, cell_text, visible


@given(st.text(), st.integers(1, 20))
def test_what_is_shown_prints_on_every_terminal_that_has_its_letters(text, most):
    shown = visible(text)
    shown.encode()  # no surrogate is left
    assert not set(shown) & {*map(chr, range(32)), "\x7f", "\u2028", "\u202e", "\ufeff"}
    assert len(visible(text, most)) == min(most, len(shown))
    assert visible(text, most)[0] in shown[:1] + "…" if shown else True


def test_what_prints_stays():
    for text in ("größe τ → 数据 😀", "a b", "x\xa0y", "👩\u200d💻"):
        assert visible(text) == text
    assert visible("a\n\tb", keep="\n") == "a\n\\tb"


@given(st.text("'=+-@a\t", max_size=6))
def test_a_cell_is_no_formula_and_its_text_comes_back(text):
    assert cell_text(cell(text)) == text
    assert cell(text)[:1] not in {*"=+-@\t\r"}
