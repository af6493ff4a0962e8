"""What a number is of, in words: labels follow the matrix that was measured, not the variable."""

import xarray as xr

from analysis.store.schema import SNAPSHOTS, Variable

SYMMETRISED = "symmetrised"


def matrix_name(matrix: xr.DataArray) -> str:
    """Return what a matrix is called: its ``long_name``, or else its name, or else "matrix".

    >>> matrix_name(xr.DataArray(1.0, attrs={"long_name": "cross-view correlation"}))
    'cross-view correlation'
    """
    name = str(matrix.name or "matrix")
    return str(matrix.attrs.get("long_name", name))


def spectrum_attrs(label: Variable, matrix: xr.DataArray) -> dict[str, str]:
    """Return the labels of the eigenvalues of `matrix`, with the matrix in them.

    >>> F = xr.DataArray(1.0, attrs={"long_name": "same-view correlation"})
    >>> spectrum_attrs(Variable("eigenvalue", ("mode",), "$s_j$"), F)["long_name"]
    'eigenvalue of the same-view correlation'
    """
    name = f"{label.long_name} {of_the(matrix_name(matrix))}"
    return label.attrs | {"long_name": name}


def symmetrised_attrs(label: Variable, matrix: xr.DataArray) -> dict[str, str]:
    """Return the labels of the symmetric part of `matrix`: what is symmetric says of what."""
    if "long_name" not in matrix.attrs:
        return label.attrs
    name = matrix_name(matrix).removeprefix(f"{SYMMETRISED} ")
    return label.attrs | {"long_name": f"{SYMMETRISED} {name}"}


def of_the(name: str) -> str:
    """Return "of the correlation", and without the article what is a symbol."""
    return f"of {name}" if "$" in name else f"of the {name}"


def basis_name(values: xr.DataArray) -> str:
    """Return the matrix whose eigenvectors number the modes, in words; "" where nothing says it."""
    basis = str(values.attrs.get("basis", ""))
    return SNAPSHOTS[basis].long_name if basis in SNAPSHOTS else basis
