"""The passes of a step, put together by batch and view."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Features, predictions and targets of the views of some samples, (batch, d) each."""

    z: Sequence[Tensor]
    q: Sequence[Tensor]
    t: Sequence[Tensor] | None


def by_batch(
    passes: Sequence[tuple[Tensor, Tensor]],
    targets: Sequence[Tensor] | None,
    views: int,
    *,
    stacked: bool,
) -> list[Batch]:
    """Return the batches of a step; several are the parts of an accumulated gradient.

    Parameters
    ----------
    passes : sequence of (z, q)
        Through the predictor, in the order of the calls.
    targets : sequence of tensor, optional
        One for each pass.
    views : int
        Of each sample.
    stacked : bool
        A pass holds all of them, one behind the other.

    Raises
    ------
    ValueError
        There is no pass, or not as many as there are views; or shapes do not fit.
    """
    if not passes:
        raise ValueError(
            "the predictor did not run in training mode since the last step; call step() once for "
            "each step of the optimiser, and record the module that the loop itself calls"
        )
    if targets is not None and len(targets) != len(passes):
        raise ValueError(
            f"{len(targets)} targets for {len(passes)} passes of the predictor; one each wanted"
        )
    columns = [[z for z, _ in passes], [q for _, q in passes], [t.detach() for t in targets or ()]]
    if stacked:
        columns = [[view for x in xs for view in _cut(x, views)] for xs in columns]
    z, q, t = columns
    if len(z) % views:
        raise ValueError(
            f"the predictor ran {len(z)} times in a step of {views} views; call step() once for "
            "each step of the optimiser, or say views=1, or stacked=True if one call has all views"
        )
    d = z[0].shape[-1]
    if odd := next((x.shape[-1] for x in (*z, *q, *t) if x.shape[-1] != d), None):
        raise ValueError(
            f"the predictor has features of {d}, and predictions or targets are of {odd}: W_p is "
            "square; record a predictor from d features to d"
        )
    batches = [
        Batch(z[i : i + views], q[i : i + views], t[i : i + views] if targets is not None else None)
        for i in range(0, len(z), views)
    ]
    for batch in batches:
        rows = {len(x) for x in (*batch.z, *batch.q, *(batch.t or ()))}
        if len(rows) > 1:
            raise ValueError(f"views of {sorted(rows)} rows; the same samples in each view wanted")
    return batches


def _cut(x: Tensor, views: int) -> Sequence[Tensor]:
    if len(x) % views:
        raise ValueError(f"a pass of {len(x)} rows does not hold {views} views of equal length")
    return x.chunk(views)
