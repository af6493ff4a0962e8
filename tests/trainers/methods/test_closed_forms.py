import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from learners import config_of, learned

from trainers import Direct
from trainers.methods.closed_forms import NORMALISATIONS

F_DIAGONAL = torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64))


def after(predictor, step, z1, z2):
    predictor.after_step(step, (z1, z2), (z2, z1))


@pytest.mark.parametrize(
    ("normalise", "power", "expected"),
    [
        ("paper", 0.5, [1 + 0.4, 2 + 0.4]),  # sqrt s + eps max s
        ("max", 0.5, [0.5 + 0.1, 1 + 0.1]),
        ("max-inside", 0.5, [np.sqrt(0.35), np.sqrt(1.1)]),
        ("frobenius", 0.5, [17**-0.25 + 0.1, 2 * 17**-0.25 + 0.1]),
        ("none", 0.5, [1.1, 2.1]),
        ("frobenius", 1.0, [1 / np.sqrt(17) + 0.1, 4 / np.sqrt(17) + 0.1]),
        ("none", 1.0, [1.1, 4.1]),
        ("max", 1.0, [0.25 + 0.1, 1 + 0.1]),
        ("none", 2.0, [1.1, 16.1]),
    ],
)
def test_each_formula_by_hand(normalise, power, expected):
    W = Direct(power=power, eps=0.1, normalise=normalise).solve(F_DIAGONAL)
    np.testing.assert_allclose(W, np.diag(expected), atol=1e-12)


def test_the_code_of_directpred_has_a_floor():
    W = Direct(eps=0.0, normalise="max").solve(torch.diag(torch.tensor([0.0, 4.0])))
    np.testing.assert_allclose(W, np.diag([1e-4, 1]), atol=1e-7)


@given(
    seed=st.integers(0, 1000),
    d=st.integers(1, 6),
    normalise=st.sampled_from(sorted(NORMALISATIONS)),
    power=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_the_solution_turns_with_the_correlation(seed, d, normalise, power):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(3 * d, d, generator=generator, dtype=torch.float64)
    Q, _ = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))
    F, rule = z.mT @ z, Direct(normalise=normalise, power=power)
    W = rule.solve(F)
    torch.testing.assert_close(W, W.mT)
    torch.testing.assert_close(rule.solve(Q @ F @ Q.mT), Q @ W @ Q.mT)
    torch.testing.assert_close(F @ W, W @ F)


def test_the_offset_is_taken_from_the_eigenvalues_and_cut_at_zero():
    rule = Direct(eps=0.0, normalise="none", offset=1.5)  # sqrt(max(s - c, 0)): Table 7
    np.testing.assert_allclose(rule.solve(F_DIAGONAL), np.diag([0, np.sqrt(2.5)]), atol=1e-12)
    rule = Direct(power=1, eps=0.0, normalise="none", offset=1.5)
    np.testing.assert_allclose(rule.solve(F_DIAGONAL), np.diag([0, 2.5]), atol=1e-12)


def p_of(s, power, eps, normalise):
    """Return the docstring's p(s) of one mode after the other, s cut already."""
    top, norm = max(s), sum(x * x for x in s) ** 0.5
    of = {
        "paper": lambda x: x**power + eps * top,
        "max": lambda x: max((x / top) ** power + eps, 1e-4),
        "max-inside": lambda x: (x / top + eps) ** power,
        "frobenius": lambda x: (x / norm) ** power + eps,
        "none": lambda x: x**power + eps,
    }[normalise]
    return [of(x) for x in s]


def reference(rule, batches):
    """Return W_p after the batches, from plain float64 moments of rows, and its eigenvalues."""
    M = m = None
    for z1, z2 in batches:
        z1, z2 = (np.asarray(z, dtype=float) for z in (z1, z2))
        if rule.views == "same":
            new = sum(np.einsum("ni,nj->ij", z, z) for z in (z1, z2)) / (2 * len(z1))
        else:
            new = np.einsum("ni,nj->ij", z1, z2) / len(z1)
        mean = (z1.mean(0) + z2.mean(0)) / 2
        M = new if M is None else rule.rho * M + (1 - rule.rho) * new
        m = mean if m is None else rule.rho * m + (1 - rule.rho) * mean
    F = (M + M.T) / 2 - (np.outer(m, m) if rule.centred else 0)
    s, U = np.linalg.eigh(F)
    p = p_of(list(np.maximum(s - rule.offset, 0)), rule.power, rule.eps, rule.normalise)
    return sum(x * np.outer(u, u) for x, u in zip(p, U.T, strict=True)), p


@pytest.mark.parametrize("normalise", NORMALISATIONS)
@pytest.mark.parametrize("views", ["same", "cross"])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_a_trained_w_p_is_that_of_numpy_and_not_below_its_floor(normalise, views, centred, power):
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(3, 40, 5, generator=generator)
    noise = torch.randn(3, 2, 40, 5, generator=generator)
    # Views that share little: F across views has eigenvalues below 0.
    batches = [(0.1 * x + a + 2, 0.1 * x + b + 2) for x, (a, b) in zip(shared, noise, strict=True)]
    for offset in (0.0, 0.05):
        settings = {"normalise": normalise, "views": views, "centred": centred, "offset": offset}
        rule = Direct(power=power, eps=0.1, rho=0.4, **settings)
        predictor = rule.build(5)
        for step, batch in enumerate(batches, 1):
            after(predictor, step, *batch)
        expected, p = reference(rule, batches)
        top = max(p)
        # A root takes a rounding of 1e-7 in s to 3e-4 in p, of modes that are cut or nearly so.
        near = {"atol": 2e-3 * top if power == 0.5 else 1e-5 * top, "rtol": 1e-5}
        np.testing.assert_allclose(predictor.matrix().numpy(), expected, **near)
        floor = {"paper": 0.1 * top / 1.3, "max-inside": 0.1**power}.get(normalise, 0.1)
        found = np.linalg.eigvalsh(predictor.matrix().double().numpy())
        if normalise != "paper":
            assert found[0] > floor - 1e-6 * top
        if views == "cross" and centred:
            assert np.isclose(found[0], min(p), atol=1e-6 * top)  # something was cut


@pytest.mark.parametrize("normalise", NORMALISATIONS)
@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_power_1_cuts_below_0_where_it_needs_no_eigenvectors_above(normalise, size):
    F = size * torch.tensor([[0.0, 2.0], [2.0, 3.0]], dtype=torch.float64)  # eigenvalues -1 and 4
    W = Direct(power=1, eps=0.1, normalise=normalise).solve(F)
    p = {"paper": (0.4 * size, 4.4 * size), "none": (0.1, 4 * size + 0.1)}
    low, high = p.get(normalise, (0.1, 1.1))
    np.testing.assert_allclose(np.linalg.eigvalsh(W), [low, high], rtol=1e-12, atol=1e-14 * high)
    torch.testing.assert_close(F @ W, W @ F)


SCALED = [name for name in NORMALISATIONS if name not in ("paper", "none")]


@pytest.mark.parametrize("normalise", SCALED)
@given(
    seed=st.integers(0, 1000),
    power=st.sampled_from([0.5, 1.0, 2.0]),
    scale=st.floats(-30, 30).map(lambda e: 10**e),
    views=st.sampled_from(["same", "cross"]),
)
def test_the_scale_of_features_does_not_matter_to_a_normalised_rule(
    normalise, seed, power, scale, views
):
    z1, z2 = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(seed))
    rule = Direct(normalise=normalise, power=power, views=views)
    F = rule.moments((z1, z2), (z1, z2))[0]
    torch.testing.assert_close(rule.solve(scale * F), rule.solve(F), atol=2e-3, rtol=1e-3)
    wide = F.double()
    W, scaled = rule.solve(wide), rule.solve(scale**6 * wide)  # to 1e-180 and 1e180
    torch.testing.assert_close(scaled, W, atol=1e-7, rtol=1e-7)


@pytest.mark.parametrize("normalise", NORMALISATIONS)
@pytest.mark.parametrize("size", [1e-38, 1e-30, 1e-20, 1e20, 1e30, 1e38])
def test_w_p_is_right_at_every_size_that_float32_has(normalise, size):
    s = [0.25 * size, size]
    for power in (0.5, 1.0):
        W = Direct(power=power, eps=0.1, normalise=normalise).solve(torch.diag(torch.tensor(s)))
        np.testing.assert_allclose(W, np.diag(p_of(s, power, 0.1, normalise)), rtol=1e-5)


def test_a_w_p_beyond_float32_is_refused():
    with pytest.raises(
        FloatingPointError, match=r"W_p has an entry of 1e\+40, beyond torch.float32"
    ):
        Direct(power=2, normalise="none").solve(1e20 * torch.eye(2))
    predictor = Direct(every=2).build(2)
    lost = torch.tensor([[1.0, torch.nan]])
    after(predictor, 1, lost, lost)
    with pytest.raises(FloatingPointError, match="moments of the features are not finite"):
        after(predictor, 2, lost, lost)


@pytest.mark.parametrize("views", ["same", "cross"])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("power", [0.5, 1.0])
@pytest.mark.parametrize(
    ("normalise", "expected"),
    [("paper", 0.0), ("max", 0.2), ("frobenius", 0.2), ("none", 0.2), ("max-inside", None)],
)
def test_features_that_are_all_0_have_the_p_of_a_mode_at_0(
    views, centred, power, normalise, expected
):
    settings = {"views": views, "centred": centred, "power": power, "normalise": normalise}
    predictor = Direct(eps=0.2, **settings).build(3)
    after(predictor, 1, torch.zeros(5, 3), torch.zeros(5, 3))
    p = 0.2**power if expected is None else expected
    torch.testing.assert_close(predictor.matrix(), p * torch.eye(3))


def test_views_that_share_nothing_have_the_p_of_a_mode_at_0():
    F = -torch.eye(2)
    for normalise, p in (("max", 0.1), ("frobenius", 0.1), ("max-inside", 0.1**0.5)):
        W = Direct(eps=0.1, normalise=normalise, views="cross").solve(F)
        torch.testing.assert_close(W, p * torch.eye(2))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Direct(power=0), "predictor power is 0; it must be above 0"),
        (lambda: Direct(eps=-1), "predictor eps is -1; it must be at least 0"),
        (lambda: Direct(rho=1), r"predictor rho is 1; it must lie in \[0, 1\)"),
        (lambda: Direct(every=0), "predictor every is 0; it must be at least 1"),
        (lambda: Direct(normalise="frobenus"), "did you mean 'frobenius'"),
        (lambda: Direct(views="both"), "predictor views 'both' is not known"),
        (lambda: Direct(first=2), "predictor first is 2; it must lie in 1 to every, 1"),
        (lambda: Direct(every=5, first=0), "predictor first is 0; it must be at least 1"),
    ],
)
def test_values_out_of_range_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("name", ["directpred", "directcopy"])
def test_w_p_of_directpred_and_directcopy_after_steps_of_learning_by_hand(name):
    learner = learned(config_of(name))
    s, U = np.linalg.eigh(learner.predictor.running_correlation.numpy().astype(float))
    p = {
        "directpred": np.maximum(np.sqrt(s.clip(0) / s.max()) + 0.1, 1e-4),
        "directcopy": s / np.sqrt((s**2).sum()) + 0.3,
    }[name]
    np.testing.assert_allclose(learner.predictor.matrix(), (U * p) @ U.T, atol=1e-5)
