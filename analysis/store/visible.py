"""Text of strangers, as one sees what is in it: on a terminal, in a page, in a figure."""

import re
import unicodedata

# Control, format (of the direction of text, say), surrogate, private and unassigned characters,
# and what ends a line or a paragraph.
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # as spreadsheets know one
_JOINERS = "\u200c\u200d"  # letters of some scripts, and emoji, are joined by them


def visible(text: object, most: int | None = None, *, keep: str = "") -> str:
    r"""Return text in which nothing is hidden: what does not print is written by its code.

    Parameters
    ----------
    text : object
        Its ``str`` is meant.
    most : int, optional
        How many letters; of longer text the middle is left out.
    keep : str
        Characters to leave as they are, ``"\n"`` say.

    Examples
    --------
    >>> visible("a\x1b[2Jb\nc")
    'a\\x1b[2Jb\\nc'
    >>> visible("a long name", most=5)
    'a …me'
    """
    shown = str(text)
    if not shown.isprintable():
        shown = "".join(c if c in keep or not _is_hidden(c) else code(c) for c in shown)
    if most is None or len(shown) <= most:
        return shown
    last = (most - 1) // 2
    return f"{shown[: most - 1 - last]}…{shown[len(shown) - last :]}"


def cell(text: str) -> str:
    """Return text for a table that a spreadsheet may open: no formula, which it would run.

    An apostrophe stands before what would be one; `cell_text` takes it away.

    Examples
    --------
    >>> cell("byol"), cell("=2+3"), cell_text(cell("=2+3"))
    ('byol', "'=2+3", '=2+3')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def cell_text(written: str) -> str:
    """Return the text that `cell` made into `written`."""
    return written[1:] if written.startswith("'") and _FORMULA.match(written) else written


def code(character: str) -> str:
    r"""Return the escape of a character as Python writes it: ``\n``, ``\u6570``."""
    return character.encode("unicode_escape").decode("ascii")


def _is_hidden(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in _HIDDEN
