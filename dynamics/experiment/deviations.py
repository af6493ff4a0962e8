"""How far a run is from what the flows of modes take for granted, in numbers."""

import numpy as np
import xarray as xr

from analysis.linalg.kernels import frobenius, traceless
from analysis.measures.effective_rank import participation_ratio
from analysis.measures.moments import least_squares_predictor
from analysis.measures.off_diagonal import off_diagonal_energy
from analysis.measures.spectrum import eigenvalues
from analysis.measures.symmetry import asymmetry, symmetric_part
from dynamics.experiment.stored_flow import stored_flow

FREE = 0.05  # what is not spoken of: a flow is off by as much anyway
MANY = 50  # dimensions, from which on a mean field is right within some percent
NONE = 1e-4  # of a matrix that may be 0 or a multiple of I: below is rounding


def deviations(
    run: xr.Dataset, *, mean_field: bool, predictor_decay: float | None = None
) -> list[str]:
    r"""Return what a run has that modes have not, in a few words with numbers each.

    The numbers are of the first and of the last snapshot given; of a number that is not defined
    there, why.

    Parameters
    ----------
    run : Dataset (step, row, col)
        With `predictor` and `cross_correlation`.
    mean_field : bool
        The flow replaces norms by their means: it wants many effective dimensions, the
        participation ratio of F.
    predictor_decay : float, optional
        eta_p, of a flow that keeps :math:`e^{2 \eta_p t} \|W_p\|^2`: steps that are not small
        break that (`analysis.scale_law`), or what sees its scale. Not looked at by default; else
        the run has the coordinate `time`.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import from_arrays
    >>> W = np.array([[1.0, 0.5], [0.0, 1.0]])
    >>> deviations(from_arrays(predictor=[W, W.T @ W], cross_correlation=[np.eye(2)] * 2),
    ...            mean_field=True)
    ['W_p asymmetric (0.47, then 0.00)', 'few effective dimensions (2.0, then 2.0)']
    """
    ends = run.isel(step=[0, -1])
    W, F = ends["predictor"], symmetric_part(ends["cross_correlation"])
    off = {"W_p asymmetric": asymmetry(W), "W_p misaligned with F": off_diagonal_energy(W, F)}
    if stored_flow(run).get("predictor", {}).get("layers", 1) > 1 and _has_predictions(ends):
        fit = least_squares_predictor(ends)
        far = ((W - fit) ** 2).sum(["row", "col"]) / (fit**2).sum(["row", "col"])
        off["W_p off the least-squares predictor"] = far**0.5
    why = [_why(W.isel(step=i).values, F.isel(step=i).values) for i in (0, 1)]
    words = [_said(name, values, why) for name, values in off.items() if (values > FREE).any()]
    # Across views an estimate of F may have negative eigenvalues: that many are no dimension.
    dimensions = participation_ratio(eigenvalues(F).clip(min=0)).fillna(0.0)
    if mean_field and (dimensions < MANY).any():
        words.append(_said("few effective dimensions", dimensions, why, digits=1))
    if predictor_decay is not None:
        first, last = frobenius(W.transpose("step", "row", "col").values.astype(float)) ** 2
        lost = np.exp(-2 * predictor_decay * float(np.diff(ends["time"])[0]))
        times = last / (first * lost) if first else np.nan
        if abs(times - 1) > FREE:
            words.append(f"|W_p|^2 ends at {times:.3g} times the flow's")
    return words


def _has_predictions(run: xr.Dataset) -> bool:
    return {"prediction_correlation", "correlation"} <= set(run.variables)


def _said(name: str, values: xr.DataArray, why: list[str], *, digits: int = 2) -> str:
    pairs = zip(values.values, why, strict=True)
    first, last = (f"{v:.{digits}f}" if np.isfinite(v) else f"undefined: {w}" for v, w in pairs)
    return f"{name} ({first}, then {last})"


def _why(W: np.ndarray, F: np.ndarray) -> str:  # (row, col) each
    # No number, because:
    size = frobenius(W)
    if not size or not frobenius(F):
        return "F is 0" if size else "W_p is 0"
    if frobenius(traceless(W)) < NONE * size:
        return "W_p is a multiple of I"
    return "eigenvalues of F are too close"
