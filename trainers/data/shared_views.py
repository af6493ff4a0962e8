"""The views of a step that several processes share."""

from torch import Tensor

from trainers import ranks
from trainers.data.load import Data


def shared_views(data: Data, step: int, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Return this process's share of both views of a batch: what one process makes of its images.

    Where a view is a function of a whole batch, every process makes all of it, and keeps its share.

    Parameters
    ----------
    data : Data
    step : int
    samples : Tensor (batch,), int64
        Of the whole batch.

    Raises
    ------
    ValueError
        The batch is not a multiple of the number of processes.
    """
    if data.by_batch:
        x1, x2 = data.views(step, samples)
        return ranks.share(x1), ranks.share(x2)
    return data.views(step, ranks.share(samples))
