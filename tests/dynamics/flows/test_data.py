import numpy as np
import pytest

from dynamics.flows.data import additive_noise, scrambled_subspace


def psd(rng, n):
    M = rng.standard_normal((n, n))
    return M @ M.T / n


def test_scrambling_by_monte_carlo():
    rng = np.random.default_rng(0)
    S, U = psd(rng, 4), np.linalg.qr(rng.standard_normal((4, 4)))[0][:, :2]
    X, Xp = scrambled_subspace(S, U)
    n = 200_000
    x = rng.standard_normal((n, 4)) @ np.linalg.cholesky(S).T
    kept = x - x @ U @ U.T
    views = [
        kept + np.einsum("ik,nkl,nl->ni", U, rng.standard_normal((n, 2, 2)), x @ U)
        for _ in range(2)
    ]
    np.testing.assert_allclose(views[0].T @ views[0] / n, X + Xp, atol=0.03)
    np.testing.assert_allclose(views[0].T @ views[1] / n, X, atol=0.03)
    for got, wanted in zip(additive_noise(S, X), (S, X), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_subspace_without_an_orthonormal_basis_is_refused():
    with pytest.raises(ValueError, match="columns that are not orthonormal"):
        scrambled_subspace(np.eye(2), 2 * np.eye(2))


def test_what_is_no_number_is_refused_by_name():
    bad, good = np.array([[1.0, np.nan], [np.nan, 1.0]]), np.eye(2)
    for name, pair in (("data", (bad, good)), ("basis", (good, bad))):
        with pytest.raises(ValueError, match=f"^{name} "):
            scrambled_subspace(*pair)
    for name, pair in (("data", (bad, good)), ("noise", (good, bad))):
        with pytest.raises(ValueError, match=f"^{name} "):
            additive_noise(*pair)
