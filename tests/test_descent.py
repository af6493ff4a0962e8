import numpy as np
import pytest

from dynamics.descent import descend
from dynamics.gallery import FIGURES
from dynamics.integrate import integrate
from dynamics.isoloss import EigenvalueFlow


@pytest.mark.parametrize(
    "loss", ["euclidean", "euclidean-iso", "euclidean-attached", "euclidean-no-predictor"]
)
def test_sgd_on_a_linear_layer_follows_the_eigenvalue_flow(loss):
    c = np.array([1.8, 0.9, 0.4])
    start = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0][:3]
    run = descend(loss, np.sqrt(c)[:, None] * start, 400, batch=2048)
    flow = EigenvalueFlow(loss=loss, sigma2=0.01)
    theory = integrate(flow, (c,), run["time"].values)["correlation_eigenvalue"].values
    W = run["encoder"].values
    values = np.linalg.eigvalsh(W @ W.swapaxes(1, 2))[:, ::-1]
    np.testing.assert_allclose(values, theory, atol=0.03)
    assert abs(theory[-1] - theory[0]).max() > 0.1  # something happened
    # The batch's own F has the noise in it.
    np.testing.assert_allclose(run["correlation_eigenvalue"][0], 1.01 * c, rtol=0.15)


def test_a_relu_that_silences_all_stands_still():
    start = np.zeros((2, 3))
    run = descend("cosine", start, 3, relu=True)
    assert not run["encoder"].any()
    assert np.isfinite(run["correlation_eigenvalue"]).all()


def test_seeds_differ_and_one_seed_does_not():
    start = np.eye(2, 4)
    one, same, other = (descend("cosine", start, 5, seed=s)["encoder"] for s in (0, 0, 1))
    assert one.equals(same)
    assert not one.equals(other)


def test_isoloss_figure_2_has_trajectories_over_eigenvalues():
    panels = FIGURES["iso2"](steps=30)
    kinds = ["sample" in panel.dims for panel in panels]
    assert kinds == [*[True] * 4, *[False] * 4] * 2
    assert [p.attrs["loss"] for p in panels[:4]] == [p.attrs["loss"] for p in panels[4:8]]
    norms = np.linalg.norm(panels[0].isel(time=0), axis=-1)
    assert norms.min() > 1  # the 20 of 500 that start furthest out


@pytest.mark.parametrize(
    ("loss", "start", "message"),
    [("hinge", np.eye(2), "loss is 'hinge'; choose from"), ("cosine", np.ones(2), r"shape \(2,\)")],
)
def test_refusals(loss, start, message):
    with pytest.raises(ValueError, match=message):
        descend(loss, start, 1)
