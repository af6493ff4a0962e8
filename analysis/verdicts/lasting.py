"""States that last: what is left of a course of levels without its flickers."""

import numpy as np

LOOKS = 3


def looks_to_last(n: int) -> int:
    """Return how many looks in a row make a state: three, or a quarter of fewer than twelve."""
    return max(1, min(LOOKS, n // 4))


def lasting(levels: np.ndarray) -> np.ndarray:
    """Return the level that lasted at each look: shorter stretches, up or down, are flickers.

    A level is reached with the first of `looks_to_last` looks in a row that are at it or above, and
    left with the first of as many below it.

    Parameters
    ----------
    levels : array (n,) of int
        From 0 on.

    Returns
    -------
    array (n,) of int
        ``0 0 0 1 1 1 0 1 1 2 1 1`` becomes ``0 0 0 1 1 1 1 1 1 1 1 1``.
    """
    window = looks_to_last(len(levels))
    out = np.zeros(len(levels), int)
    for level in range(1, int(levels.max(initial=0)) + 1):
        above = levels >= level
        on = False
        for i in range(len(levels)):
            if on != above[i] and (above[i : i + window] == above[i]).sum() == window:
                on = not on
            out[i] += on
    return out
