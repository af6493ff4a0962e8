"""Which modes a per-mode result is of: never join two of different ones.

``attrs["basis"]`` names the matrix whose eigenvectors number the modes, as the schema does:
"correlation", "cross_correlation" (for its symmetric part, too), "predictor"; and
``attrs["numbered"]`` how, where it is not by falling eigenvalue at each snapshot.
"""

import itertools

import xarray as xr

from analysis.linalg.labelled import check_real
from analysis.store.schema import MATRIX, SNAPSHOTS

UNNAMED = "a matrix without a name"
FOLLOWED = "followed to the end"
_NAMES = {variable.long_name: name for name, variable in SNAPSHOTS.items()}


def basis_of(matrix: xr.DataArray) -> str:
    """Return the name of a matrix as the schema has it, whatever it was renamed to.

    >>> cross = xr.DataArray(1.0, attrs={"long_name": "cross-view correlation"})
    >>> basis_of(cross.rename("correlation"))
    'cross_correlation'
    """
    check_real(matrix, "a matrix", MATRIX)
    known = _NAMES.get(str(matrix.attrs.get("long_name")))
    return str(matrix.attrs.get("matrix") or known or matrix.name or UNNAMED)


def check_basis(*results: xr.DataArray) -> None:
    """Raise ValueError if per-mode results are of different modes, or of different snapshots.

    Parameters
    ----------
    *results : DataArray
        What is about to be combined; what has no dim ``mode``, or a basis that is not known, fits
        all.

    Raises
    ------
    ValueError
        ``attrs["basis"]`` or ``attrs["numbered"]`` differs, or a coordinate of a shared dimension,
        or the step of two single snapshots: xarray would number the modes of one by those of the
        other, and drop the snapshots that they do not share.

    Examples
    --------
    >>> s = xr.DataArray([2.0, 1.0], dims="mode", name="s", attrs={"basis": "correlation"})
    >>> p = s.rename("p").assign_attrs(basis="predictor")
    >>> check_basis(s, p)
    Traceback (most recent call last):
    ValueError: modes are numbered differently: s by correlation, p by predictor; take one matrix
    """
    bases = [(a.name, numbered(a)) for a in results if "mode" in a.dims]
    known = dict.fromkeys(pair for pair in bases if UNNAMED not in pair[1])
    if len({basis for _, basis in known}) > 1:
        each = ", ".join(f"{name} by {basis}" for name, basis in known)
        raise ValueError(f"modes are numbered differently: {each}; take one matrix")
    for a, b in itertools.combinations(results, 2):
        shared = {*a.dims} & {*b.dims} | {"step"} & {*a.coords} & {*b.coords}
        for dim in sorted(map(str, shared)):
            # Without a coordinate nothing says which they are: then only how many.
            labelled = dim in a.coords and dim in b.coords
            if a[dim].shape != b[dim].shape or (
                labelled and (a[dim].values != b[dim].values).any()
            ):
                raise ValueError(
                    f"{a.name} and {b.name} differ along {dim!r}: {a[dim].size} and {b[dim].size} "
                    "of it, or others; select the same of both"
                )


def numbered(values: xr.DataArray) -> str:
    """Say what numbers the modes of `values`, and how."""
    parts = values.attrs.get("basis", UNNAMED), values.attrs.get("numbered")
    return ", ".join(str(part) for part in parts if part)
