"""Wrong arguments of measures, verdicts and figures."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import analysis
import analysis.figures
from analysis.figures.run_overview import draw_run
from analysis.measures.accuracy import read_accuracies

A = np.diag([2.0, 1.0, 0.5])


def matrix(values, *front, **named):
    return xr.DataArray(values, dims=(*front, "row", "col"), **named)


W, F = matrix(A, name="predictor"), matrix(A, name="correlation")
S = xr.DataArray([3.0, 1.0, 0.5], dims="mode", name="s")
RUN = xr.Dataset({"predictor": W, "correlation": F}).expand_dims(step=[0, 1])
SUMMARY = analysis.summarise(RUN.assign_coords(epoch=("step", [0.0, 1.0])))


def files():
    """Make them in the working directory."""
    Path("file").write_bytes(b"")
    Path("other.csv").write_text("a,b\n1,2\n")
    Path("empty.csv").write_text("")
    Path("binary.csv").write_bytes(bytes(range(256)))


NAMES = {name: getattr(analysis, name) for name in analysis.__all__}
NAMES |= vars(analysis.figures) | {"draw_run": draw_run, "read_accuracies": read_accuracies}
NAMES |= {
    **{"np": np, "xr": xr, "A": A, "W": W, "F": F, "S": S, "RUN": RUN, "M": SUMMARY},
    **{"matrix": matrix, "Figure": Figure, "Z": np.random.default_rng(0).normal(size=(40, 3))},
    **{"nan": float("nan"), "inf": float("inf")},
}
PAIRS = [
    *("alignment", "alignment_excess", "off_diagonal_energy", "commutator", "commutator_null"),
    *("mode_commutator", "rayleigh_quotient", "rayleigh_residual", "alignment_rate"),
    "mode_alignment_rate",
]
ALONE = [
    *("alignment_null", "asymmetry", "henrici_departure", "definiteness", "imaginary_energy"),
    *("raw_off_diagonal", "eigenvector_condition", "predictor_eigenvalues", "eigenvalues"),
    *("complex_eigenvalues", "symmetric_part", "antisymmetric_part"),
]
SPECTRA = ["entropy_rank", "participation_ratio", "stable_rank", "surviving_modes"]
WRAP = "xr.DataArray("
CASES = {
    **{f"{name}(A, A)": WRAP for name in PAIRS},
    **{f"{name}(W, A)": WRAP for name in PAIRS},
    **{f"{name}(A)": WRAP for name in ALONE},
    **{f"{name}(A[0])": WRAP for name in SPECTRA},
    "alignment(W, None)": WRAP,
    "alignment(W.values.tolist(), F)": WRAP,
    "alignment(RUN, RUN)": "came as Dataset",
    "alignment('predictor', 'correlation')": "came as str",
    "alignment(W.rename(row='out'), F)": "lacks ['row']",
    "alignment(W, matrix(A[:2]))": "2 x 3",
    "alignment(W, matrix(A[:2, :2]))": "differ in size",
    "alignment(W.astype(complex), F)": "complex128",
    "alignment(W.astype(bool), F)": "bool",
    "alignment(W.astype(object), F)": "object",
    "alignment(W.astype(str), F)": "<U",
    "alignment(W, matrix(A + np.tri(3)))": "not symmetric",
    "alignment_rate(W, F, k='1')": "k is '1'",
    "alignment_rate(W, F, eta=nan)": "eta is nan",
    "alignment_rate(W, F, tau=None)": "tau is None",
    "alignment_rate(W, F, alpha_p=1j)": "alpha_p is 1j",
    "mode_alignment_rate(W, F, k='1')": "k is '1'",
    "mode_alignment_rate(W, F, tau=[1, 2])": "tau is [1, 2]",
    "mode_alignment_rate(W, F, eta=inf)": "eta is inf",
    "mode_alignment_rate(W, F, k=2.0, correlation=F)": "k and correlation",
    "noise_ratio(A, F)": WRAP,
    "target_scale(F, A)": WRAP,
    "critical_decay(F, A)": WRAP,
    "balance(A)": "run",
    "balance(RUN)": "head",
    "balance_gap(RUN.assign(head=W.rename(col='feature')), alpha_p=0)": "alpha_p",
    "centred(F, np.ones(3))": "xr.DataArray(",
    "centred(F, xr.DataArray(np.ones(4), dims='row'))": "mean has",
    "least_squares_predictor(RUN)": "lacks ['prediction_correlation']",
    "least_squares_predictor(RUN.assign(prediction_correlation=F), ridge=-1)": "ridge is -1",
    "least_squares_predictor(RUN.assign(prediction_correlation=F), ridge='a')": "ridge is 'a'",
    "least_squares_predictor(RUN.assign(prediction_correlation=F), ridge=nan)": "ridge is nan",
    "asymmetry(W, norm='l2')": "'l2'",
    "asymmetry(W, norm=2)": "2",
    "subspace_overlap(W, F, k=0)": "k is 0",
    "subspace_overlap(W, F, k=4)": "k is 4",
    "subspace_overlap(W, F, k=1.5)": "k is 1.5",
    "subspace_overlap(W, F, k='1')": "k is '1'",
    "subspace_overlap(A, F, k=1)": WRAP,
    "principal_angles(W, F, k=-1)": "k is -1",
    "principal_angles(W, F, k=None)": "k is None",
    "spectral_gaps(A[0])": WRAP,
    "spectral_gaps(S, tolerance=1)": "tolerance is 1",
    "spectral_gaps(S, tolerance='a')": "tolerance is 'a'",
    "spectral_gaps(S[::-1])": "values rise",
    "entropy_rank(W)": "dim 'mode'",
    "entropy_rank(-S)": "not of a positive semi-definite",
    "participation_ratio(S.astype(complex))": "complex128",
    "effective_samples('many')": "n is 'many'",
    "effective_samples(100, rho=1)": "rho",
    "effective_samples(100, rho='0')": "rho is '0'",
    "effective_samples(100, views=0)": "views",
    "noise_edges(0, 10)": "d",
    "noise_edges(1.5, 10)": "d is 1.5",
    "noise_edges(3, '10')": "n is '10'",
    "noise_edges(3, nan)": "n",
    "noise_edges(3, 10, variance=-1)": "variance",
    "modes_above_noise(S, 2)": "2 rows for 3 dimensions",
    "modes_above_noise(S, 'many')": "samples is 'many'",
    "modes_above_noise(S, None)": "samples is None",
    "modes_above_noise(S, nan)": "nan rows",
    "modes_above_noise(A[0], 10)": WRAP,
    "modes_above_noise(S, 100, error_rate=0)": "error_rate",
    "modes_above_noise(S, 100, error_rate='1%')": "error_rate is '1%'",
    "noise_level(W, 100)": "dim 'mode'",
    "eigenvalue_errors(S, 1)": "rows",
    "eigenvalue_errors(S, 'a')": "samples is 'a'",
    "largest_noise_eigenvalue(0, 10)": "d",
    "largest_noise_eigenvalue(3, 10, error_rate=2)": "error_rate",
    "largest_share(3, 'a')": "n is 'a'",
    "stable_rank_null(3, 0)": "n",
    "tracy_widom_tail('a')": "x is 'a'",
    "tracy_widom_quantile(0)": "error_rate",
    "tracy_widom_quantile('a')": "error_rate is 'a'",
    "rankme(Z[0])": "features have shape",
    "rankme(None)": "features",
    "rankme('Z')": "features",
    "rankme(Z * nan)": "features",
    "rankme(Z[:0])": "features have shape",
    "rankme([[1.0], [1.0, 2.0]])": "features",
    "alpha_req(Z, modes=(1, 2))": "modes are 1 to 2",
    "alpha_req(Z, modes=3)": "modes is 3",
    "alpha_req(Z, modes=('a', 'b'))": "modes is ('a', 'b')",
    "alpha_req(Z, weights='linear')": "weights",
    "alpha_req(Z, weights=None)": "weights",
    "lidar(Z)": "features have shape",
    "lidar(Z.reshape(20, 2, 3), delta=-1)": "delta",
    "lidar(Z.reshape(20, 2, 3), delta='a')": "delta is 'a'",
    "collapse_signs(Z * 0)": "40 of them 0",
    "bootstrap_eigenvalues(Z, resamples=1)": "resamples",
    "bootstrap_eigenvalues(Z, resamples='a')": "resamples is 'a'",
    "bootstrap_eigenvalues(Z, confidence=1)": "confidence",
    "bootstrap_eigenvalues(Z, confidence='a')": "confidence is 'a'",
    "bootstrap_eigenvalues(Z, seed=-1)": "seed is -1",
    "bootstrap_eigenvalues(Z, seed='a')": "seed is 'a'",
    "bootstrap_alignment(A[:2], Z)": "predictor has shape",
    "bootstrap_alignment(A * nan, Z)": "predictor",
    "fit_power_law(A[0], A[0])": WRAP,
    "fit_power_law(S, S, confidence=2)": "confidence is 2",
    "fit_power_law(S, S, confidence='a')": "confidence is 'a'",
    "fit_power_law(S, S, floor='a')": "floor is 'a'",
    "fit_power_law(S, S[:2])": "differ",
    "summarise(A)": "came as ndarray",
    "summarise(None)": "came as NoneType",
    "summarise(W)": "came as DataArray",
    "summarise('runs/a')": "open_snapshots",
    "summarise(xr.Dataset())": "lacks ['predictor', 'correlation']",
    "summarise(RUN.isel(step=[]))": "no snapshot",
    "follow_modes(A)": "came as ndarray",
    "follow_modes(RUN, tolerance=1)": "tolerance is 1",
    "follow_modes(RUN, tolerance='a')": "tolerance is 'a'",
    "collapse(A)": "came as ndarray",
    "collapse(RUN, error_rate=0)": "error_rate",
    "collapse(RUN, error_rate='a')": "error_rate is 'a'",
    "collapse_course(None)": "came as NoneType",
    "overview(A)": "came as ndarray",
    "overview('runs/a')": "open_snapshots",
    "history(RUN, A)": "came as ndarray",
    "comparison([])": "run",
    "comparison(None)": "runs",
    "comparison([A])": "came as ndarray",
    "draw_run(None)": "run is None",
    "draw_run('no')": "no snapshot store at no",
    "plot_spectrum(A[0])": WRAP,
    "plot_spectrum(S.expand_dims(step=2), curves=0)": "curves is 0",
    "plot_alignment(A)": "came as ndarray",
    "plot_alignment(RUN)": "alignment",
    "plot_asymmetry(M, x='time')": "'time'",
    "plot_commutator(M, x=3)": "3",
    "plot_map(A)": WRAP,
    "plot_map(M['alignment'], scale='cubic')": "'cubic'",
    "plot_modes(M, 'nothing')": "'nothing'",
    "plot_modes(M, modes=0)": "modes is 0",
    "plot_modes(M, modes='a')": "modes is 'a'",
    "plot_ranks(RUN)": "entropy_rank",
    "plot_band(A)": WRAP,
    "plot_pairing(A[0], A[0])": WRAP,
    "plot_noise(A[0], 10)": WRAP,
    "plot_noise(S, 'a')": "samples is 'a'",
    "plot_bootstrap(A)": "came as ndarray",
    "save_figure(Figure(), None)": "path is None",
    "save_figure(Figure(), '')": "path is ''",
    "save_figure(Figure(), 'file/a.png')": "file",
    "save_figure(3, 'a.png')": "figure is 3",
    "read_accuracies([])": "no",
    "read_accuracies(None)": "runs is None",
    "read_accuracies('other.csv')": "runs is 'other.csv'",
    "read_accuracies(['other.csv'])": "other.csv has columns",
    "read_accuracies(['empty.csv'])": "empty.csv",
    "read_accuracies(['binary.csv'])": "binary.csv",
    "read_accuracies(['no.csv'])": "no.csv",
}
