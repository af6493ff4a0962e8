"""What cannot be said of a run, and why: sentences that stand beside its numbers and figures."""

import numpy as np
import xarray as xr

from analysis.store.labels import basis_name
from analysis.store.schema import DIVERGED_AT

F = "correlation_eigenvalue"
W = "predictor_eigenvalue"
SYMMETRIC = 1e-6  # an asymmetry that float32 makes by itself


def caveats(m: xr.Dataset) -> list[str]:
    """Return what is missing in a summary, a sentence a reason; none for a healthy run.

    Parameters
    ----------
    m : Dataset (step, mode)
        Of `summarise`, or of `follow_modes`.

    Returns
    -------
    list of str
        That the run diverged; at which snapshots W_p or F is not finite, or 0, or F has negative
        eigenvalues, and which measures that leaves undefined; a single snapshot or mode.

    Example
    -------
    Of W_p = 0 at both of two snapshots: ``["W_p is 0 at every snapshot: no alignment, ..."]``.
    """
    name = basis_name(m[F]) or "correlation"
    s, p = (m[key].transpose("step", "mode").values for key in (F, W))
    finite = np.isfinite(s).all(axis=1), np.isfinite(p).all(axis=1)
    good = finite[0] & finite[1]
    size = np.nan_to_num(np.abs(s)).max(axis=1)
    below = s.min(axis=1) < -m[F].attrs.get("resolution", 0.0) * s.shape[1] * size
    found = [diverged] if (diverged := divergence(m)) else []
    if not good.any():
        found.append("no snapshot is finite in both W_p and F: there is nothing to compare")
    elif not good.all():
        found.append(f"W_p or F is not finite at {_where(m, ~good)}: nothing is drawn there")
    still = finite[1] & (p == 0).all(axis=1) & _at_rest(m)
    if still.any():
        found.append(f"W_p is 0 at {_where(m, still)}: no alignment, asymmetry or commutator there")
    if (zero := finite[0] & (size == 0)).any():
        found.append(f"the {name} is 0 at {_where(m, zero)}: no ranks, directions or commutator")
    if (negative := finite[0] & below).any():
        found.append(
            f"the {name} has negative eigenvalues at {_where(m, negative)}: it is no second "
            "moment; no ranks, and nothing on a logarithmic axis for these modes"
        )
    if m.sizes["step"] == 1:
        found.append("one snapshot: nothing is drawn over training")
    if m.sizes["mode"] == 1:
        found.append("one mode: any W_p shares its eigenvector")
    return found


def divergence(m: xr.Dataset) -> str:
    """Return "diverged at step 4", of a run or its summary, or "" of one that did not.

    Known from the run's ``attrs["diverged_at"]``; of a loop that does not write it, from what is
    not finite from some snapshot to the last: "not finite since step 20".
    """
    if (step := m.attrs.get(DIVERGED_AT)) is not None:
        return f"diverged at step {int(step)}"
    good = _finite(m)
    if good.all() or good[-1]:
        return ""
    return f"not finite since step {int(m['step'][last_finite(m) + 1])}"


def symmetric_words(asymmetry: xr.DataArray) -> str:
    """Return "0 at every snapshot", or since when, of a line that lies on its axis; or ""."""
    values = asymmetry.dropna("step") if "step" in asymmetry.dims else asymmetry
    above = np.flatnonzero(values.values > SYMMETRIC)
    start = int(above[-1]) + 1 if above.size else 0
    rest = values.values[start:]
    if not rest.size:
        return ""
    most = f"at most {rest.max():.0e}" if rest.any() else "0"
    return f"{most} {f'from step {int(values.step[start])} on' if start else 'at every snapshot'}"


def last_finite(m: xr.Dataset) -> int:
    """Return the index of the last snapshot that is finite in W_p and F; -1 where none is."""
    at = np.flatnonzero(_finite(m))
    return int(at[-1]) if at.size else -1


def _finite(m: xr.Dataset) -> np.ndarray:
    # At each snapshot, of a summary or a part of it.
    there = [m[key] for key in (F, W) if key in m and "step" in m[key].dims]
    good = [np.isfinite(values.transpose("step", "mode").values).all(axis=1) for values in there]
    return np.all(good, axis=0) if good else np.ones(1, bool)


def _at_rest(m: xr.Dataset) -> np.ndarray:
    # An antisymmetric W_p has eigenvalues 0 in its symmetric part, and is not 0.
    return np.asarray(~np.isfinite(m["asymmetry"]))


def _where(m: xr.Dataset, at: np.ndarray) -> str:
    if at.all():
        return "every snapshot"
    steps = m["step"].values[at]
    first = f"step {steps[0]}" if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"
    return f"{len(steps)} of {len(at)} snapshots, {first}"
