"""What the published code of the IsoLoss toy does where it is not the gradient of its loss."""

import numpy as np

DRAWS = 2048


def attached_as_published(
    c: np.ndarray, steps: int, *, rate: float = 0.1, sigma: float = 0.1, seed: int = 0
) -> np.ndarray:
    r"""Return eigenvalues (step, mode) of W Wᵀ under the published cosine without stop-gradient.

    With :math:`q = W_p z_1`, A = \|q\|, B = \|z_2\| the target's part of the negative gradient is

    .. math:: \Bigl(\frac{q}{A B} - \frac{(q \cdot z_2)\, z_2}{A B^3}\Bigr) x_2^\top

    The code has :math:`A^3 B` for :math:`A B^3`, and x_1 for x_2. The loss conserves tr W Wᵀ; by
    the code it grows without end, 32 times in the 1500 steps of the figure.

    Parameters
    ----------
    c : array (mode)
        At the start.
    steps : int
    rate : float
        Of the learning.
    sigma : float
        Standard deviation of the noise, which is on the target's view alone.
    seed : int
        Of the vectors, the same ones in each step, and each with its noise and with minus it.

    References
    ----------
    ``notebooks/toy_networks.ipynb`` of github.com/fmi-basel/implicit-var-reg, at 2e8d364: read.
    """
    rng = np.random.default_rng(seed)
    x, noise = rng.standard_normal((2, DRAWS // 2, len(c)))
    x1, x2 = np.concatenate([x, x]), np.concatenate([x + sigma * noise, x - sigma * noise])
    w = np.sqrt(c)
    out = [c]
    for _ in range(steps):
        p = w**2
        z1, z2 = w * x1, w * x2
        q = p * z1
        A, B = (np.linalg.norm(z, axis=1, keepdims=True) for z in (q, z2))
        inner = (q * z2).sum(axis=1, keepdims=True)
        moved = (p * z2 + q) / (A * B) - inner * (p * q + z2) / (A**3 * B)
        w = w + rate * (moved * x1).mean(axis=0)
        out.append(w**2)
    return np.array(out)
