"""A loss free of the scale of W_p leaves its norm to decay and to the length of steps."""

import json

import numpy as np
import pytest
import xarray as xr
from descents import STEPS, descend
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import generators

from analysis import norm_recursion, scale_law
from analysis.store.schema import FLOW


@settings(max_examples=12)
@given(
    rng=generators(),
    momentum=st.sampled_from([0.0, 0.5, 0.9]),
    decay=st.sampled_from([0.0, 0.05]),
    decoupled=st.booleans(),
)
def test_the_recursion_is_exact_where_the_loss_is_free_of_the_scale(
    rng, momentum, decay, decoupled
):
    law = scale_law(descend(rng, momentum=momentum, decay=decay, decoupled=decoupled))
    assert law.step.values.tolist() == list(range(0, STEPS + 1, 10))
    np.testing.assert_allclose(law["left_over"], 0, atol=1e-10)
    assert law["excess"][-1] > 1e-3  # steps go outwards
    sources = law["squared_norm"].sel(step=0)
    np.testing.assert_allclose(sources, sources[0])


def test_without_momentum_the_average_is_the_recursion_to_first_order_and_a_flow_is_the_decay():
    law = scale_law(descend(np.random.default_rng(0), momentum=0.0, decay=1e-3, decoupled=False))
    averaged, exact = (law["squared_norm"].sel(source=name) for name in ("averaged", "recursion"))
    np.testing.assert_allclose(averaged, exact, rtol=1e-4)
    alone = law["squared_norm"].sel(source="exponential")
    run = descend(np.random.default_rng(0), momentum=0.0, decay=1e-3, decoupled=False)
    time = np.append(0, run["metrics/predictor_learning_rate"].values.cumsum())[alone["step"]]
    start = (run["predictor"].values[0] ** 2).sum()
    np.testing.assert_allclose(alone, start * np.exp(-2 * 1e-3 * time))


def test_a_loss_that_knows_the_scale_leaves_something_over():
    law = scale_law(
        descend(np.random.default_rng(0), momentum=0.9, decay=0.0, decoupled=False, free=False)
    )
    assert abs(law["left_over"][-1]) > 0.1


def test_recursion_by_hand():
    # mu = 1/2, lambda = 1/2, a = 4, b = 0: b+ = 2, a' = 4 - 2 + 1 = 3, b' = 2 - 1/2 * 4 = 0;
    # then b+ = 1.5, a' = 3 - 1.5 + 1/4 * 2 = 2.
    got = norm_recursion(4.0, np.full(2, 0.5), np.array([4.0, 2.0]), momentum=0.5, decay=0.5)
    np.testing.assert_allclose(got, [3, 2])


def test_the_law_of_a_head_is_of_its_own_norms_rate_and_decay():
    run = descend(np.random.default_rng(3), momentum=0.5, decay=0.2, decoupled=True)
    snapshots, metrics = run.to_dataset(), run["metrics"].to_dataset(inherit=False)
    flow = json.loads(snapshots.attrs[FLOW])
    own = {"lr": flow["optimiser"].pop("predictor_lr")}
    own["decay"] = flow["optimiser"].pop("predictor_decay")
    names = {str(name): str(name).replace("predictor", "head") for name in metrics.data_vars}
    head = snapshots.rename(predictor="head", col="feature")
    tree = {
        "/": head.assign_attrs({FLOW: json.dumps(flow | {"head": own})}),
        "/metrics": metrics.rename(names),
    }
    law = scale_law(xr.DataTree.from_dict(tree), "head")
    xr.testing.assert_equal(law.drop_attrs(), scale_law(run).drop_attrs())
    assert law.attrs["layer"] == "head"


@pytest.mark.parametrize("flow", ["x", "[1]", "{}", '{"optimiser": {"momentum": 0.9}}'])
def test_a_store_that_does_not_say_its_optimiser_is_refused(flow):
    run = descend(np.random.default_rng(0))
    said = {"/": run.to_dataset().assign_attrs({FLOW: flow}), "/metrics": run["metrics"]}
    with pytest.raises(ValueError, match=f"lacks .* or {FLOW}"):
        scale_law(xr.DataTree.from_dict(said))


def test_runs_without_norms_or_without_their_start_are_refused():
    run = descend(np.random.default_rng(0), momentum=0.9, decay=0.0, decoupled=False)
    with pytest.raises(ValueError, match="the run lacks predictor_grad_norm"):
        scale_law(xr.DataTree(run.to_dataset()))
    with pytest.raises(ValueError, match="the run lacks head_grad_norm"):
        scale_law(run, "head")
    with pytest.raises(ValueError, match=r"layer 'W_p'.*predictor"):
        scale_law(run, "W_p")
    late = {
        "/": run.to_dataset().isel(step=slice(1, None)),
        "/metrics": run["metrics"].to_dataset(inherit=False),
    }
    with pytest.raises(ValueError, match="a snapshot at step 0"):
        scale_law(xr.DataTree.from_dict(late))
    with pytest.raises(ValueError, match=r"rates \(2,\) and buffers \(1,\)"):
        norm_recursion(1.0, np.ones(2), np.ones(1))
    for momentum in (-0.1, 1.5):
        with pytest.raises(ValueError, match=f"momentum is {momentum}"):
            norm_recursion(1.0, np.ones(2), np.ones(2), momentum=momentum)
