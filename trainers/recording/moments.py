"""Correlations of features, predictions and targets, summed on the device."""

from typing import Any

import torch

from trainers.recording.step import Step

MOMENTS = ("correlation", "cross_correlation", "target_correlation", "prediction_correlation")


class Moments:
    """Sums of outer products since the last snapshot, on the device.

    Parameters
    ----------
    d : int
        Size of the features.
    device : torch.device
    """

    def __init__(self, d: int, device: torch.device) -> None:
        self.sums = {name: torch.zeros(d, d, device=device) for name in MOMENTS}
        self.sums["mean"] = torch.zeros(d, device=device)
        self.pairs = 0

    @torch.no_grad()
    def add(self, seen: Step) -> None:
        """Add the batch: two rows an image, one for each view."""
        (z1, z2), (q1, q2), (t1, t2) = ((a.float(), b.float()) for a, b in (seen.z, seen.q, seen.t))
        z, q = torch.cat([z1, z2]), torch.cat([q1, q2])
        self.sums["correlation"].addmm_(z.mT, z)
        self.sums["cross_correlation"].addmm_(z1.mT, z2)
        self.sums["target_correlation"].addmm_(torch.cat([t2, t1]).mT, z)
        self.sums["prediction_correlation"].addmm_(q.mT, z)
        self.sums["mean"] += z.sum(0)
        self.pairs += len(z1)

    def take(self) -> dict[str, Any]:
        """Return the means over all rows since the last call, and start again."""
        rows = 2 * self.pairs
        counts = dict.fromkeys(self.sums, rows) | {"cross_correlation": self.pairs}
        host = {name: (total / counts[name]).cpu() for name, total in self.sums.items()}
        # A float32 product of z with itself is symmetric to rounding only.
        host["correlation"] = (host["correlation"] + host["correlation"].mT) / 2
        for total in self.sums.values():
            total.zero_()
        self.pairs = 0
        return {name: values.numpy() for name, values in host.items()} | {"samples": rows}
