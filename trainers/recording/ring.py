"""Scalars of many steps, kept where they are made until they are fetched at once."""

from collections.abc import Callable, Collection, Mapping

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
            return self._rows.new_full((), float(value))
        except (TypeError, ValueError, RuntimeError):
            told = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
            raise ValueError(f"metric {name!r} is {told}; one real number wanted") from None

    def take(
        self, watched: Collection[str], over_ranks: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[list[int], dict[str, np.ndarray], str]:
        """Return what was put in since the last call, up to where it is finite; start again.

        Parameters
        ----------
        watched : collection of str
            Names that are to be finite, as far as they are there.
        over_ranks : function of a tensor, optional
            Averages it over processes.

        Returns
        -------
        steps, columns, broken
            Columns by name (step,). `broken` is the first of `watched` that is not finite at the
            last of the steps, where later ones are left out; empty where all are.
        """
        rows = self._rows[: len(self.steps)]
        host = (rows if over_ranks is None else over_ranks(rows)).cpu().numpy()
        steps, self.steps = self.steps, []
        looked_at = [name for name in watched if name in self._names]
        finite = np.isfinite(host[:, [self._names.index(name) for name in looked_at]])
        whole = finite.all(1)
        end, broken = len(steps), ""
        if not whole.all():
            end = int(np.argmin(whole)) + 1
            broken = looked_at[int(np.argmin(finite[end - 1]))]
        columns = {name: host[:end, i].copy() for i, name in enumerate(self._names)}
        return steps[:end], columns, broken
