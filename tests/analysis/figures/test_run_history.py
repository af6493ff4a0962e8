import json

import numpy as np
import pytest
import xarray as xr
from strategies import learning_run

from analysis import follow_modes, least_squares_predictor, summarise
from analysis.figures.run_history import history
from analysis.measures.summary import fitted_summary


@pytest.fixture(scope="module")
def run():
    run = learning_run(d=6, snapshots=9, seed=0)
    n = run.sizes["step"]
    return run.assign(mean=(("step", "row"), np.zeros((n, 6))), samples=("step", [64] * n))


def panels(figure):
    return [ax for ax in figure.axes if ax.get_subplotspec() is not None]


def test_a_panel_a_question_and_those_that_cannot_be_asked_are_left_out(run):
    m = summarise(run)
    plain = panels(history(run, m))
    few = run.assign(samples=("step", [12] * 9))
    assert len(panels(history(few, m))) == len(plain) - 1  # 6 images say nothing of 6 dimensions
    head = np.random.default_rng(0).standard_normal((9, 6, 4))
    recorded = run.assign(head=(("step", "row", "feature"), head))
    assert len(panels(history(recorded, m))) == len(plain) + 1


def test_modes_that_are_followed_already_are_not_numbered_again():
    run = learning_run(d=6, snapshots=9, seed=0)
    fresh, followed = (panels(history(run, m))[3] for m in (summarise(run), follow_modes(run)))
    for one, other in zip(fresh.lines, followed.lines, strict=True):
        np.testing.assert_array_equal(one.get_ydata(), other.get_ydata())


def test_a_single_snapshot_has_no_history(run):
    one = run.isel(step=[0])
    m = summarise(one)
    with pytest.raises(ValueError, match="two snapshots on"):
        history(one, m)


def test_a_product_is_measured_by_its_least_squares_fit_too(run):
    C = run["predictor"].values @ run["correlation"].values
    two_layers = run.assign(prediction_correlation=(("step", "row", "col"), 2 * C))
    assert fitted_summary(two_layers) is None  # W_p is linear, and is all there is
    two_layers["predictor"].attrs["kind"] = "product"
    fitted = fitted_summary(two_layers)
    assert fitted.attrs["method"] == f"{run.attrs['method']}, least squares"
    expected = summarise(run.assign(predictor=least_squares_predictor(two_layers)))
    xr.testing.assert_allclose(fitted["predictor_eigenvalue"], expected["predictor_eigenvalue"])
    ratio = fitted["predictor_eigenvalue"] / summarise(run)["predictor_eigenvalue"]
    assert float(abs(ratio.isel(mode=0) - 2).max()) < 0.05
    assert json.loads(fitted.attrs["config"])["method"] == run.attrs["method"]
