"""A part of a data set: its first images where their order is mixed, else some of every class."""

import numpy as np
import torch
from torch import Tensor

from trainers.data.images import listed
from trainers.data.labels import UNLABELLED
from trainers.data.mapped_images import only
from trainers.data.source import Source
from trainers.randomness import permutation

SIGMA = 3


def limited(source: Source, limit: int | None, *, in_order: bool) -> Source:
    """Keep `limit` training images, and take labels from test images that none of them has."""
    n, notes = len(source.x_train), [*source.notes]
    if limit is not None and limit < n:
        kept = torch.arange(limit) if in_order else part_of(source.y_train, limit)
        first = bool(kept[-1] == limit - 1)
        notes.append(f"the first of {n}" if first else f"a part of each class, of {n} in order")
        x_train = only(source.x_train, kept)
        source = source._replace(x_train=x_train, y_train=source.y_train[kept], hashed="")
    trained = source.y_train.unique()
    strange = (source.y_test >= 0) & ~torch.isin(source.y_test, trained)
    if (trained >= 0).any() and strange.any():
        names = listed(source.classes[k] for k in source.y_test[strange].unique().tolist())
        notes.append(f"not scored: {int(strange.sum())} test images of {names}, never trained on")
        y_test = source.y_test.masked_fill(strange, UNLABELLED)
        source = source._replace(y_test=y_test, hashed="")
    return source._replace(notes=tuple(notes))


def part_of(labels: Tensor, n: int) -> Tensor:  # (samples,) -> (n,)
    """Return the numbers of `n` images that stand for all.

    The first `n` where the order of the labels is `mixed`. Else, always the same ones: of each
    class some drawn at random, in its share of the whole, at least one if `n` allows it.
    """
    if mixed(labels):
        return torch.arange(n)
    order = permutation(0, 0, len(labels))
    drawn = labels.cpu()[order]
    numbers, shares = [], []
    for label in drawn.unique():
        members = order[drawn == label]
        numbers.append(members)
        shares.append(torch.arange(len(members), dtype=torch.float64) / len(members))
    first = torch.cat(shares).argsort(stable=True)[:n]
    return torch.cat(numbers)[first].sort().values


def mixed(labels: Tensor) -> bool:  # (samples,)
    """Return whether the order of labels could be a random one.

    It is not where runs of equal labels are fewer than those of a random order by 3 standard
    deviations (`expected_runs`), or as few as there are classes. About one random order in 700 is
    taken for such a one; the part that is then drawn is as fair.

    Examples
    --------
    >>> mixed(torch.tensor([0, 1, 2, 1, 0, 2])), mixed(torch.tensor([0, 0, 1, 1, 2, 2]))
    (True, False)
    """
    y = labels.cpu().numpy()
    n = np.unique(y, return_counts=True)[1]
    if len(n) < 2 or len(n) == len(y):
        return True
    runs = 1 + np.count_nonzero(np.diff(y))
    mean, deviation = expected_runs(n)
    return bool(runs > len(n) and runs >= mean - SIGMA * deviation)


def expected_runs(counts: np.ndarray) -> tuple[float, float]:  # (classes,)
    r"""Return mean and standard deviation of the number of runs in a random order.

    .. math:: \mu = N + 1 - \Sigma_2 / N, \quad \sigma^2 =
        \frac{\Sigma_2 (\Sigma_2 + N (N + 1)) - 2 N \Sigma_3 - N^3}{N^2 (N - 1)}

    of N labels, n_c of class c, with :math:`\Sigma_k = \sum_c n_c^k`.

    References
    ----------
    Mood (1940), Annals of Mathematical Statistics 11, 367.

    Examples
    --------
    >>> mean, deviation = expected_runs(np.array([2, 2]))  # aabb abab abba, and the same with b
    >>> mean, round(deviation**2, 6)
    (3.0, 0.666667)
    """
    n = counts.astype(float)
    N, second, third = float(n.sum()), float((n**2).sum()), float((n**3).sum())
    spread = second * (second + N * (N + 1)) - 2 * N * third - N**3
    return N + 1 - second / N, (max(spread, 0.0) / (N**2 * (N - 1))) ** 0.5
