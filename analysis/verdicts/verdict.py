"""A verdict on a run, in a word, in a line, and by its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

LEVELS = ("none", "partial", "dimensional", "complete")  # rising
NOT_FINITE = "diverged"  # beside them

# A direction is dead where its variance is d times this or less, relative to the largest: the rule
# of numerical rank, at the precision that features are computed in. A run stored in float64 is
# judged by the same.
ROUNDING = float(np.finfo("f4").eps)


@dataclass(frozen=True)
class Verdict:
    """What `collapse` finds."""

    kind: str
    """The state that lasts to the end: ``none``, ``partial``, ``dimensional``, ``complete``, or
    ``diverged``."""
    onset: int | None
    """The first step from which it lasted; None where there is none."""
    mean_growth: bool | None
    """The mean feature grew and outweighs all variance. None where `mean` is not stored."""
    evidence: Mapping[str, float] = field(hash=False)
    """The numbers it rests on: those of `collapse_course` at the last snapshot that is finite; by
    which factors `variance`, the square of the `mean` and the `first` eigenvalue of F grew since
    the first one; and how many snapshots there are and how many are `not_finite`."""
    error_rate: float
    """How often a run of white noise is judged collapsed, at most."""
    recovered_from: str | None = None
    """The worst state that lasted and is over; None where there was none."""
    recovered_at: int | None = None
    """The step at which it was over."""

    def __str__(self) -> str:
        since = "" if self.onset is None else f" since step {self.onset}"
        return f"{self.name}{since}: {self.grounds} (error rate {100 * self.error_rate:g} %)"

    @property
    def name(self) -> str:
        """The kind, in words."""
        words = {LEVELS[0]: "no collapse", NOT_FINITE: NOT_FINITE}
        return words.get(self.kind, f"{self.kind} collapse")

    @property
    def grounds(self) -> str:
        """The evidence that decided, in words."""
        e, parts = self.evidence, []
        if self.kind == NOT_FINITE and not np.isfinite(e["live_directions"]):
            return "no snapshot is finite"
        live = f"{e['live_directions']:.0f} of {e['possible_directions']:.0f} directions vary"
        parts.append(f"until then {live}" if self.kind == NOT_FINITE else live)
        if e["live_directions"]:
            parts.append(f"the first has {100 * e['first_share']:.4g} % of the variance")
        if e["variance_growth"] <= ROUNDING:
            parts.append(f"the variance fell to {e['variance_growth']:.2g} of that at first")
        if e["feature_std"] ** 2 <= ROUNDING:
            parts.append("within a batch all images are the same")
        if self.mean_growth:
            share, growth = 100 * e["mean_share"], e["mean_growth"]
            parts.append(f"the mean grew {growth:.3g}-fold and has {share:.3g} % of E|z|²")
        if self.recovered_from is not None:
            parts.append(f"{self.recovered_from} collapse was over at step {self.recovered_at}")
        if e["not_finite"]:
            parts.append(f"{e['not_finite']:.0f} of {e['snapshots']:.0f} snapshots are not finite")
        return ", ".join(parts)
