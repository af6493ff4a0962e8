"""Scalars of many steps, kept where they are made until they are fetched at once."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

LENGTH = 256  # steps kept before they are to be fetched


class Ring:
    """Scalars of steps: tensors stay on their device, so that no step waits for it.

    Parameters
    ----------
    device : torch.device
    """

    def __init__(self, device: torch.device) -> None:
        self.steps: list[int] = []
        self._names: tuple[str, ...] = ()
        self._rows = torch.empty(LENGTH, 0, device=device)

    @property
    def full(self) -> bool:
        """Whether it is time to `take`."""
        return len(self.steps) == LENGTH

    @torch.no_grad()
    def put(self, step: int, values: Mapping[str, Tensor | float]) -> None:
        """Keep the scalars of a step.

        Raises
        ------
        ValueError
            One is no number, or the names are not those of the first step.
        """
        if not self._names:
            self._names = tuple(values)
            self._rows = self._rows.new_empty(LENGTH, len(values))
        if set(values) != set(self._names):
            raise ValueError(
                f"step {step} has metrics {sorted(values)}, the first had {sorted(self._names)}; "
                "give the same at every step, NaN for what is not known"
            )
        self._rows[len(self.steps)] = torch.stack(
            [self._scalar(name, values[name]) for name in self._names]
        )
        self.steps.append(step)

    def _scalar(self, name: str, value: Tensor | float) -> Tensor:
        if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
            return value.detach().to(self._rows).reshape(())
        try:
            return torch.tensor(float(value)).to(self._rows)
        except (TypeError, ValueError, RuntimeError):
            told = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
            raise ValueError(f"metric {name!r} is {told}; one real number wanted") from None

    def take(
        self, over_ranks: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[list[int], dict[str, np.ndarray]]:
        """Return the steps since the last call, and a column for each name (step,); start again.

        Parameters
        ----------
        over_ranks : function of a tensor, optional
            Averages it over processes.
        """
        rows = self._rows[: len(self.steps)]
        host = (rows if over_ranks is None else over_ranks(rows)).cpu().numpy()
        steps, self.steps = self.steps, []
        return steps, {name: host[:, i].copy() for i, name in enumerate(self._names)}
