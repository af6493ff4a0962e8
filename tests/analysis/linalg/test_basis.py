"""Two things are joined by what they are: modes by the matrix that numbers them, rows by step."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from strategies import gaussians, haar, learning_run, matrix, psd_matrices, rotations

import analysis
from analysis import (
    check_basis,
    critical_decay,
    eigenvalues,
    fit_power_law,
    follow_modes,
    mode_alignment_rate,
    noise_ratio,
    principal_angles,
    rayleigh_quotient,
    rayleigh_residual,
    summarise,
    symmetric_part,
    target_scale,
)
from analysis.figures.pairing import plot_pairing
from analysis.store.schema import SNAPSHOTS

# The same-view correlation has its largest eigenvalue where the cross-view one has its second.
SAME, CROSS = matrix(np.diag([1.1, 5.0])), matrix(np.diag([1.0, 0.5]))
W = matrix(np.diag([0.6, 0.3]))
RATES = {"eta": 0.01, "eta_p": 0.01}


def named(M, name):
    return matrix(M).rename(name).assign_attrs(SNAPSHOTS[name].attrs)


def test_k_s_and_p_of_a_rate_are_of_one_eigenvector():
    same, cross = SAME.rename("correlation"), CROSS.rename("cross_correlation")
    # 1.1 (1/2 + .36) - .6 + .015 and 10 (.25 + .09) - .3 + .015
    kappa = mode_alignment_rate(W, cross, correlation=same, **RATES)
    np.testing.assert_allclose(kappa, [0.361, 3.115])
    k = noise_ratio(same, cross)
    np.testing.assert_allclose(k, [1.1, 10])
    np.testing.assert_allclose(mode_alignment_rate(W, cross, k=k, **RATES), [0.361, 3.115])
    np.testing.assert_allclose(critical_decay(same, cross), [1 / 4.4, 1 / 40])
    for values in (kappa, k, critical_decay(same, cross)):
        assert values.attrs["basis"] == "cross_correlation"


@given(U=rotations(4), W=gaussians(4), same=psd_matrices(4), target=psd_matrices(4))
def test_rates_by_numpy_written_differently(U, W, same, target):
    s = np.array([3.0, 2, 1, 0.5])
    cross = (U * s) @ U.T
    p, k, tau = (np.array([u @ M @ u for u in U.T]) for M in (W, same, target))
    k, tau = k / s, tau / s
    parts = matrix(cross + 0.1 * (W - W.T))  # symmetric in expectation only
    W, same, target = matrix(W), matrix(same), matrix(target)
    np.testing.assert_allclose(noise_ratio(same, parts), k)
    np.testing.assert_allclose(target_scale(parts, target), tau)
    np.testing.assert_allclose(critical_decay(same, parts, target), tau**2 / (4 * k))
    kappa = mode_alignment_rate(
        W, parts, correlation=same, target_correlation=target, alpha_p=2.0, eta=0.1, eta_p=0.4
    )
    np.testing.assert_allclose(kappa, k * (s + p**2) - tau * p + 0.3, atol=1e-9)
    one = mode_alignment_rate(W, parts, k=2.0, tau=0.5)
    np.testing.assert_allclose(one, 2 * (s / 2 + p**2) - 0.5 * p, atol=1e-9)


def test_rates_refuse_two_sources_of_one_number_and_modes_of_another_matrix():
    with pytest.raises(ValueError, match="k and correlation are both given"):
        mode_alignment_rate(W, CROSS, correlation=SAME, k=2.0)
    with pytest.raises(ValueError, match="tau and target_correlation are both given"):
        mode_alignment_rate(W, CROSS, target_correlation=SAME, tau=matrix(np.eye(2)))
    other = eigenvalues(SAME.rename("correlation"))
    with pytest.raises(ValueError, match=r"by cross_correlation, eigenvalue by correlation; take"):
        mode_alignment_rate(W, CROSS.rename("cross_correlation"), k=other)
    with pytest.raises(ValueError, match=r"lacks \['row', 'col'\]"):
        critical_decay(noise_ratio(SAME, CROSS), CROSS)


def test_cross_view_values_that_are_rounding_have_no_ratio():
    U = haar(np.random.default_rng(0), 6)
    for dtype in ("f4", "f8"):
        cross = matrix((U * [3, 2, 1, 0, 0, -0.1]) @ U.T).astype(dtype)
        k = noise_ratio(matrix(np.eye(6)).astype(dtype), cross)
        np.testing.assert_allclose(k, [1 / 3, 1 / 2, 1, *[np.nan] * 3], rtol=1e-5)


BY_MODE = {
    "eigenvalues": ("correlation",),
    "predictor_eigenvalues": ("predictor",),
    "complex_eigenvalues": ("predictor",),
    "alignment": ("predictor", "correlation"),
    "alignment_excess": ("predictor", "correlation"),
    "mode_commutator": ("predictor", "correlation"),
    "rayleigh_quotient": ("predictor", "correlation"),
    "rayleigh_residual": ("predictor", "correlation"),
    "noise_ratio": ("correlation", "cross_correlation"),
    "critical_decay": ("correlation", "cross_correlation"),
    "target_scale": ("cross_correlation", "correlation"),
    "mode_alignment_rate": ("predictor", "cross_correlation"),
}
OF_CROSS = ("target_scale", "noise_ratio", "critical_decay", "mode_alignment_rate")


@pytest.mark.parametrize("name", BY_MODE)
def test_every_result_by_mode_says_by_which_matrix(name):
    run = {key: named(np.diag([2.0, 1.0]), key) for key in ("predictor", "correlation")}
    run["cross_correlation"] = named(np.diag([1.0, 0.5]), "cross_correlation")
    out = getattr(analysis, name)(*(run[key] for key in BY_MODE[name]))
    basis = "cross_correlation" if name in OF_CROSS else BY_MODE[name][-1]
    assert out.attrs["basis"] == basis
    if name not in OF_CROSS and basis == "correlation":  # whatever the variable is called
        for F in (run["cross_correlation"], symmetric_part(run["cross_correlation"])):
            inputs = [*(run[key] for key in BY_MODE[name][:-1]), F.rename("correlation")]
            assert getattr(analysis, name)(*inputs).attrs["basis"] == "cross_correlation"


def test_angles_and_summaries_say_it_too():
    run = learning_run(d=4, snapshots=3)
    angles = principal_angles(run.predictor, run.correlation, 2)
    assert angles.attrs["basis"] == "angles between 2 of correlation and predictor"
    m = summarise(run)
    followed = follow_modes(run, summary=m)
    for name, values in m.data_vars.items():
        if "mode" in values.dims:
            own = "predictor" if name == "predictor_eigenvalue" else "correlation"
            assert values.attrs["basis"] == own
            assert followed[name].attrs["numbered"] == "followed to the end"
            with pytest.raises(ValueError, match=f"by {own}, {name} by {own}, followed to the end"):
                check_basis(values, followed[name])
    for name in ("mode_rank", "mode_overlap", "mode_group", "mode_born"):
        check_basis(followed[name], followed["alignment"])


@pytest.mark.parametrize("join", [fit_power_law, plot_pairing])
def test_functions_that_join_modes_refuse_those_of_other_matrices(join):
    rng = np.random.default_rng(0)
    run = {key: named(np.diag(rng.uniform(1, 2, 5)), key) for key in ("predictor", "correlation")}
    cross = named(np.diag(rng.uniform(1, 2, 5)), "cross_correlation")
    p, r = (f(run["predictor"], cross) for f in (rayleigh_quotient, rayleigh_residual))
    join(p, eigenvalues(cross), residual=r)
    with pytest.raises(ValueError, match="modes are numbered differently: rayleigh_quotient by"):
        join(p, eigenvalues(run["correlation"]))
    other = rayleigh_residual(run["predictor"], run["correlation"])
    with pytest.raises(ValueError, match="rayleigh_residual by correlation; take one matrix"):
        join(p, eigenvalues(cross), residual=other)


def test_snapshots_are_not_joined_by_place():
    s = xr.DataArray(np.ones((3, 2)), {"step": [0, 5, 9]}, ["step", "mode"], "s")
    p = s.rename("p")
    check_basis(s, p, p.isel(mode=0))
    for other in (p.isel(step=[0, 1]), p.assign_coords(step=[0, 5, 8]), p.isel(mode=[0])):
        with pytest.raises(ValueError, match=r"s and p differ along '(step|mode)'"):
            check_basis(s, other)
    check_basis(s, p.drop_vars("step"), p.assign_coords(mode=[1, 2]))  # nothing says which
    with pytest.raises(ValueError, match="differ along 'step'"):
        check_basis(s.isel(step=0), p.isel(step=1))
    run = learning_run(d=3, snapshots=4)
    with pytest.raises(ValueError, match="differ along 'step': 3 and 4"):
        follow_modes(run, summary=summarise(run.isel(step=slice(3))))
