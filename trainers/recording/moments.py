"""Correlations of features, predictions and targets, summed on the device."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

MOMENTS = ("correlation", "cross_correlation", "target_correlation", "prediction_correlation")


class Moments:
    """Sums of outer products since the last snapshot, on the device.

    Parameters
    ----------
    d : int
        Size of the features.
    device : torch.device
    names : sequence of str
        Which of `MOMENTS` are kept: `cross_correlation` needs two views or more,
        `target_correlation` targets beside.
    """

    def __init__(self, d: int, device: torch.device, names: Sequence[str] = MOMENTS) -> None:
        self.sums = {name: torch.zeros(d, d, device=device) for name in names}
        self.sums["mean"] = torch.zeros(d, device=device)
        self.rows = dict.fromkeys(self.sums, 0)
        """How many rows are behind each sum."""

    @torch.no_grad()
    def add(
        self, z: Sequence[Tensor], q: Sequence[Tensor], t: Sequence[Tensor] | None = None
    ) -> None:
        """Add a batch: features, predictions and targets of its views, (batch, d) each."""
        z = [one.float() for one in z]
        rows, predictions = torch.cat([*z]), torch.cat([one.float() for one in q])
        self._add("correlation", rows, rows)
        self._add("prediction_correlation", predictions, rows)
        for first, second in combinations(z, 2):
            self._add("cross_correlation", first, second)
        if t is not None:
            t = [one.float() for one in t]
            for turn in range(1, len(z)):  # targets of every other view
                self._add("target_correlation", torch.cat([*t[turn:], *t[:turn]]), rows)
        self.sums["mean"] += rows.sum(0)
        self.rows["mean"] += len(rows)

    def _add(self, name: str, left: Tensor, right: Tensor) -> None:
        if name in self.sums:
            self.sums[name].addmm_(left.mT, right)
            self.rows[name] += len(left)

    def take(self, over_ranks: Callable[[Tensor], Tensor] | None = None) -> dict[str, Any]:
        """Return the means over all rows since the last call, and start again.

        Parameters
        ----------
        over_ranks : function of a tensor, optional
            Sums it over processes that have rows of their own.
        """
        host, rows = {}, self.rows["mean"]
        for name, total in self.sums.items():
            count = torch.tensor(self.rows[name], dtype=torch.float64)
            if over_ranks is not None:
                total, count = over_ranks(total), over_ranks(count.to(total.device)).cpu()
                rows = int(count) if name == "mean" else rows
            host[name] = (total / count.item()).cpu()
            self.sums[name].zero_()
            self.rows[name] = 0
        # A float32 product of z with itself is symmetric to rounding only.
        host["correlation"] = (host["correlation"] + host["correlation"].mT) / 2
        return {name: values.numpy() for name, values in host.items()} | {"samples": rows}

    def state_dict(self) -> dict[str, Any]:
        """Return what is summed so far: a checkpoint need not fall on a snapshot."""
        return {"sums": self.sums, "rows": self.rows}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        for name, total in state["sums"].items():
            self.sums[name].copy_(total)
        self.rows = dict(state["rows"])


def feature_std(z: Tensor) -> Tensor:  # (batch, d) -> ()
    """Return the std of each feature of z / |z|, its mean over features: 1 / sqrt(d) at most."""
    unit = torch.nn.functional.normalize(z.float(), dim=1)
    return unit.std(0).mean() if len(unit) > 1 else unit.new_tensor(torch.nan)
