"""Where a flow of matrices stands still, without isotropy: sets, not points, and no potential."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.checks.numbers import check_numbers
from dynamics.flows.base import Flow, check_flow

STEP = 1e-30  # of an imaginary part: no difference is formed
SMALL = 1e-9  # of the largest singular value, of what counts as 0


@dataclass(frozen=True, kw_only=True)
class Equilibrium:
    """The linearisation of a flow at a state."""

    speed: float
    """Largest entry of the derivative: 0 at rest."""
    rank: int
    """Of the Jacobian: in how many directions the flow returns, or leaves."""
    nullity: int
    """The others: the dimension of the set of rest points, where it is smooth."""
    growth: float
    """The largest real part of the Jacobian's eigenvalues: not above 0 where it is stable."""
    curl: float
    r""":math:`\\|J - J^\\top\\| / \\|J\\|`: 0 where the field is the gradient of anything."""


def linearise(flow: Flow, *state: np.ndarray) -> Equilibrium:
    r"""Return rank, nullity, growth and curl of a flow of matrices at a state.

    The Jacobian is exact to rounding, by imaginary steps: flows are analytic.

    Parameters
    ----------
    flow : Flow
        Of matrices, such as `LinearFlow`.
    *state : arrays
        In the order of ``flow.variables``.

    Raises
    ------
    ValueError
        `flow` is none, or the state is not finite.

    References
    ----------
    Ponce, Terver, Hebert, Arbel (2026), arXiv:2507.01028: that such dynamics minimise no function
    and that their equilibria form algebraic sets; the abstract was read.

    Examples
    --------
    Without decay, W of two features and one output rests on a curve, W_p W (X + X') = W X:

    >>> from dynamics import LinearFlow
    >>> flow = LinearFlow(X=np.eye(2), Xp=np.eye(2))
    >>> found = linearise(flow, np.array([[0.6, 0.8]]), np.array([[0.5]]))
    >>> found.rank, found.nullity, round(found.curl, 3) > 0
    (1, 2, True)
    """
    check_flow(flow)
    parts = [check_numbers(f"part {i} of the state", part) for i, part in enumerate(state)]
    J = jacobian(flow, parts)
    sizes = np.linalg.svd(J, compute_uv=False)
    rank = int((sizes > SMALL * max(sizes.max(initial=0.0), np.finfo(float).tiny)).sum())
    speed = max(float(np.abs(part).max()) for part in flow(0.0, *parts))
    norm = float(np.linalg.norm(J))
    return Equilibrium(
        speed=speed,
        rank=rank,
        nullity=len(J) - rank,
        growth=float(np.linalg.eigvals(J).real.max()),
        curl=float(np.linalg.norm(J - J.T)) / norm if norm else float("nan"),
    )


def jacobian(flow: Flow, state: Sequence[np.ndarray]) -> np.ndarray:
    """Return the derivative of a flow by its whole state, (entry, entry)."""
    shapes, flat = [part.shape for part in state], np.concatenate([part.ravel() for part in state])
    ends = np.cumsum([part.size for part in state])[:-1]
    columns = []
    for i in range(len(flat)):
        moved = flat.astype(complex)
        moved[i] += 1j * STEP
        parts = [p.reshape(s) for p, s in zip(np.split(moved, ends), shapes, strict=True)]
        columns.append(np.concatenate([part.ravel() for part in flow(0.0, *parts)]).imag / STEP)
    return np.stack(columns, axis=1)
