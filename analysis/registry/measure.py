"""What is known of a measure beside its function: laws for the tests, words for the catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.store.schema import Variable


@dataclass(frozen=True)
class Null:
    """What chance gives."""

    ensemble: str
    """``rotated``, W_p turned by Haar rotations against F; ``independent``, Gaussian entries of
    W_p; ``white``, the spectrum of n rows of white noise."""
    level: Callable[..., Any]
    """Of the measure's inputs if rotated, of d if independent, of d and n if white."""
    within: float = 0.0
    """Relative error of the level at d = 12 and n = 60, where it is a limit."""
    root_mean_square: bool = False
    """It is the level of the root mean square, not of the mean."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure and its laws."""

    function: Callable[..., Any]
    label: Variable
    takes: tuple[str, ...]
    """Its arguments: matrices by their names in the schema, or ``values``, a falling spectrum."""
    span: str
    """Its range, with d for the number of modes: ``[1, d]``."""
    degree: Mapping[str, int]
    """f(c x) = c**degree f(x) for c > 0, an entry for each argument for which that holds."""
    zero: Mapping[str, float]
    """What it is where an argument is 0: NaN where it is not defined."""
    parity: int | None = None
    """f(-W_p) = parity f(W_p); None where no such law holds, or it takes no W_p."""
    rotation: bool = True
    """U W_p U^T and U F U^T give what W_p and F give, for orthogonal U."""
    transposition: bool = False
    """The transpose of W_p gives what W_p gives."""
    shift: bool = False
    """W_p + c I gives what W_p gives."""
    basis: str | None = None
    """The argument whose eigenvectors number its modes."""
    null: Null | None = None
    """What chance gives, as the tests draw it."""
    name: str = ""
    """Its key in `MEASURES`."""
    formula: str = ""
    """LaTeX, one line; this and what follows: see `registry.words.Words`."""
    chance: str = ""
    """What chance gives, in words: its null level."""
    undefined: str = ""
    """Where it is NaN."""
    source: str = ""
    """Paper and equation."""

    @property
    def symbol(self) -> str:
        """What figures call it."""
        return self.label.symbol

    def ends(self, d: int) -> tuple[float, float]:
        """Return the ends of the range at `d` modes."""
        low, high = (end.strip() for end in self.span[1:-1].split(","))
        return float(low), float(d) if high == "d" else float(high)
