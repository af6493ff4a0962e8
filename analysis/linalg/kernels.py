r"""Array functions of matrices (..., d, d), whatever stands in front: what measures are made of.

Two rules hold for all of them. Matrices enter at a size near 1, by a power of two (`scaled`): no
product over- or underflows. And a difference of nearly equal numbers is formed before it is
squared, never after.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

# |M - M^T| / |M| that still counts as symmetric. Summed and stored in float32, a symmetric matrix
# stays below 1e-6; a cross-view correlation of n rows is at about n^(-1/2), never below 1e-3.
SYMMETRIC = 1e-4
# What LAPACK leaves of a unit eigenvector of a matrix of size 1 in float64.
COMPUTED = 1e-14
# A number is known if rounding moves it by no more than this, of its own scale.
KNOWN = 0.01


@dataclass(frozen=True, eq=False)
class Pair:
    """W_p in the eigenvectors u_j of F, the largest s_j first, and what rounding leaves open.

    What several measures need of it is formed once.
    """

    s: np.ndarray
    """Eigenvalues of F, (..., d)."""
    U: np.ndarray
    """Eigenvectors in the columns, (..., d, d)."""
    W: np.ndarray
    """U^T W_p U, (..., d, d)."""
    turn: np.ndarray
    """How far rounding turns u_j towards u_i: at most 1, where s_i = s_j; 0 for i = j."""
    rounding: np.ndarray
    """Of an entry u_i . W_p u_j, (...)."""
    size: np.ndarray
    """Of F less its multiple of the identity, (...); NaN where that is rounding."""

    @cached_property
    def A(self) -> np.ndarray:
        """Symmetric part of W, (..., d, d)."""
        return symmetric(self.W)

    @cached_property
    def squares(self) -> np.ndarray:
        """W^T W, (..., d, d)."""
        return transpose(self.W) @ self.W

    @cached_property
    def p(self) -> np.ndarray:
        """Rayleigh quotients u_j . W_p u_j, (..., d)."""
        return np.einsum("...jj->...j", self.W)

    @cached_property
    def apart(self) -> np.ndarray:
        """Differences p_i - p_j, (..., d, d)."""
        return self.p[..., :, None] - self.p[..., None, :]

    @cached_property
    def gain(self) -> np.ndarray:
        """Lengths |W_p u_j|, (..., d)."""
        return np.sqrt(np.einsum("...ij,...ij->...j", self.W, self.W))

    @cached_property
    def residual(self) -> np.ndarray:
        """Lengths |W_p u_j - p_j u_j|, (..., d)."""
        away = off_diagonal(self.W)
        return np.sqrt(np.einsum("...ij,...ij->...j", away, away))


def pair(W: np.ndarray, F: np.ndarray, resolution: tuple[float, float], name: str) -> Pair:
    """Take W_p into the eigenvectors of F; ValueError if F is not symmetric up to rounding."""
    check_symmetric(F, name)
    s, U = eigh(symmetric(F))
    of_W, of_F = (
        rounding(M, eps)[..., None, None] for M, eps in zip((W, F), resolution, strict=True)
    )
    gap = np.abs(s[..., :, None] - s[..., None, :])
    turn = off_diagonal(np.where(gap > of_F, of_F / gap, 1.0))
    size = spread(F, of_F[..., 0, 0])
    return Pair(s, U, transpose(U) @ (W @ U), turn, of_W[..., 0, 0], size)


def rounding(M: np.ndarray, resolution: float) -> np.ndarray:
    r"""How far rounding moves v . M w of unit v and w: :math:`\epsilon \|M\|_F / \sqrt d`.

    The entries' own errors are a fifth of epsilon, root mean square; for vectors that are spread
    over all neurons the bound is five times their :math:`\sqrt d`.
    """
    return max(resolution, COMPUTED) * frobenius(M) / np.sqrt(M.shape[-1])


def scaled(M: np.ndarray, smallest: float) -> tuple[np.ndarray, np.ndarray]:
    """Scale by a power of two: (..., d, d) to the same below 1, and the exponents (...).

    A matrix below `smallest`, the least number of full precision, has no digits left, and one that
    is not finite has no size: NaN.
    """
    size = np.abs(M).max(axis=(-2, -1), initial=0.0)
    exponent = np.where(np.isfinite(size), np.frexp(size)[1], 0)
    lost = ~np.isfinite(size) | ((size > 0) & (size < smallest))
    out = np.ldexp(M, -exponent[..., None, None])
    return np.where(lost[..., None, None], np.nan, out) if lost.any() else out, exponent


def in_units(values: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Multiply by two to the power of `exponent`, in halves that are in range themselves."""
    half = exponent // 2
    return np.asarray(values * np.ldexp(1.0, half) * np.ldexp(1.0, exponent - half))


def transpose(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    """M^T."""
    return np.swapaxes(M, -2, -1)


def symmetric(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    """(M + M^T)/2."""
    return (M + transpose(M)) / 2


def antisymmetric(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    """(M - M^T)/2."""
    return (M - transpose(M)) / 2


def trace(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    """Sum of the diagonal."""
    return np.einsum("...ii->...", M)


def frobenius(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    """|M|_F."""
    return np.sqrt(np.einsum("...ij,...ij->...", M, M))


def off_diagonal(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    """M with zeros on its diagonal."""
    return np.where(np.eye(M.shape[-1], dtype=bool), 0.0, M)


def traceless(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    """M - (tr M/d) I."""
    out, d = M.copy(), M.shape[-1]
    np.einsum("...ii->...i", out)[...] -= trace(M)[..., None] / d
    return out


def spread(M: np.ndarray, unit: np.ndarray) -> np.ndarray:  # (..., d, d), (...) -> (...)
    """Size of M less its multiple of the identity, |M - (tr M/d) I|; NaN where that is rounding."""
    size = frobenius(traceless(M))
    return np.where(KNOWN * size > unit, size, np.nan)


def finite(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # (..., d, d) -> the same, (..., 1)
    """LAPACK may fail to converge on NaN: 0 to solve instead, and the mark of what is finite."""
    mark = np.isfinite(M).all(axis=(-2, -1))
    return M if mark.all() else np.where(mark[..., None, None], M, 0.0), mark[..., None]


def eigh(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a symmetric M: descending eigenvalues (..., d), eigenvectors in the columns (..., d, d).

    NaN where M is not finite.
    """
    M, mark = finite(M)
    s, U = np.linalg.eigh(M)  # reads the lower triangle
    return np.where(mark, s, np.nan)[..., ::-1], np.where(mark[..., None], U, np.nan)[..., ::-1]


def eigvalsh(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d)
    """Descending eigenvalues of the symmetric part; NaN where M is not finite."""
    M, mark = finite(M)
    return np.where(mark, np.linalg.eigvalsh(symmetric(M)), np.nan)[..., ::-1]


def check_symmetric(M: np.ndarray, name: str) -> None:  # (..., d, d)
    """Raise ValueError unless M is symmetric up to what float32 leaves of it."""
    ratio = 2 * frobenius(antisymmetric(M)) / frobenius(M)
    if (worst := np.nan_to_num(ratio).max(initial=0.0)) > SYMMETRIC:
        raise ValueError(
            f"{name} is not symmetric: |M - M^T| = {worst:.2g} |M|, above the {SYMMETRIC:g} of "
            "rounding; take symmetric_part(...) of it first"
        )
