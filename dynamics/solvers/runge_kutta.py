"""A step of an embedded Runge-Kutta pair, of many states at once."""

import numpy as np

from dynamics.flows.base import Flow

# Dormand and Prince (1980), J. Comput. Appl. Math. 6, 19: order 5, its seventh stage is the next
# step's first, and the last row is the difference to the embedded solution of order 4.
STAGES = [
    np.array([1 / 5]),
    np.array([3 / 40, 9 / 40]),
    np.array([44 / 45, -56 / 15, 32 / 9]),
    np.array([19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]),
    np.array([9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]),
    np.array([35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]),
]
ERROR = np.array([-71 / 57600, 0, 71 / 16695, -71 / 1920, 17253 / 339200, -22 / 525, 1 / 40])


def dormand_prince(
    flow: Flow, y: np.ndarray, h: np.ndarray | float, stages: np.ndarray, new: np.ndarray
) -> None:
    """Take a step of size `h` from `y` (parts, n) to `new`.

    ``stages[0]`` of (7, parts, n) holds the derivative at `y`; the others are filled, the last with
    the derivative at `new`.
    """
    flat = stages.reshape(len(stages), -1)
    for i, weights in enumerate(STAGES, 1):
        np.dot(weights, flat[:i], out=new.reshape(-1))
        new *= h
        new += y
        for part, derivative in zip(stages[i], flow(0.0, *new), strict=True):
            part[...] = derivative
