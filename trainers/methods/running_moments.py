"""What the rules that set W_p share: checks of their settings, and of the numbers on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from trainers.networks.two_views import Pair


def check_first(first: int | None, every: int) -> None:
    """Check the first step after which W_p is set.

    Raises
    ------
    ValueError
        It is not one of the first `every`.
    """
    if first is not None and first > every:
        raise ValueError(f"predictor first is {first}; it must lie in 1 to every, {every}")


def same_view(z: Pair) -> Tensor:  # -> (d, d)
    """Return E[z z^T] over the rows of both views."""
    import torch

    rows = torch.cat(z)
    return rows.mT @ rows / len(rows)


def exactly(M: Tensor, what: str = "moments of the features") -> Tensor:
    """Return `M` in float64, on the CPU if its device has none; `what` it is, for the error.

    Raises
    ------
    FloatingPointError
        An entry is not finite.
    """
    host = M.cpu() if M.device.type == "mps" else M
    if not host.isfinite().all():
        raise FloatingPointError(f"{what} are not finite")
    return host.double()


def as_weight(W: Tensor, like: Tensor) -> Tensor:
    """Return `W` in the dtype and on the device of `like`.

    Raises
    ------
    FloatingPointError
        An entry is beyond the largest number of that dtype.
    """
    out = W.to(like)
    if not out.isfinite().all():
        raise FloatingPointError(
            f"W_p has an entry of {W.abs().max().item():.0e}, beyond {out.dtype}: the features are "
            "too large for a rule that follows their scale"
        )
    return out
