import pytest
import torch
from learners import config_of, learned, unlearned, views

from trainers import Direct, StopGradient


def after(predictor, step, z1, z2):
    predictor.after_step(step, (z1, z2), (z2, z1))


def test_the_running_correlation_starts_at_the_first_batch_and_forgets_by_rho():
    predictor = Direct(rho=0.25).build(2)
    assert predictor.running_correlation.isnan().all()
    z = torch.tensor([[1.0, 0.0]])
    after(predictor, 1, z, z)
    torch.testing.assert_close(predictor.running_correlation, torch.tensor([[1.0, 0], [0, 0]]))
    # Rows are views: (0, 2) and (0, 0) have the mean outer product diag(0, 2).
    after(predictor, 2, torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
    expected = torch.tensor([[0.25, 0.0], [0.0, 0.75 * 2]])
    torch.testing.assert_close(predictor.running_correlation, expected)
    torch.testing.assert_close(predictor.matrix(), predictor.rule.solve(expected))


@pytest.mark.parametrize(
    ("every", "first", "due"),
    [
        (1, None, [1, 2, 3, 4, 5, 6, 7]),
        (1, 1, [1, 2, 3, 4, 5, 6, 7]),
        (3, None, [3, 6]),
        (3, 3, [3, 6]),
        (3, 1, [1, 4, 7]),  # DirectPred's code counts from 0: at its iterations 0, 3, 6
        (3, 2, [2, 5]),
    ],
)
def test_the_predictor_is_set_at_due_steps_and_only_then(every, first, due):
    torch.manual_seed(0)
    predictor = Direct(every=every, first=first).build(4)
    for step in range(1, 8):
        before = predictor.matrix().clone()
        after(predictor, step, torch.randn(9, 4), torch.randn(9, 4))
        solved = predictor.rule.solve(predictor.running_correlation)
        expected = solved if step in due else before
        torch.testing.assert_close(predictor.matrix(), expected)
        assert torch.equal(predictor.matrix(), before) == (step not in due)


def test_the_optimiser_trains_a_direct_predictor_only_between_sets():
    assert not Direct(every=1).build(3).matrix().requires_grad
    assert Direct(every=2).build(3).matrix().requires_grad


def test_centred_subtracts_the_running_mean_of_both_views():
    predictor = Direct(centred=True, rho=0.5).build(1)
    after(predictor, 1, torch.tensor([[2.0]]), torch.tensor([[4.0]]))  # mean 3, square mean 10
    torch.testing.assert_close(predictor.running_correlation, torch.tensor([[1.0]]))
    after(predictor, 2, torch.tensor([[1.0]]), torch.tensor([[1.0]]))  # mean 1, square mean 1
    expected = torch.tensor([[(10 + 1) / 2 - ((3 + 1) / 2) ** 2]])
    torch.testing.assert_close(predictor.running_correlation, expected)


@pytest.mark.parametrize("rho", [0.3, 0.998])
@pytest.mark.parametrize("views", ["same", "cross"])
@pytest.mark.parametrize("offset", [1.0, 1e2, 1e4])
def test_a_mean_that_outweighs_the_spread_takes_nothing_from_the_covariance(rho, views, offset):
    # Standard deviations from 1 down to 0.1, on a mean of 1 to 10^4 that drifts.
    generator = torch.Generator().manual_seed(0)
    spread = torch.logspace(0, -1, 6, dtype=torch.float64)
    predictor = Direct(centred=True, rho=rho, views=views, normalise="none").build(6)
    M = m = None
    for step in range(1, 60):
        shared, one, two = torch.randn(3, 64, 6, generator=generator, dtype=torch.float64)
        base = offset * (1 + 1e-5 * step) + spread * shared
        z1, z2 = ((base + 0.3 * spread * x).float() for x in (one, two))
        after(predictor, step, z1, z2)
        z = torch.stack([z1, z2]).double()  # the same numbers, differences of squares in float64
        new = torch.einsum("vni,vnj->ij", z, z) / 128
        if views == "cross":
            across = z[0].mT @ z[1] / 64
            new = (across + across.mT) / 2
        mean = z.mean((0, 1))
        M = new if step == 1 else rho * M + (1 - rho) * new
        m = mean if step == 1 else rho * m + (1 - rho) * mean
    expected = M - torch.outer(m, m)
    s = torch.linalg.eigvalsh(expected)
    found = torch.linalg.eigvalsh(predictor.running_correlation.double())
    # The reference in float64 leaves 1e-16 * 10^8 here, or a little more.
    torch.testing.assert_close(found, s, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close((predictor.mean + predictor.rest).double(), m, rtol=1e-7, atol=0)


def test_a_constant_has_no_covariance_however_large_it_is():
    z = torch.full((64, 3), 12345.678)
    predictor = Direct(centred=True, rho=0.9).build(3)
    for step in range(1, 5):
        after(predictor, step, z, z)
    assert predictor.running_correlation.abs().max() == 0
    torch.testing.assert_close(predictor.matrix(), 0.1 * torch.eye(3))


def test_moments_of_an_older_checkpoint_are_put_about_their_mean():
    z = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    for centred in (False, True):
        new, old = Direct(centred=centred).build(2), Direct(centred=centred).build(2)
        after(new, 1, z, z)
        state = {"linear.weight": new.matrix(), "moments": (z.mT @ z / 2)[None], "mean": z.mean(0)}
        old.load_state_dict(state)
        torch.testing.assert_close(old.running_correlation, new.running_correlation)
        for predictor in (old, new):
            after(predictor, 2, 2 * z, 2 * z)
        torch.testing.assert_close(old.running_correlation, new.running_correlation)


def test_across_views_the_symmetric_part_counts():
    predictor = Direct(views="cross").build(2)
    z1, z2 = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 4.0], [9.0, 9.0]])
    after(predictor, 1, z1, z2)  # E[z1 z2^T] has one entry, 4/2 above the diagonal
    expected = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    torch.testing.assert_close(predictor.running_correlation, expected)


def test_between_sets_the_optimiser_moves_the_predictor():
    config = config_of("directpred-every5", "--predictor.every 3")
    learner = unlearned(config)
    for step in range(1, 7):
        before = learner.predictor.matrix().clone()
        learner.learn(step, *views(step))
        after = learner.predictor.matrix()
        closed = config.method.predictor.solve(learner.predictor.running_correlation)
        assert not torch.equal(after, before)
        assert torch.allclose(after, closed, atol=1e-6) == (step % 3 == 1)


@pytest.mark.parametrize("name", ["directpred-own", "directcopy-own"])
def test_a_rule_sets_w_p_without_an_ema_too_at_every_due_step(name):
    config = config_of(name)
    assert config.method.target == StopGradient()
    learner = unlearned(config)
    for step in range(1, 5):
        learner.learn(step, *views(step))
        F = learner.predictor.running_correlation
        torch.testing.assert_close(learner.predictor.matrix(), config.method.predictor.solve(F))


def test_the_correlation_may_be_centred_or_across_views():
    F = {
        flags: learned(config_of("directpred", flags)).predictor.running_correlation
        for flags in ("", "--predictor.centred yes", "--predictor.views cross")
    }
    trace = {flags: matrix.trace().item() for flags, matrix in F.items()}
    assert trace["--predictor.centred yes"] < trace[""]
    assert trace["--predictor.views cross"] < trace[""]
    for matrix in F.values():
        torch.testing.assert_close(matrix, matrix.mT)
