"""Text of strangers in a figure: names of runs, methods and options, labels in a store.

In matplotlib two dollars make a formula, and one that cannot be read is an error at the time of
drawing. Text that came with data is shown as it is, and only symbols may be formulas.
"""

import textwrap
from functools import cache

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.mathtext import MathTextParser

from analysis.store.visible import code, visible

LONGEST = 60  # letters of a name
FORMULA = 120  # and of a formula, more than the longest symbol of a measure


def plain(text: object, most: int = LONGEST, width: int | None = None) -> str:
    r"""Return text as figures show it as it is: no formula, and no letter that the font lacks.

    Such letters, and what does not print, are written by their codes, as ``\u6570``; a font that
    has them is chosen by matplotlib's ``font.family``.

    Parameters
    ----------
    text : object
        Its ``str`` is meant.
    most : int
        Of longer text the middle is left out.
    width : int, optional
        Letters in a line; by default all stand in one.
    """
    fonts = _fonts(tuple(mpl.rcParams["font.family"]), tuple(mpl.rcParams["font.sans-serif"]))
    known = "".join(c if _has(fonts, c) else code(c) for c in visible(text))
    shown = visible(known, most)
    if width is not None:
        shown = textwrap.fill(shown, width)
    return shown.replace("$", r"\$")


def formula(text: object) -> str:
    """Return a symbol as matplotlib typesets it, or as it is where matplotlib cannot."""
    symbol = str(text)
    return symbol if _readable(symbol) else plain(symbol)


@cache
def _readable(symbol: str) -> bool:
    if len(symbol) > FORMULA or not symbol.isascii() or "$" not in symbol:
        return False
    try:
        MathTextParser("agg").parse(symbol)
    except (ValueError, RecursionError):
        return False
    return True


@cache
def _fonts(families: tuple[str, ...], sans: tuple[str, ...]) -> tuple[str, ...]:
    # The arguments are what the answer depends on.
    return tuple(findfont(FontProperties(family=[family])) for family in families)


@cache
def _has(fonts: tuple[str, ...], character: str) -> bool:
    return any(get_font(font).get_char_index(ord(character)) for font in fonts)
