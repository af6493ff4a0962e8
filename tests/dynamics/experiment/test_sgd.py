import numpy as np
import pytest

from dynamics.experiment.sgd import descend
from dynamics.figures.isoloss import loss_trajectories
from dynamics.flows.isoloss import EIGEN_LOSSES, EigenvalueFlow
from dynamics.solvers.integrate import integrate


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


@pytest.fixture(scope="module")
def panels():
    return loss_trajectories()


def test_isoloss_figure_2_is_at_the_published_setting(panels):
    kinds = ["sample" in panel.dims for panel in panels]
    assert kinds == [*[True] * 4, *[False] * 4] * 2
    drawn = {p.attrs["loss"]: p for p in panels if "mode" in p.dims}
    of_loss = {"cosine-attached": "gradient", "euclidean-no-predictor": "as published"}
    assert {name: p["variant"].values[0] for name, p in drawn.items() if "variant" in p.dims} == (
        of_loss
    )
    spectra = {name: p.isel(variant=0, missing_dims="ignore") for name, p in drawn.items()}
    paths = {p.attrs["loss"]: p for p in panels if "sample" in p.dims}
    assert list(spectra) == list(paths) == list(EIGEN_LOSSES)
    slow = {name for name, p in spectra.items() if p.attrs["rate"] == 0.01}
    assert slow == {"euclidean", "euclidean-iso", "euclidean-attached"}
    assert {p.attrs["rate"] for p in spectra.values()} == {0.01, 0.1}
    assert {name for name, p in spectra.items() if p["step"][-1] == 100_000} == {
        "euclidean-no-predictor",
        "cosine-no-predictor",
    }
    assert {int(p["step"][-1]) for p in spectra.values()} == {1500, 100_000}
    start = spectra["cosine"].values[0]
    assert start.shape == (10,)
    assert 0.5 < start.mean() / (15 / 16) < 1.5  # W(0) = randn/4, 15 features
    for p in spectra.values():
        np.testing.assert_allclose(p.values[0], start)
    # dc/dt = 2 (1 - c) c, a logistic curve.
    curve = spectra["euclidean-iso"]
    t = 0.01 * curve["step"].values[:, None]
    expected = 1 / (1 + (1 / start - 1) * np.exp(-2 * t))
    np.testing.assert_allclose(curve, expected, rtol=1e-5)
    np.testing.assert_allclose(spectra["euclidean-no-predictor"].values[-1], start)
    trace = spectra["cosine"].sum("mode")
    np.testing.assert_allclose(trace, trace[0], rtol=1e-4)
    # The published toy, where it is not the gradient, and with the noise that augmentations have.
    grown = drawn["cosine-attached"].sum("mode").transpose("variant", "step")
    np.testing.assert_allclose(grown[0], grown[0, 0], rtol=1e-4)
    assert grown[1, -1] / grown[1, 0] == pytest.approx(32, abs=2)
    shrunk = drawn["euclidean-no-predictor"].isel(variant=1).transpose("step", "mode")
    expected = start * np.exp(-2 * 0.01 * 0.1 * shrunk["step"].values[:, None])
    seen = expected > 1e-12
    np.testing.assert_allclose(shrunk.values[seen], expected[seen], rtol=1e-4)
    assert paths["cosine"].shape == (20, 301, 2)
    assert all(np.isfinite(p).all() for p in paths.values())
    assert np.linalg.norm(paths["cosine"].isel(time=0), axis=-1).min() > 1  # the furthest out


MEAN_STEPS = {  # of W, clean online view, noise of variance 0.01 on the target's
    "euclidean": lambda P, eye: P @ (eye - P),
    "euclidean-iso": lambda P, eye: eye - P,
    "euclidean-attached": lambda P, eye: -(eye - P) @ (eye - P) - 0.01 * eye,
}


@pytest.mark.parametrize("name", MEAN_STEPS)
def test_paths_of_isoloss_figure_2_are_those_of_matrices(panels, name):
    path = next(p for p in panels if p.attrs["loss"] == name)
    rng = np.random.default_rng(0)
    W = rng.standard_normal((2, 6)) / 4
    rng.standard_normal((10, 15))
    x = rng.standard_normal((500, 6))
    x = x[np.argsort(np.linalg.norm(x @ W.T, axis=1))[-20:]]
    for _ in range(6000):  # a quarter of the published step, to come nearer to the flow
        W = W + 0.0025 * MEAN_STEPS[name](W @ W.T, np.eye(2)) @ W
    np.testing.assert_allclose(path.isel(time=-1), x @ W.T, atol=0.01)


@pytest.mark.parametrize(
    ("loss", "start", "message"),
    [("hinge", np.eye(2), "loss is 'hinge'; choose from"), ("cosine", np.ones(2), r"shape \(2,\)")],
)
def test_refusals(loss, start, message):
    with pytest.raises(ValueError, match=message):
        descend(loss, start, 1)
