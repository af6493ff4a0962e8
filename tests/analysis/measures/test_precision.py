"""What is below the rounding of the stored data is NaN, and the size of the data is no matter."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import generators, haar, learning_run, matrix, run_of, write_run

import analysis
from analysis import (
    alignment,
    alignment_excess,
    balance_gap,
    commutator,
    least_squares_predictor,
    off_diagonal_energy,
    open_snapshots,
    rayleigh_quotient,
    rayleigh_residual,
    summarise,
    symmetric_part,
)
from analysis.measures.normality import henrici_departure
from analysis.store.schema import MATRIX

DTYPES = pytest.mark.parametrize("dtype", ["f4", "f8"])
RANK, D = 20, 64


def of_rank(rng, fall):
    """F of rank 20 of 64, its eigenvalues falling by 10^fall."""
    s = np.where(np.arange(D) < RANK, 10 ** (-fall * np.arange(D) / RANK), 0.0)
    return haar(rng, D), s


@DTYPES
@pytest.mark.parametrize("power", [0.5, 1])
@settings(max_examples=8)
@given(rng=generators(), fall=st.floats(0, 3))
def test_modes_that_are_rounding_have_no_alignment(dtype, power, rng, fall):
    U, s = of_rank(rng, fall)
    W = matrix((U * s**power) @ U.T / 7).astype(dtype)  # DirectCopy and DirectPred without eps
    F = matrix((U * s) @ U.T).astype(dtype)
    for predictor, sign in ((W, 1), (-W, -1)):
        a = alignment(predictor, F)
        np.testing.assert_allclose(a[:RANK], sign, atol=1e-5)
        assert np.isnan(a[RANK:]).all()
    m = summarise(xr.Dataset({"predictor": W, "correlation": F}))
    assert float(m.live_modes) == RANK
    for name in ("mean_alignment_excess", "weighted_alignment_excess"):
        assert float(m[name]) == pytest.approx(1, abs=1e-5)
    assert float(m.off_diagonal_energy) < 1e-9


def test_the_dtype_is_known_after_a_cast(tmp_path):
    rng = np.random.default_rng(0)
    U, s = of_rank(rng, 2)
    M = (U * s) @ U.T
    run = open_snapshots(write_run(tmp_path / "run", run_of([M], [M], [0.0])))
    cast = run.astype(float)
    part = {name: symmetric_part(run[name]) for name in ("predictor", "correlation")}
    for same in (cast, cast.map(symmetric_part), run.assign(part)):
        m = summarise(same).isel(step=0)
        assert float(m.live_modes) == RANK
        assert float(m.mean_alignment_excess) == pytest.approx(1, abs=1e-6)
        for name in ("correlation_eigenvalue", "predictor_eigenvalue", "rayleigh_quotient"):
            assert m[name].attrs["resolution"] == np.finfo("f4").eps


@DTYPES
def test_what_is_any_direction_of_a_space_is_nan(dtype):
    U = haar(np.random.default_rng(1), 5)
    F = matrix((U * [3.0, 2, 2, 1e-11, 0]) @ U.T).astype(dtype)

    def turned(*p):
        return matrix((U * p) @ U.T).astype(dtype)

    for measure in (alignment, rayleigh_quotient, rayleigh_residual):
        assert np.isfinite(measure(turned(5, 4, 4, 1, 1), F)).all()
        known = [True, False, False, dtype == "f8", dtype == "f8"]
        np.testing.assert_array_equal(np.isfinite(measure(turned(5, 4, 2, 1, -1), F)), known)
        known = [True, True, True, dtype == "f8", dtype == "f8"]
        np.testing.assert_array_equal(np.isfinite(measure(turned(5, 4, 4, 2, -1), F)), known)
    np.testing.assert_allclose(off_diagonal_energy(turned(5, 4, 4, 1, 1), F), 0, atol=1e-9)
    assert np.isnan(off_diagonal_energy(turned(5, 4, 2, 1, 1), F))


@given(other=st.floats(-2, 0.7))
def test_an_alignment_is_hidden_whichever_way_a_space_was_cut(other):
    # F is c I: in some of the directions the first two derivatives of an alignment vanish.
    angle = np.linspace(0, np.pi, 2001)
    c, s = np.cos(angle), np.sin(angle)
    U = np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)
    W = (U * [1, other]) @ U.swapaxes(-1, -2)
    W = xr.DataArray(W, dims=("step", *MATRIX))
    assert np.isnan(alignment(W, matrix(np.diag([2.0, 2.0])))).all()


def test_a_residual_that_the_cut_of_a_space_decides_is_hidden():
    # u_1 goes to 5 u_1 + u_3 and u_2 to 5 u_2: p is 5 on the whole plane, the residual 0 to 1.
    W, F = 5 * np.eye(3), matrix(np.diag([2.0, 2, 1]))
    W[2, 0], W[0, 2] = 1, -1
    np.testing.assert_allclose(rayleigh_quotient(matrix(W), F), 5)
    np.testing.assert_array_equal(np.isnan(rayleigh_residual(matrix(W), F)), [True, True, False])
    apart = matrix(np.diag([2.0, 1.9, 1]))
    np.testing.assert_allclose(rayleigh_residual(matrix(W), apart), [1, 0, 1], atol=1e-12)


@given(rng=generators(), small=st.floats(1e-9, 1e-3))
def test_small_angles_are_measured_to_all_digits(rng, small):
    # W_p turned by the angle against F in one plane: the parts of 1 and 2 that are off are known.
    c, s = np.cos(small), np.sin(small)
    F, W = np.diag([2.0, 1.0]), np.array([[2 - s * s, s * c], [s * c, 1 + s * s]])
    U = haar(rng, 2)
    W, F = matrix(W), matrix(F)
    np.testing.assert_allclose(rayleigh_residual(W, F), s * c, rtol=1e-12)
    np.testing.assert_allclose(off_diagonal_energy(W, F), 4 * (s * c) ** 2, rtol=1e-12)
    np.testing.assert_allclose(commutator(W, F, deviatoric=True), 2 * s * c, rtol=1e-12)
    triangle = matrix(U @ np.array([[2, small], [0, 1]]) @ U.T)
    np.testing.assert_allclose(
        henrici_departure(triangle), small / np.hypot(small, np.sqrt(5)), rtol=2e-15 / small
    )


@given(rng=generators(), size=st.floats(1e-7, 1e-2))
def test_an_excess_does_not_depend_on_how_near_the_identity_is(rng, size):
    # W_p = I + size M: 1 - a_j and 1 - a_0 are both of size^2, and their ratio stays what it is.
    M, U, s = rng.normal(size=(6, 6)), haar(rng, 6), np.arange(6, 0, -1.0)
    F = matrix((U * s) @ U.T)
    deviatoric = M - np.trace(M) / 6 * np.eye(6)
    r = np.linalg.norm([(M @ u) - u * (u @ M @ u) for u in U.T], axis=1)
    expected = 1 - 6 * r**2 / np.linalg.norm(deviatoric) ** 2
    got = alignment_excess(matrix(np.eye(6) + size * M), F)
    np.testing.assert_allclose(got, expected, atol=20 * size + 1e-11 / size)


SIZES = pytest.mark.parametrize("c", [2.0**-660, 1e-200, 1e-80, 1e80, 1e200])


@SIZES
def test_the_size_of_a_run_changes_only_what_has_units(c):
    run = learning_run(d=6, snapshots=4).astype(float)
    m = summarise(run)
    of = {
        "predictor": ("predictor_eigenvalue", "rayleigh_quotient", "rayleigh_residual"),
        "correlation": ("correlation_eigenvalue",),
    }
    for name, own in of.items():
        sized = summarise(run.assign({name: c * run[name]}))
        for key, values in m.data_vars.items():
            factor = c if key in own else 1.0
            np.testing.assert_allclose(sized[key] / factor, values, rtol=1e-6, err_msg=key)


@SIZES
def test_the_size_of_moments_changes_no_ratio_of_them(c):
    run = learning_run(d=6, snapshots=2, seed=3).astype(float)
    F, W = run.correlation, run.predictor
    cross, target = 0.5 * F + 0.1 * W, 0.3 * F
    ratios = {
        "noise_ratio": (F, cross),
        "target_scale": (cross, target),
        "critical_decay": (F, cross, target),
    }
    for name, matrices in ratios.items():
        measure = getattr(analysis, name)
        np.testing.assert_allclose(measure(*(c * M for M in matrices)), measure(*matrices))
    moments = xr.Dataset(
        {"correlation": F, "prediction_correlation": F.copy(data=W.values @ F.values)}
    )
    np.testing.assert_allclose(least_squares_predictor(c * moments), W, atol=1e-9)
    layer = xr.Dataset({"predictor": W, "head": W.rename(col="feature"), "head_bias": W[..., 0]})
    np.testing.assert_allclose(balance_gap(c * layer), balance_gap(layer))


@pytest.mark.parametrize("name", ["predictor", "correlation"])
def test_a_matrix_without_digits_is_nan_and_never_a_number(name):
    run = learning_run(d=5, snapshots=3).astype(float)
    m = summarise(run)
    for exponent in (-1021, -1030, -1045, -1060, -1073):
        tiny = summarise(run.assign({name: np.ldexp(run[name], exponent)}))
        for key in ("alignment", "alignment_excess", "mode_commutator", "commutator"):
            got, wanted = tiny[key].values, m[key].values
            known = np.isfinite(got)
            np.testing.assert_allclose(got[known], wanted[known], atol=1e-6, err_msg=key)
            assert exponent > -1025 or not known.any()


@pytest.mark.parametrize("dtype", [complex, bool, object, str])
def test_what_is_no_real_number_is_refused_in_one_line(dtype):
    F = matrix(np.eye(3))
    odd, vector = F.astype(dtype), F[0].drop_vars([]).astype(dtype)
    run = xr.Dataset({"correlation": F, "prediction_correlation": odd, "predictor": odd})
    spectrum = odd.isel(row=0, drop=True).rename(col="mode")
    calls = [
        lambda: symmetric_part(odd),
        lambda: analysis.antisymmetric_part(odd),
        lambda: analysis.noise_ratio(F, odd),
        lambda: analysis.noise_ratio(odd, F),
        lambda: analysis.target_scale(F, odd),
        lambda: analysis.critical_decay(F, F, odd),
        lambda: analysis.alignment_rate(odd, F),
        lambda: analysis.mode_alignment_rate(odd, F),
        lambda: analysis.centred(F, vector.rename(col="row")),
        lambda: least_squares_predictor(run),
        lambda: summarise(run),
        lambda: balance_gap(xr.Dataset({"predictor": F, "head": odd.rename(col="feature")})),
        lambda: analysis.rankme(odd.values),
        lambda: analysis.alpha_req(odd.values),
        lambda: analysis.lidar(odd.values[None]),
        lambda: analysis.collapse_signs(odd.values),
        lambda: analysis.bootstrap_eigenvalues(odd.values),
        lambda: analysis.bootstrap_alignment(odd.values, F.values),
        lambda: analysis.eigenvalue_errors(spectrum, 9.0),
        lambda: analysis.noise_level(spectrum, 9.0),
        lambda: analysis.modes_above_noise(spectrum, 9.0),
        lambda: analysis.spectral_gaps(spectrum),
        lambda: analysis.fit_power_law(spectrum, spectrum),
        lambda: analysis.collapse(run.assign(mean=vector.rename(col="row"), correlation=F)),
        lambda: analysis.follow_modes(run.expand_dims(step=[0])),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="real numbers"):
            call()


def test_a_plain_array_is_answered_with_how_to_wrap_it():
    F = np.eye(3)
    wrap = r"xr\.DataArray\(values, dims=\((\.\.\., )?'row', 'col'\)\)"
    for call in (
        lambda: alignment(F, F),
        lambda: analysis.noise_ratio(F, F),
        lambda: symmetric_part(F),
        lambda: analysis.mode_alignment_rate(F, F),
    ):
        with pytest.raises(ValueError, match=wrap):
            call()
    assert matrix(F).dims == MATRIX


@settings(max_examples=10)
@given(rng=generators())
def test_near_equal_eigenvalues_leave_what_is_right_to_a_hundredth_and_nothing_else(rng):
    """Pairs of F at distances of 1e-7 to 1e-3 in float32: their eigenvectors are known in part."""
    d = 12
    gaps = np.repeat(np.logspace(-7, -3, d // 2), 2) * np.tile([0, 1], d // 2)
    s = np.repeat(np.arange(d // 2, 0, -1.0), 2) * (1 + gaps[::-1])
    U, W = haar(rng, d), rng.normal(size=(d, d)).astype("f4")
    F = ((U * s) @ U.T).astype("f4")

    def cosines(U):
        image = W.astype(float) @ U
        return (U * image).sum(axis=0) / np.linalg.norm(image, axis=0)

    shown = alignment(matrix(W).astype("f4"), matrix(F).astype("f4"))
    known = np.isfinite(shown.values)
    np.testing.assert_allclose(shown[known], cosines(U)[known], atol=0.01)
    as_stored = cosines(np.linalg.eigh(F.astype(float))[1][:, ::-1])
    assert not known[np.abs(as_stored - cosines(U)) > 0.01].any()
    assert 3 <= known.sum() < d
