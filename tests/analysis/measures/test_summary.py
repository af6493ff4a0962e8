import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from strategies import collapsed_run, haar, learning_run, run_of, write_run

import analysis
from analysis import open_snapshots, summarise
from analysis.measures.summary import fitted_summary

MEASURES = {
    "correlation_eigenvalue": lambda W, F: analysis.eigenvalues(F),
    "predictor_eigenvalue": lambda W, F: analysis.predictor_eigenvalues(W),
    "alignment": analysis.alignment,
    "alignment_null": lambda W, F: analysis.alignment_null(W),
    "alignment_excess": analysis.alignment_excess,
    "mode_commutator": analysis.mode_commutator,
    "rayleigh_quotient": analysis.rayleigh_quotient,
    "rayleigh_residual": analysis.rayleigh_residual,
    "asymmetry": lambda W, F: analysis.asymmetry(W),
    "commutator": lambda W, F: analysis.commutator(W, F, deviatoric=True),
    "commutator_null": lambda W, F: analysis.commutator_null(W, F, deviatoric=True),
    "off_diagonal_energy": analysis.off_diagonal_energy,
    "entropy_rank": lambda W, F: analysis.entropy_rank(analysis.eigenvalues(F)),
    "participation_ratio": lambda W, F: analysis.participation_ratio(analysis.eigenvalues(F)),
}


@pytest.fixture(scope="module")
def run():
    return learning_run(d=6, snapshots=9)


def test_every_measure_is_that_of_the_function_of_its_name(run):
    m = summarise(run)
    for name, measure in MEASURES.items():
        alone = measure(run.predictor, run.correlation)
        np.testing.assert_allclose(m[name], alone, atol=1e-9, err_msg=name)
    means = {"mean_alignment_excess", "weighted_alignment_excess", "live_modes"}
    assert set(m.data_vars) == MEASURES.keys() | means


def test_means_of_the_excess_are_over_defined_modes_and_weighted_by_variance():
    W = np.diag([1.0, 0.0, 0.0])  # modes 2 and 3 are dead: 0/0
    W[0, 2] = W[1, 2] = 1.0  # mode 3: W u3 = u1 + u2, cosine 0
    m = summarise(run_of([W], [np.diag([3.0, 2.0, 1.0])], [0.0]))
    a0 = 1 / 3
    np.testing.assert_allclose(m.alignment.values, [[1, np.nan, 0]], atol=1e-12)
    np.testing.assert_allclose(m.mean_alignment_excess, [(1 - a0 / (1 - a0)) / 2])
    np.testing.assert_allclose(m.weighted_alignment_excess, [(3 - a0 / (1 - a0)) / 4])
    indefinite = summarise(run_of([W], [np.diag([3.0, 2.0, -1.0])], [0.0]))
    np.testing.assert_allclose(indefinite.weighted_alignment_excess, 1)


def test_a_learning_run_aligns_and_becomes_symmetric(run):
    m = summarise(run)
    start, end = m.isel(step=0), m.isel(step=-1)
    assert float(start.asymmetry) > 1 > 0.01 > float(end.asymmetry)
    assert float(end.weighted_alignment_excess) > 0.99
    assert float(start.off_diagonal_energy) > 0.5 > 0.01 > float(end.off_diagonal_energy)
    assert float(end.commutator) < 0.01 < float(start.commutator)
    assert 2 < float(end.entropy_rank) < 3


def test_a_run_out_of_a_store_gives_the_same_chunk_by_chunk(run, tmp_path):
    stored = open_snapshots(write_run(tmp_path / "run", run))
    m = summarise(stored.chunk(step=2))
    assert all(variable.chunks is None for variable in m.variables.values())
    xr.testing.assert_allclose(m, summarise(run))


def test_coordinates_attrs_and_labels_are_kept(run):
    m = summarise(run)
    assert m.attrs == run.attrs
    for name in ("step", "epoch", "time"):
        xr.testing.assert_identical(
            m[name].drop_vars("epoch", errors="ignore"),
            run[name].drop_vars("epoch", errors="ignore"),
        )
    assert list(m["mode"].values) == [1, 2, 3, 4, 5, 6]
    for name, values in m.data_vars.items():
        assert values.attrs["long_name"], name
        assert values.attrs["symbol"], name
    assert m.correlation_eigenvalue.attrs["resolution"] == np.finfo("f4").eps


def test_several_runs_are_measured_at_once(run):
    other = learning_run(d=6, snapshots=9, seed=1)
    both = xr.concat([run, other], "seed", combine_attrs="drop_conflicts")
    m = summarise(both)
    assert m.alignment.dims == ("seed", "step", "mode")
    np.testing.assert_allclose(m.alignment[1], summarise(other).alignment, atol=1e-12)
    alone = summarise(run.isel(step=3))
    assert alone.alignment.dims == ("mode",)
    np.testing.assert_allclose(alone.alignment, m.alignment[0, 3], atol=1e-12)


def test_a_missing_matrix_gives_nan_in_what_needs_it_and_nowhere_else(run):
    broken = run.copy(deep=True)
    broken.predictor[2] = np.nan
    broken.correlation[4, 0, 0] = np.inf
    m, whole = summarise(broken), summarise(run)
    assert np.isnan(m.alignment[[2, 4]]).all()
    assert np.isnan(m.off_diagonal_energy[[2, 4]]).all()
    np.testing.assert_array_equal(np.isnan(m.entropy_rank), np.arange(9) == 4)
    np.testing.assert_array_equal(np.isnan(m.asymmetry), np.arange(9) == 2)
    xr.testing.assert_allclose(m.drop_isel(step=[2, 4]), whole.drop_isel(step=[2, 4]))


def test_collapse_is_measured_without_a_warning():
    m = summarise(collapsed_run(d=8, snapshots=6))
    np.testing.assert_allclose(m.entropy_rank[-1], 1, atol=1e-5)
    zero = summarise(run_of(np.zeros((1, 4, 4)), np.zeros((1, 4, 4)), [0]))
    assert np.isnan(zero.alignment).all()
    assert (zero.correlation_eigenvalue == 0).all()


def test_theory_correlation_may_be_indefinite_by_sampling_noise(run):
    U = haar(np.random.default_rng(0), 6)
    cross = (U * [3, 2, 1, 0.5, -0.1, -0.2]) @ U.T
    m = summarise(run_of([cross], [cross], [0.0]))
    assert np.isnan(m.entropy_rank).all()
    np.testing.assert_allclose(m.commutator, 0, atol=1e-6)


def test_summarise_refuses_what_is_no_run(run):
    with pytest.raises(ValueError, match=r"lacks \['correlation'\]; it has \['predictor'\]"):
        summarise(run[["predictor"]])
    with pytest.raises(ValueError, match="holds no snapshot"):
        summarise(run.isel(step=slice(0)))
    with pytest.raises(ValueError, match=r"correlation has dims .*; it lacks \['col'\]"):
        summarise(run.assign(correlation=run.correlation.isel(col=0)))
    with pytest.raises(ValueError, match="correlation is not symmetric"):
        summarise(run.assign(correlation=run.predictor))


def test_importing_what_measures_stays_light():
    heavy = {"matplotlib", "torch", "trainers"}
    code = f"import sys; from analysis import summarise; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_a_product_is_measured_by_the_fit_too_where_predictions_are_stored():
    run = learning_run(d=4, snapshots=3).astype(float)
    fit = np.diag([4.0, 3, 2, 1])
    run["prediction_correlation"] = run["predictor"].copy(data=fit @ run["correlation"].values)
    assert fitted_summary(run) is None  # W_p is all there is
    run["predictor"].attrs["kind"] = "product"
    assert fitted_summary(run.drop_vars("prediction_correlation")) is None
    found = fitted_summary(run)
    np.testing.assert_allclose(found["predictor_eigenvalue"], [[4, 3, 2, 1]] * 3, rtol=1e-3)
    assert found.attrs["method"] == "byol, least squares"
    run.attrs.pop("method")
    assert fitted_summary(run).attrs["method"] == "least squares"
