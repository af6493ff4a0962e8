"""Every measure against an outside library, or the formula written in another way."""

import math

import numpy as np
import pytest
import scipy
from hypothesis import given
from strategies import gaussians, matrix, psd_matrices, spectra, spectrum

from analysis.registry.every import MEASURES
from analysis.registry.of_pairs import SPACE

D = 6


def basis(F):
    """Eigenvectors by falling eigenvalue, in rows."""
    values, vectors = scipy.linalg.eig(F)
    return vectors.real.T[np.argsort(-values.real)]


def half(M):
    return (M + M.T) / 2


def rayleigh(M, C):
    """u M u in the eigenvectors of the symmetric part of C."""
    return np.array([u @ M @ u for u in basis(half(C))])


def deviator(M):
    return M - np.trace(M) / len(M) * np.eye(len(M))


def cosine(u, v):
    return 1 - scipy.spatial.distance.cosine(u, v)


def flat(W):
    """tr W / sqrt(d tr W^T W), from eigenvalues and singular values."""
    return scipy.linalg.eigvals(W).sum().real / math.sqrt(
        len(W) * np.square(scipy.linalg.svdvals(W)).sum()
    )


def bracket(W, F):
    """vec [F, W] by Kronecker products."""
    eye = np.eye(len(F))
    return ((np.kron(F, eye) - np.kron(eye, F.T)) @ W.ravel()).reshape(W.shape)


def cliff(s):
    falls = [math.log(s[k] / s[k + 1]) for k in range(len(s) - 1)]
    return 1 + falls.index(max(falls))


def upper(W):
    T = scipy.linalg.schur(W, output="complex")[0]
    return np.linalg.norm(np.triu(T, 1)) / np.linalg.norm(T)


def angles(W, F):
    V = basis((W + W.T) / 2)
    return np.sort(scipy.linalg.subspace_angles(basis(F)[:SPACE].T, V[:SPACE].T))


def sphere(W, F, deviatoric):
    """E |[F, R W R^T]|^2 by the second moment of Haar rotations on (anti)symmetric parts."""
    d, dF = len(W), np.square(deviator(F)).sum()
    A, B = deviator((W + W.T) / 2), (W - W.T) / 2
    mean = 2 * d / ((d + 2) * (d - 1)) * np.square(A).sum() + 2 / (d - 1) * np.square(B).sum()
    M, N = (deviator(F), deviator(W)) if deviatoric else (F, W)
    return math.sqrt(mean * dF / 2) / (np.linalg.norm(M) * np.linalg.norm(N))


REFERENCES = {
    "eigenvalue": lambda F: np.sort(scipy.linalg.eigvals(F).real)[::-1],
    "predictor_eigenvalue": lambda W: scipy.linalg.eigvalsh((W + W.T) / 2)[::-1],
    "complex_eigenvalue": lambda W: sorted(
        scipy.linalg.eigvals(W), key=lambda z: (-z.real, -z.imag)
    ),
    "entropy_rank": lambda s: math.exp(scipy.stats.entropy(s)),
    "participation_ratio": lambda s: 1 / sum((x / math.fsum(s)) ** 2 for x in s),
    "stable_rank": lambda s: (np.linalg.norm(np.diag(s)) / np.linalg.norm(np.diag(s), 2)) ** 2,
    "surviving_modes": cliff,
    "asymmetry": lambda W: np.linalg.norm(W - W.T) / np.linalg.norm(W),
    "asymmetry_l1": lambda W: np.linalg.norm((W - W.T).ravel(), 1) / np.linalg.norm(W.ravel(), 1),
    "asymmetry_fraction": lambda W: np.linalg.norm(W - W.T) / np.linalg.norm(W) / 2,
    "alignment": lambda W, F: [cosine(u, W @ u) for u in basis(F)],
    "alignment_null": flat,
    "alignment_excess": lambda W, F: [1 - (1 - cosine(u, W @ u)) / (1 - flat(W)) for u in basis(F)],
    "off_diagonal_energy": lambda W, F: (
        np.square(_off(basis(F) @ deviator((W + W.T) / 2) @ basis(F).T)).sum()
        / np.square(deviator((W + W.T) / 2)).sum()
    ),
    "commutator": lambda W, F: (
        np.linalg.norm(bracket(W, F)) / np.linalg.norm(F) / np.linalg.norm(W) / math.sqrt(2)
    ),
    "commutator_deviatoric": lambda W, F: (
        np.linalg.norm(bracket(W, F))
        / (np.linalg.norm(deviator(F)) * np.linalg.norm(deviator(W)) * math.sqrt(2))
    ),
    "commutator_null": lambda W, F: sphere(W, F, False),
    "commutator_null_deviatoric": lambda W, F: sphere(W, F, True),
    "mode_commutator": lambda W, F: [
        np.linalg.norm(bracket(W, F) @ u)
        / (np.linalg.norm(deviator(F)) * np.linalg.norm(deviator(W)) * math.sqrt(2))
        for u in basis(F)
    ],
    "rayleigh_quotient": lambda W, F: [u @ W @ u for u in basis(F)],
    "rayleigh_residual": lambda W, F: [np.linalg.norm(W @ u - (u @ W @ u) * u) for u in basis(F)],
    "subspace_overlap": lambda W, F: np.square(np.cos(angles(W, F))).mean(),
    "principal_angle": angles,
    "henrici_departure": upper,
    "definiteness": lambda W: _share(scipy.linalg.eigvalsh((W + W.T) / 2), lambda p: p < 0),
    "imaginary_energy": lambda W: (
        sum(z.imag**2 for z in scipy.linalg.eigvals(W))
        / sum(abs(z) ** 2 for z in scipy.linalg.eigvals(W))
    ),
    "eigenvector_condition": lambda W: np.linalg.cond(scipy.linalg.eig(W)[1]),
    "noise_ratio": lambda F, C: rayleigh(F, C) / rayleigh(C, C),
    "target_scale": lambda C, T: rayleigh(T, C) / rayleigh(C, C),
    "critical_decay": lambda F, C, T: rayleigh(T, C) ** 2 / (4 * rayleigh(F, C) * rayleigh(C, C)),
    "alignment_rate": lambda W, C: scipy.linalg.eigvalsh(half(C) / 2 + half(W) @ half(W) - half(W))[
        0
    ],
    "mode_alignment_rate": lambda W, C: rayleigh(C, C) / 2 + rayleigh(W, C) ** 2 - rayleigh(W, C),
    "raw_off_diagonal": lambda W: np.linalg.norm(_off(W)) / np.linalg.norm(np.diag(W)),
}


def _off(M):
    M = M.copy()
    np.fill_diagonal(M, 0)
    return M


def _share(values, chosen):
    return sum(v**2 for v in values if chosen(v)) / sum(v**2 for v in values)


def test_every_measure_has_one():
    assert REFERENCES.keys() == MEASURES.keys()


@pytest.mark.parametrize("name", MEASURES)
@given(W=gaussians(D), F=psd_matrices(D), s=spectra(D), T=gaussians(D))
def test_it_is_what_the_outside_says(name, W, F, s, T):
    C = F @ F + 1e-3 * T  # not symmetric, as a cross-view correlation is not
    arrays = {"predictor": W, "correlation": F, "values": s}
    arrays |= {"cross_correlation": C, "target_correlation": T}
    measure = MEASURES[name]
    given = [arrays[n] for n in measure.takes]
    wrapped = [
        spectrum(x) if n == "values" else matrix(x)
        for n, x in zip(measure.takes, given, strict=True)
    ]
    wanted = np.array(REFERENCES[name](*given))
    np.testing.assert_allclose(measure.function(*wrapped), wanted, rtol=1e-6, atol=1e-8)
