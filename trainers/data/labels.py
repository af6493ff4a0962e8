"""Labels as files hold them, turned into positions in a list of classes."""

from collections.abc import Sequence

import numpy as np

from analysis.checks.fields import shown

UNLABELLED = -1
LARGEST = 2**63 - 1


def number_labels(
    train: np.ndarray, test: np.ndarray, names: Sequence[str] | np.ndarray | None = None
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:  # (n,), (m,)
    """Return the classes, and the labels of both parts as positions in them.

    Without `names` the classes are the different labels in both parts, in order, whatever they are:
    10, 20, 30 are three. With `names`, integers that are all below their number count from 0 in
    `names`; otherwise as many different integers as names stand for the names in order.

    Parameters
    ----------
    train, test : array (n,), (m,)
        Integers, -1 for an image without label; or strings, "" for one; or booleans.
    names : sequence of str, optional
        Of the classes.

    Returns
    -------
    classes : tuple of str
    train, test : array (n,), (m,)
        int64, -1 where there is no label.

    Raises
    ------
    ValueError
        Labels are no vectors of integers, strings or booleans, are below -1, or do not fit `names`.

    Examples
    --------
    >>> classes, train, test = number_labels(np.array([30, 10, -1]), np.array([20]))
    >>> classes, train.tolist(), test.tolist()
    (('10', '20', '30'), [2, 0, -1], [1])
    """
    for what, labels in (("training", train), ("test", test)):
        if not isinstance(labels, np.ndarray):
            raise ValueError(f"{what} labels are {shown(labels)}; an array wanted")
    given = [_plain("training", train), _plain("test", test)]
    if given[0].dtype.kind != given[1].dtype.kind:
        raise ValueError(f"training labels are {train.dtype} and test labels {test.dtype}")
    nothing = "" if given[0].dtype.kind == "U" else UNLABELLED
    there = np.concatenate(given)
    values = np.unique(there[there != nothing])
    if names is None:
        classes = tuple(map(str, values.astype(bool) if train.dtype.kind == "b" else values))
        known = values
    else:
        classes = _classes(names)
        known = _known(values, classes)
    order = np.argsort(known)
    numbers = []
    for labels in given:
        found = np.searchsorted(known, labels, sorter=order)
        position = order[found.clip(max=len(known) - 1)] if len(known) else found
        numbers.append(np.where(labels == nothing, UNLABELLED, position).astype(np.int64))
    return classes, numbers[0], numbers[1]


def _plain(what: str, labels: np.ndarray) -> np.ndarray:  # -> int64 or str
    if labels.ndim != 1 or labels.dtype.kind not in "iubUS":
        hint = {"f": "; .astype(int) makes integers of them"}.get(labels.dtype.kind, "")
        raise ValueError(
            f"{what} labels have shape {labels.shape} and {labels.dtype}; one integer or string an "
            f"image wanted{hint}"
        )
    if labels.dtype.kind in "US":
        return _text(f"{what} labels", labels)
    if labels.size and labels.max() > LARGEST:
        raise ValueError(f"{what} labels have {labels.max()}; at most {LARGEST} wanted")
    plain = labels.astype(np.int64)
    if plain.size and plain.min() < UNLABELLED:
        raise ValueError(f"{what} labels have {plain.min()}; 0 and up, or -1 for none, wanted")
    return plain


def _text(what: str, values: np.ndarray) -> np.ndarray:
    try:
        return values.astype(str)  # bytes too
    except UnicodeDecodeError:
        raise ValueError(f"{what} are bytes that are no ASCII; strings wanted") from None


def _classes(names: Sequence[str] | np.ndarray) -> tuple[str, ...]:
    given = np.asarray(names)
    if given.ndim != 1 or given.dtype.kind not in "iuUSO":
        raise ValueError(f"the names of classes are {shown(names)}; a list of them wanted")
    classes = tuple(_text("the names of classes", given).tolist())
    if len(set(classes)) < len(classes):
        twice = next(name for name in classes if classes.count(name) > 1)
        raise ValueError(f"the names of classes have {twice!r} more than once")
    return classes


def _known(values: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Return the label that stands for each class."""
    if values.dtype.kind == "U":
        if strange := sorted(set(values.tolist()) - set(classes)):
            raise ValueError(f"labels {strange[:5]} are none of the classes {list(classes[:20])}")
        return np.array(classes)
    if values.size and values[-1] >= len(classes):
        if len(values) == len(classes):
            return values
        raise ValueError(
            f"{len(values)} different labels from {values[0]} to {values[-1]}, and {len(classes)} "
            "classes; one name for each label wanted"
        )
    return np.arange(len(classes))
