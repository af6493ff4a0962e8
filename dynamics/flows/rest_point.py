"""Where a flow stands still, and whether it stays there."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RestPoint:
    """Where a flow stands still, and the eigenvalues of its Jacobian there."""

    name: str
    """``collapsed`` (``p = 0``), ``unstable`` (``p_-``) or ``useful`` (``p_+``)."""
    state: tuple[float, ...]
    """In the order of the flow's variables."""
    eigenvalues: tuple[float, ...]
    """In falling order."""

    @property
    def stability(self) -> str:
        """``stable``, ``saddle``, or ``neutral`` where linearisation does not decide."""
        largest = max(self.eigenvalues)
        return "stable" if largest < 0 else "saddle" if largest > 0 else "neutral"
