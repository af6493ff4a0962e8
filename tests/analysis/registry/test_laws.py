"""Every measure of the registry through every law: a measure without laws cannot be added."""

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import haar, matrix, spectrum

from analysis.registry.every import MEASURES

D = 5
SEEDS = st.integers(0, 2**32 - 2)
# Of each example a dozen are measured at once.
FEW = settings(max_examples=max(2, settings.default.max_examples // 12))
ALL = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def drawn(seed, size=12, d=D):
    """Arguments by name, `size` of each: W_p without structure, F and spectra without ties."""
    rng = np.random.default_rng(seed)
    s = np.cumprod(rng.uniform(0.3, 0.98, (size, d)), axis=1) * rng.uniform(0.1, 10, (size, 1))
    U = np.stack([haar(rng, d) for _ in range(size)])
    F = (U * s[:, None, :]) @ np.swapaxes(U, 1, 2)
    near = F @ F + 0.1 * rng.normal(size=(size, d, d))  # cross-view ones are not symmetric
    return {
        "predictor": rng.normal(size=(size, d, d)),
        "correlation": F,
        "cross_correlation": F + 0.02 * s[:, -1:, None] * rng.normal(size=(size, d, d)),
        "target_correlation": near,
        "values": s,
    }


def wrapped(measure, arrays, **coords):
    return [
        spectrum(arrays[name], **coords)
        if name == "values"
        else matrix(arrays[name], **coords).rename(name)
        for name in measure.takes
    ]


def measured(measure, arrays):
    size = range(len(arrays[measure.takes[0]]))
    return measure.function(*wrapped(measure, arrays, sample=size)).values


def changed(measure, arrays, change):
    """Measure W_p and F after `change`, a function of a name and its arrays."""
    return measured(measure, {name: change(name, M) for name, M in arrays.items()})


def close(got, wanted, rtol=1e-6, atol=1e-8):
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)


def differs(got, wanted):
    assert not np.isclose(got, wanted, rtol=1e-6, equal_nan=True).all(axis=-1).any()


def of_predictor(change):
    return lambda name, M: change(M) if name == "predictor" else M


@ALL
@FEW
@given(seed=SEEDS)
def test_range(measure, seed):
    values = measured(measure, drawn(seed))
    low, high = measure.ends(D)
    assert np.isfinite(values).all()
    if not np.iscomplexobj(values):
        assert low - 1e-12 <= values.min()
        assert values.max() <= high + 1e-12


@ALL
@FEW
@given(seed=SEEDS)
def test_a_rotation_of_the_features_changes_nothing_where_that_is_said(measure, seed):
    if measure.takes == ("values",):
        return
    arrays, U = drawn(seed), haar(np.random.default_rng(seed + 1), D)
    turned = changed(measure, arrays, lambda name, M: M if name == "values" else U @ M @ U.T)
    (close if measure.rotation else differs)(turned, measured(measure, arrays))


@ALL
@FEW
@given(seed=SEEDS, c=st.floats(0.01, 100))
def test_it_scales_with_its_degree(measure, seed, c):
    arrays = drawn(seed)
    before = measured(measure, arrays)
    for name, degree in measure.degree.items():
        after = changed(measure, arrays, lambda n, M, name=name: c * M if n == name else M)
        close(after, before * c**degree)


@ALL
@pytest.mark.parametrize("c", [1e-200, 1e-80, 1e80, 1e200])
def test_no_scale_is_too_small_or_too_large(measure, c):
    arrays = drawn(0)
    before = measured(measure, arrays)
    for name, degree in measure.degree.items():
        if abs(degree) < 2:  # others leave the range of float64 themselves
            after = changed(measure, arrays, lambda n, M, name=name: c * M if n == name else M)
            close(after / c**degree, before)


@ALL
@FEW
@given(seed=SEEDS)
def test_the_sign_of_the_predictor(measure, seed):
    if measure.parity is not None:
        arrays = drawn(seed)
        turned = changed(measure, arrays, of_predictor(np.negative))
        close(turned, measure.parity * measured(measure, arrays))


@ALL
@FEW
@given(seed=SEEDS)
def test_the_transpose_of_the_predictor(measure, seed):
    if "predictor" in measure.takes:
        arrays = drawn(seed)
        after = changed(measure, arrays, of_predictor(lambda W: np.swapaxes(W, 1, 2)))
        (close if measure.transposition else differs)(after, measured(measure, arrays))


@ALL
@FEW
@given(seed=SEEDS, c=st.floats(0.5, 20))
def test_a_multiple_of_the_identity_added_to_the_predictor(measure, seed, c):
    if "predictor" in measure.takes:
        arrays = drawn(seed)
        after = changed(measure, arrays, of_predictor(lambda W: W + c * np.eye(D)))
        (close if measure.shift else differs)(after, measured(measure, arrays))


@ALL
def test_the_null_level_is_what_chance_gives(measure):
    if measure.null is None:
        return
    null, rng, size, d, n = measure.null, np.random.default_rng(5), 4000, 12, 60
    s = 0.8 ** np.arange(d)
    if null.ensemble == "white":
        Z = rng.normal(size=(size, n, d))
        values = np.linalg.eigvalsh(np.swapaxes(Z, 1, 2) @ Z / n)[:, ::-1]
        got, level = measured(measure, {"values": values}), null.level(d, n)
    elif null.ensemble == "independent":
        got = measured(measure, {"predictor": rng.normal(size=(size, d, d))})
        level = null.level(d)
    else:
        W = rng.normal(size=(d, d)) + np.eye(d)
        U = np.linalg.qr(rng.normal(size=(size, d, d)))[0]
        arrays = {"predictor": U @ W @ np.swapaxes(U, 1, 2)}
        got = measured(measure, arrays | {"correlation": np.broadcast_to(np.diag(s), U.shape)})
        level = float(null.level(matrix(W), matrix(np.diag(s))))
    got = got.reshape(size, -1) ** (2 if null.root_mean_square else 1)
    level **= 2 if null.root_mean_square else 1
    error = got.mean(axis=1).std() / np.sqrt(size)
    assert abs(got.mean() - level) < 5 * error + null.within * max(abs(level), 0.1) + 1e-12


@ALL
def test_what_is_not_defined_is_nan_and_the_rest_is_what_is_said(measure):
    arrays = drawn(1)
    for name, wanted in measure.zero.items():
        after = changed(measure, arrays, lambda n, M, name=name: 0 * M if n == name else M)
        np.testing.assert_array_equal(after, wanted)


@ALL
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_snapshot_that_is_not_finite_gives_nan_there_and_nowhere_else(measure, bad):
    arrays = drawn(2, size=3)
    before = measured(measure, arrays)
    for name in measure.takes:
        broken = {n: M.copy() for n, M in arrays.items()}
        broken[name][1].flat[0] = bad
        after = measured(measure, broken)
        assert np.isnan(after[1]).all()
        np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])


@ALL
def test_dask_stays_lazy_and_leading_dims_broadcast(measure):
    given = wrapped(measure, drawn(3, size=4), step=range(4))
    lazy = measure.function(*(x.chunk(step=3) for x in given))
    assert lazy.chunks is not None
    together = measure.function(*given)
    xr.testing.assert_allclose(lazy.compute(), together)
    alone = measure.function(*(x.isel(step=2) for x in given))
    xr.testing.assert_allclose(alone, together.isel(step=2))


@ALL
@FEW
@given(seed=SEEDS)
def test_float32_gives_what_its_values_give_in_float64(measure, seed):
    single = {name: M.astype("f4") for name, M in drawn(seed).items()}
    given = wrapped(measure, single, sample=range(12))
    short = measure.function(*(x.astype("f4") for x in given)).values
    close(short, measure.function(*given).values, 1e-5, 1e-6)


@ALL
@FEW
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@given(seed=SEEDS)
def test_dead_modes_are_nan_and_the_others_what_they_are(measure, dtype, seed):
    rng = np.random.default_rng(seed)
    U, s = haar(rng, D), np.array([3.0, 2.0, 1.0, 0.0, 0.0])
    M = ((U * s) @ U.T)[None]
    matrices = ("predictor", "correlation", "cross_correlation", "target_correlation")
    given = wrapped(measure, dict.fromkeys(matrices, M) | {"values": s[None]}, step=[0])
    values = measure.function(*(x.astype(dtype) for x in given)).values[0]
    if measure.zero.get("predictor") != measure.zero.get("predictor") and values.ndim:
        assert np.isfinite(values[:3]).all()
        assert np.isnan(values[3:]).all() or np.allclose(values[3:], 0, atol=1e-6)
    if not np.iscomplexobj(values):
        low, high = measure.ends(D)
        inside = values[~np.isnan(values)]
        assert ((inside >= low - 1e-9) & (inside <= high + 1e-9)).all()


@ALL
def test_label_and_basis_come_with_the_result(measure):
    out = measure.function(*wrapped(measure, drawn(4), sample=range(12)))
    assert out.attrs["symbol"] == measure.label.symbol
    assert out.attrs["long_name"].startswith(measure.label.long_name)  # then: of which matrix
    if measure.basis:
        assert out.attrs["basis"] == measure.basis
        np.testing.assert_array_equal(out["mode"], range(1, out.sizes["mode"] + 1))


@ALL
@pytest.mark.parametrize("dtype", [complex, bool, object, str])
def test_what_is_no_real_number_is_refused(measure, dtype):
    for odd in measure.takes:
        given = wrapped(measure, drawn(4, size=1), step=[0])
        given = [
            x.astype(dtype) if n == odd else x for n, x in zip(measure.takes, given, strict=True)
        ]
        with pytest.raises(ValueError, match="real numbers"):
            measure.function(*given)


@ALL
def test_a_plain_array_is_answered_with_the_wrap(measure):
    arrays = drawn(4)
    with pytest.raises(ValueError, match="DataArray"):
        measure.function(*(arrays[name] for name in measure.takes))


@ALL
def test_other_dims_are_refused(measure):
    for odd in measure.takes:
        given = wrapped(measure, drawn(4), sample=range(12))
        given = [
            x.rename({x.dims[-1]: "other"}) if n == odd else x
            for n, x in zip(measure.takes, given, strict=True)
        ]
        with pytest.raises(ValueError, match="dims"):
            measure.function(*given)
