import numpy as np
import pytest
import xarray as xr
from strategies import correlation

from analysis.measures.balance import balance, balance_gap


def test_the_balance_takes_the_side_of_the_predictor_that_theorem_1_says():
    rng = np.random.default_rng(0)
    Wp, b = rng.standard_normal((3, 3)), rng.standard_normal(3)
    gram = Wp.T @ Wp / 2 - np.outer(b, b)
    w, V = np.linalg.eigh(gram + 20 * np.eye(3))
    head = V * np.sqrt(w)
    run = xr.Dataset({"predictor": correlation(Wp), "head": (("row", "feature"), head)})
    run["head_bias"] = "row", b
    G = head @ head.T + np.outer(b, b)
    gap = np.linalg.norm(G - Wp.T @ Wp / 2) / np.linalg.norm(G)
    assert float(balance_gap(run, alpha_p=2.0)) == pytest.approx(gap)
    exact = run.assign(head=(("row", "feature"), Wp.T / np.sqrt(2))).drop_vars("head_bias")
    assert float(balance_gap(exact, alpha_p=2.0)) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match=r"lacks \['head'\]"):
        balance_gap(run.drop_vars("head"))


def test_the_gap_of_many_snapshots_is_that_of_each_and_of_the_balance():
    rng = np.random.default_rng(1)
    W, head = rng.standard_normal((4, 3, 3)), rng.standard_normal((4, 3, 5))
    run = xr.Dataset(
        {"predictor": correlation(W, "step"), "head": (("step", "row", "feature"), head)}
    )
    gap = balance_gap(run, alpha_p=0.5)
    norms = np.linalg.norm(balance(run, alpha_p=0.5), axis=(1, 2))
    np.testing.assert_allclose(gap, norms / np.linalg.norm(head @ head.swapaxes(1, 2), axis=(1, 2)))
    lazy = balance_gap(run.chunk(step=3, row=2), alpha_p=0.5)
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy, gap)
