"""The laws that a measure states, tried on random matrices."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from analysis.registry.measure import Measure
from analysis.store.schema import MATRIX

D, SIZE = 5, 6
Arrays = dict[str, np.ndarray]


def broken_law(measure: Measure) -> str:
    """Return the first law of its own that a measure breaks, in words; "" where all hold.

    Range, degrees, zeros, rotation, sign, transpose, shift, and that what is not finite is NaN;
    not the null level.

    Parameters
    ----------
    measure : Measure
    """
    try:
        return next(_broken(measure), "")
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        return f"it ends in {type(error).__name__}: {error}"


def _broken(measure: Measure) -> Iterator[str]:
    arrays = _drawn(measure)
    before = _measured(measure, arrays)
    low, high = measure.ends(D)
    if not np.isfinite(before).all():
        yield "it is not finite for matrices of full rank"
    if not np.iscomplexobj(before) and (before.min() < low - 1e-9 or before.max() > high + 1e-9):
        yield f"span is {measure.span}, and it is in [{before.min():.3g}, {before.max():.3g}]"
    for name, degree in measure.degree.items():
        if not _close(_measured(measure, arrays | {name: 3 * arrays[name]}), before * 3.0**degree):
            yield f"degree is {degree} in {name}, and it does not scale so"
    for name, value in measure.zero.items():
        zero = _measured(measure, arrays | {name: 0 * arrays[name]})
        if not _close(zero, np.full(before.shape, value)):
            yield f"zero is {value} in {name}, and it is {zero.flat[0]:.3g} there"
    for name in measure.takes:
        bad = arrays[name].copy()
        bad[1].flat[0] = np.nan
        after = _measured(measure, arrays | {name: bad})
        if not np.isnan(after[1]).all() or not _close(after[[0, 2]], before[[0, 2]]):
            yield f"a snapshot whose {name} is not finite is to be NaN, and no other"
    if "values" not in measure.takes:
        U = np.linalg.qr(np.random.default_rng(1).normal(size=(D, D)))[0]
        turned = _measured(measure, {name: U @ M @ U.T for name, M in arrays.items()})
        yield from _said("rotation", measure.rotation, _close(turned, before))
    if "predictor" in measure.takes:
        yield from _of_predictor(measure, arrays, before)


def _of_predictor(measure: Measure, arrays: Arrays, before: np.ndarray) -> Iterator[str]:
    W = arrays["predictor"]
    changes = {"transposition": W.swapaxes(1, 2), "shift": W + 2 * np.eye(D)}
    for law, changed in changes.items():
        same = _close(_measured(measure, arrays | {"predictor": changed}), before)
        yield from _said(law, getattr(measure, law), same)
    if measure.parity is not None and not _close(
        _measured(measure, arrays | {"predictor": -W}), measure.parity * before
    ):
        yield f"parity is {measure.parity}, and -W_p does not give that"


def _said(law: str, said: bool, found: bool) -> Iterator[str]:
    if said != found:
        yield f"{law} is {said}, and {law} {'changes nothing' if found else 'changes it'}"


def _measured(measure: Measure, arrays: Arrays) -> np.ndarray:
    size = {"sample": range(SIZE)}
    given = [
        xr.DataArray(arrays[name], size, ("sample", *dims), name=name)
        for name in measure.takes
        for dims in [("mode",) if name == "values" else MATRIX]
    ]
    return np.asarray(measure.function(*given).transpose("sample", *measure.label.dims))


def _drawn(measure: Measure) -> Arrays:
    # W_p without structure, correlations of positive spectra near each other.
    rng = np.random.default_rng(0)
    s = np.cumprod(rng.uniform(0.3, 0.9, (SIZE, D)), axis=1)
    U = np.linalg.qr(rng.normal(size=(SIZE, D, D)))[0]
    F = (U * s[:, None]) @ U.swapaxes(1, 2)
    known = {"values": s, "predictor": rng.normal(size=(SIZE, D, D)), "correlation": F}
    cross = {
        name: F + 0.02 * s[:, -1:, None] * rng.normal(size=F.shape)
        for name in measure.takes
        if name not in known
    }
    if "running_correlation" in cross:  # of one view, as F
        cross["running_correlation"] = F @ F + 0.1 * F
    return {name: (known | cross)[name] for name in measure.takes}


def _close(got: np.ndarray, wanted: np.ndarray) -> bool:
    return np.allclose(got, wanted, rtol=1e-6, atol=1e-9, equal_nan=True)
