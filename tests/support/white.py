"""White noise, and how often a share may stray."""

import numpy as np


def wishart_spectra(rng, d, n, draws):
    """Eigenvalues of Z^T Z for n rows of d white columns, (draws, min(d, n)), falling.

    By Bartlett's bidiagonal form (Dumitriu, Edelman 2002): no matrix of n rows is drawn.
    """
    p, m = min(d, n), max(d, n)
    i = np.arange(p)
    diagonal = rng.chisquare(m - i, (draws, p))
    below = rng.chisquare(p - 1 - i[:-1], (draws, p - 1))
    M = np.zeros((draws, p, p))
    M[:, i, i] = diagonal
    M[:, i[1:], i[1:]] += below
    M[:, i[1:], i[:-1]] = np.sqrt(diagonal[:, :-1] * below)  # eigvalsh reads the lower triangle
    return np.linalg.eigvalsh(M)[:, ::-1]


def five_sigma(rate, draws):
    """How far the share of `draws` may stray from `rate`, once in two million times."""
    return 5 * np.sqrt(rate * (1 - rate) / draws) + 1 / draws
