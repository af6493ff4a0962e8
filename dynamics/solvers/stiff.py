"""A step of a Rosenbrock method, of many states at once: for where stability limits the others."""

from typing import Any

import numpy as np

from dynamics.solvers.runge_kutta import STAGES

# RODAS of Hairer and Wanner (1996), Solving Ordinary Differential Equations II, section IV.7:
# order 4(3), L-stable, its last stage is the error. For an autonomous flow.
GAMMA = 0.25
POINTS = [
    np.array([1.544]),
    np.array([0.9466785280815826, 0.2557011698983284]),
    np.array([3.314825187068521, 2.896124015972201, 0.9986419139977817]),
    np.array([1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895]),
]
POINTS.append(np.append(POINTS[-1], 1.0))
RATES = [
    np.array([-5.6688]),
    np.array([-2.430093356833875, -0.2063599157091915]),
    np.array([-0.1073529058151375, -9.594562251023355, -20.47028614809616]),
    np.array([7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616]),
    np.array(
        [
            8.083246795921522,
            -7.981132988064893,
            -31.52159432874371,
            16.31930543123136,
            -6.058818238834054,
        ]
    ),
]
LIMIT = 2.5  # h lambda: Dormand and Prince's step is stable up to 3.3
CALM = 1.0  # h |J| below which it is no longer stability that limits it
TINY = float(np.finfo(float).tiny)


def rosenbrock(
    flow: Any, y: np.ndarray, slope: np.ndarray, h: np.ndarray, log: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Return where a step of size `h` leads from `y` (parts, n), its error, and the norm of h J.

    .. math:: \Bigl(\frac1{\gamma h} - J\Bigr) u_i = f\Bigl(y + \sum_{j<i} a_{ij} u_j\Bigr)
        + \frac1h \sum_{j<i} c_{ij} u_j

    `slope` is the derivative at `y`, J the `jacobian` of the flow, which is to be exact. Parts
    in `log`, (parts,) of bool, are above 0 and stay so: what is advanced is their logarithm.
    """
    rows: list[int] = np.flatnonzero(log).tolist()

    def back(x: np.ndarray) -> np.ndarray:
        z = x.copy()
        z[rows] = np.maximum(np.exp(x[rows]), TINY)
        return z

    def field(x: np.ndarray) -> np.ndarray:
        z = back(x)
        rate = np.stack(np.broadcast_arrays(*flow(0.0, *z)))
        rate[rows] /= z[rows]
        return rate

    x, rate = y.copy(), slope.copy()
    J = np.moveaxis(flow.jacobian(*y), (-2, -1), (0, 1)).copy()
    for i in rows:
        z = np.maximum(y[i], TINY)
        x[i] = np.log(z)
        rate[i] /= z
        J[:, i] *= z
        J[i] /= z
        J[i, i] -= rate[i]
    norm = h * np.abs(J).sum(axis=1).max(axis=0)
    M = -J
    for i in range(len(y)):
        M[i, i] += 1 / (GAMMA * h)
    eliminate(M)
    u = np.empty((6, *y.shape))
    u[0] = substitute(M, rate)
    at = x
    for i, (point, weights) in enumerate(zip(POINTS, RATES, strict=True), 1):
        at = x + np.tensordot(point, u[:i], 1)
        u[i] = substitute(M, field(at) + np.tensordot(weights, u[:i], 1) / h)
    new, error = back(at + u[5]), u[5]
    error[rows] *= new[rows]
    return new, error, norm


def eliminate(M: np.ndarray) -> None:  # (m, m, n)
    """Factorise many small matrices in place, L U, with 1 on the diagonal of L.

    Without pivots: 1/(gamma h) stands on the diagonal. Where that fails numbers are not finite,
    and the step is refused.
    """
    for i in range(len(M)):
        for row in range(i + 1, len(M)):
            M[row, i] /= M[i, i]
            M[row, i + 1 :] -= M[row, i] * M[i, i + 1 :]


def substitute(M: np.ndarray, b: np.ndarray) -> np.ndarray:  # (m, m, n), (m, n) -> (m, n)
    """Return the solutions x of L U x = b, given what `eliminate` left."""
    x = b.copy()
    for i in range(1, len(M)):
        x[i] -= (M[i, :i] * x[:i]).sum(axis=0)
    for i in reversed(range(len(M))):
        x[i] -= (M[i, i + 1 :] * x[i + 1 :]).sum(axis=0)
        x[i] /= M[i, i]
    return x


def is_stiff(y: np.ndarray, new: np.ndarray, stages: np.ndarray, h: np.ndarray) -> np.ndarray:
    r"""Return whether stability limits the steps of Dormand and Prince from `y` to `new`, (n,).

    Their last two stages are both at the end of the step, a little apart:
    :math:`h \lambda \approx h |k_7 - k_6| / |y_7 - y_6|`, as in Hairer and Wanner, section IV.2.
    """
    other = y + h * np.tensordot(STAGES[4], stages[:5], 1)
    apart = np.sqrt(((new - other) ** 2).sum(axis=0))
    return np.asarray(h * np.sqrt(((stages[6] - stages[5]) ** 2).sum(axis=0)) > LIMIT * apart)
