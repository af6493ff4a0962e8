"""Names that are not known: what was probably meant, and where all of them are listed."""

import difflib
from collections.abc import Collection, Iterable

from analysis.checks.fields import shown

FEW = 12  # as many names are listed whole in a line
CLOSE = 0.75  # a suggestion that is not close is worse than none


def nearest(word: str, known: Iterable[str], *, most: int = 1) -> list[str]:
    """Return the names that `word` is probably a slip of, the closest first.

    Examples
    --------
    >>> nearest("byoll", ["byol", "simsiam"]), nearest("optimizer", ["compile"])
    (['byol'], [])
    """
    return difflib.get_close_matches(word.lower(), known, n=most, cutoff=CLOSE)


def unknown(kind: str, name: str, known: Collection[str], where: str = "") -> str:
    """Return one short line on a name that is none of `known`.

    Parameters
    ----------
    kind : str
        What it was meant to be.
    name : str
    known : collection of str
        Listed where they are few; else the closest are, and `where` says where all are.
    where : str

    Examples
    --------
    >>> unknown("data", "stl01", ["cifar10", "stl10"])
    "data 'stl01' is not known; choose from ['cifar10', 'stl10']; did you mean 'stl10'?"
    >>> unknown("method", "byoll", ["byol", *map(str, range(82))], "`list` shows all 83")
    "method 'byoll' is not known; did you mean 'byol'? `list` shows all 83"
    """
    line = f"{kind} {shown(name)} is not known"
    few = len(known) <= FEW
    if few:
        line += f"; choose from {list(known)}"
    close = nearest(name, known, most=1 if few else 3)
    if close:
        line += f"; did you mean {' or '.join(map(repr, close))}?"
    return line if few or not where else f"{line}{'' if close else ';'} {where}"
