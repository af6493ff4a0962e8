"""Array functions on labelled arrays: what a matrix and a spectrum must be, and what comes out."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import xarray as xr

from analysis.linalg.kernels import in_units, scaled
from analysis.store.schema import MATRIX, Variable

_T = TypeVar("_T")


def over_matrices(
    kernel: Callable[..., np.ndarray],
    *matrices: xr.DataArray,
    name: str,
    label: Variable,
    dtype: type = float,
    degrees: tuple[int, ...] | None = None,
    basis: str | None = None,
) -> xr.DataArray:
    """Apply a batched array function to matrices, whatever dimensions stand in front.

    Parameters
    ----------
    kernel : (..., d, d) float64 arrays -> (..., *label.dims)
        Leading axes broadcast. NaN must pass through; division by zero is silent.
    *matrices : DataArray (..., row, col)
        In memory, or dask arrays, which stay lazy.
    name, label
        Name and labels of the result; ``mode`` among its dims counts from 1.
    dtype : type
        Of the result.
    degrees : tuple of int, optional
        Of the result as a homogeneous function of each matrix: (0, 0) is free of scale, (1, 0) has
        the units of the first. The kernel then sees matrices of size 1. By default, as they are.
    basis : str, optional
        What numbers the modes of the result, see `basis_of`; wanted with a dim ``mode``.

    Returns
    -------
    DataArray (..., *label.dims)
        With the coordinates of the leading dimensions. ``attrs["resolution"]`` is that of the
        matrix whose units it has.

    Raises
    ------
    ValueError
        A matrix is no DataArray of real numbers, has no dims ``row, col``, is not square, or
        differs from the others in size.
    """
    for matrix in matrices:
        check_matrix(matrix)
    if len(sizes := {matrix.sizes["row"] for matrix in matrices}) > 1:
        raise ValueError(f"matrices differ in size: {sorted(sizes)}; they must act on one space")
    size = matrices[0].sizes["row"]
    if degrees is not None:
        kernel = _homogeneous(kernel, degrees, [smallest(m) for m in matrices], len(label.dims))
    out = xr.apply_ufunc(
        silent(kernel),
        *matrices,
        input_core_dims=[MATRIX] * len(matrices),
        output_core_dims=[label.dims],
        dask="parallelized",
        dask_gufunc_kwargs={
            "output_sizes": {dim: size for dim in label.dims if dim not in MATRIX},
            "allow_rechunk": True,
        },
        output_dtypes=[dtype],
        keep_attrs="override",  # for those of the coordinates: figures label their axes by them
    )
    out.attrs = dict(label.attrs)
    if degrees is not None and 1 in degrees:
        out.attrs["resolution"] = resolution(matrices[degrees.index(1)])
    if "mode" in label.dims:
        out = out.assign_coords(mode=mode_numbers(size)).assign_attrs(basis=basis)
    return out.rename(name)


def over_modes(
    kernel: Callable[[np.ndarray], np.ndarray],
    values: xr.DataArray,
    name: str,
    labels: Mapping[str, Variable],
) -> xr.DataArray:
    """Apply a scale-free array function (..., d) -> (...) to spectra, as `over_matrices` does.

    Raises
    ------
    ValueError
        `values` is no DataArray of real numbers with a dim ``mode``.
    """
    check_real(values, "a spectrum", ("mode",))
    if "mode" not in values.dims:
        raise ValueError(f"{name} takes eigenvalues, dim 'mode', and got dims {values.dims}")
    limit = smallest(values)

    def at_size_one(v: np.ndarray) -> np.ndarray:
        return kernel(scaled(v[..., None, :], limit)[0][..., 0, :])

    out = xr.apply_ufunc(
        silent(at_size_one),
        values,
        input_core_dims=[["mode"]],
        dask="parallelized",
        dask_gufunc_kwargs={"allow_rechunk": True},
        output_dtypes=[float],
        keep_attrs="override",
    )
    out.attrs = dict(labels[name].attrs)
    return out.rename(name)


def check_matrix(matrix: xr.DataArray) -> None:
    """Raise ValueError unless `matrix` is real, with dims ``row, col`` of one size."""
    check_real(matrix, "a matrix", MATRIX)
    name = matrix.name or "the matrix"
    if missing := [dim for dim in MATRIX if dim not in matrix.dims]:
        raise ValueError(f"{name} has dims {matrix.dims}; it lacks {missing}")
    if matrix.sizes["row"] != matrix.sizes["col"]:
        shape = f"{matrix.sizes['row']} x {matrix.sizes['col']}"
        raise ValueError(f"{name} is {shape}; wanted a square matrix")


def check_real(values: xr.DataArray, what: str, dims: tuple[str, ...]) -> None:
    """Raise ValueError unless `values` is a DataArray of real numbers."""
    check_labelled(values, what, dims)
    if values.dtype.kind not in "fiu":
        name = values.name or what
        raise ValueError(f"{name} has dtype {values.dtype}; wanted real numbers, float or integer")


def check_labelled(values: xr.DataArray, what: str, dims: tuple[str, ...]) -> None:
    """Raise ValueError, with the line that labels it, unless `values` is a DataArray."""
    if not isinstance(values, xr.DataArray):
        names = (("step",) if getattr(values, "ndim", 0) > len(dims) else ()) + dims
        wrap = f"xr.DataArray(values, dims={names})"
        raise ValueError(f"{what} came as {type(values).__name__}; wanted labelled: {wrap}")


def check_run(run: xr.Dataset, *needed: str) -> None:
    """Raise ValueError unless `run` is a Dataset with the variables that are needed."""
    if not isinstance(run, xr.Dataset):
        raise ValueError(
            f"the run came as {type(run).__name__}; wanted a Dataset, of `open_snapshots`, "
            "`dynamics.integrate` or `from_arrays`"
        )
    if missing := [name for name in needed if name not in run]:
        raise ValueError(f"the run lacks {missing}; it has {sorted(map(str, run.data_vars))}")


def resolution(values: xr.DataArray) -> float:
    """Return the rounding unit of the stored dtype, also of what was computed from it; else 0."""
    check_real(values, "a matrix", MATRIX)
    own = float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0.0
    return max(own, float(values.attrs.get("resolution", 0.0)))


def smallest(values: xr.DataArray) -> float:
    """Return the least number of full precision of the dtype."""
    kind = values.dtype.kind
    return float(np.finfo(values.dtype.str if kind == "f" else "f8").smallest_normal)


def mode_numbers(d: int) -> xr.DataArray:
    """Return the coordinate `mode`: 1, ..., d."""
    label = {"long_name": "mode, sorted by eigenvalue"}
    return xr.DataArray(np.arange(1, d + 1), dims="mode", attrs=label)


def silent(kernel: Callable[..., _T]) -> Callable[..., _T]:
    """Let `kernel` see float64 arrays, and give NaN for 0/0 without a warning, in any thread."""

    def apply(*arrays: np.ndarray) -> _T:
        for array in arrays:
            if array.dtype.kind not in "fiu":  # float64 would drop an imaginary part
                raise ValueError(f"dtype is {array.dtype}; wanted real numbers, float or integer")
        with np.errstate(all="ignore"):
            return kernel(*(np.asarray(array, dtype=float) for array in arrays))

    return apply


def _homogeneous(
    kernel: Callable[..., np.ndarray], degrees: tuple[int, ...], limits: list[float], dims: int
) -> Callable[..., np.ndarray]:
    # Matrices of size 1 into the kernel, and their sizes back into what it returns.
    def apply(*arrays: np.ndarray) -> np.ndarray:
        pairs = [scaled(M, limit) for M, limit in zip(arrays, limits, strict=True)]
        values = kernel(*(M for M, _ in pairs))
        if not any(degrees):
            return values
        total = sum(k * exponent for k, (_, exponent) in zip(degrees, pairs, strict=True))
        return in_units(values, np.asarray(total)[(..., *[None] * dims)])

    return apply
