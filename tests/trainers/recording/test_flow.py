"""What a stranger's optimiser tells the theory, and what it does not."""

import json

import pytest
import torch
from torch import nn

from analysis import open_snapshots
from dynamics import FlowParameters, compare
from dynamics.commands.main import main
from trainers import Recorder

D = 3


def record(run, predictor, optimiser, *, scheduled=False, **options):
    torch.manual_seed(1)
    encoder = nn.Linear(5, D, bias=False)
    groups = [
        {"params": predictor.parameters(), "lr": 0.2, "weight_decay": 0.03},
        {"params": encoder.parameters()},
    ]
    sgd = optimiser(groups)
    schedule = torch.optim.lr_scheduler.LinearLR(sgd, 0.1) if scheduled else None
    with Recorder(run, predictor, optimizer=sgd, every=2, **options) as recorder:
        for _ in range(8):
            x = torch.randn(16, 5)
            z = [encoder(x + 0.1 * torch.randn_like(x)) for _ in range(2)]
            q = [predictor(one) for one in z]
            loss = sum((q[i] - z[1 - i].detach()).square().sum(1).mean() for i in (0, 1)) / 4
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            recorder.step(loss=loss)
            if schedule:
                schedule.step()
    return open_snapshots(run)


def sgd(groups):
    return torch.optim.SGD(groups, lr=0.1, momentum=0.5, weight_decay=0.01)


def test_the_flow_is_that_of_the_groups(tmp_path):
    run = record(tmp_path / "run", nn.Linear(D, D, bias=False), sgd, loss_factor=2.0)
    found = FlowParameters.from_run(run)
    wanted = FlowParameters.from_optimiser(
        lr=0.1, momentum=0.5, decay=0.01, predictor_lr=0.2, predictor_decay=0.03, factor=2.0
    )
    assert found == wanted
    assert (found.dt, found.alpha_p) == pytest.approx((0.4, 2.0))


def test_rates_under_a_scheduler_are_its_base(tmp_path):
    run = record(tmp_path / "run", nn.Linear(D, D), sgd, scheduled=True)
    known = json.loads(run.attrs["flow_parameters"])["optimiser"]
    assert (known["lr"], known["predictor_lr"], known["schedule"]) == (0.1, 0.2, "scheduled")
    said = compare(run).attrs["not_in_the_flow"]
    assert "scheduled learning rates" in said
    assert "bias in the predictor" in said


def test_compare_says_what_the_store_does_not(tmp_path, capsys):
    record(tmp_path / "run", nn.Linear(D, D, bias=False), sgd)
    assert main(["compare", str(tmp_path / "run"), "--out", str(tmp_path / "f.png")]) in (None, 0)
    assert (tmp_path / "f.png").exists()
    output = capsys.readouterr()
    assert "what the store does not say (loss, target, encoder)" in output.out + output.err


def test_what_is_given_beside_is_known(tmp_path):
    flow = {"loss": {"kind": "cosine"}, "target": {"ema": 0.9}, "encoder": {"linear": True}}
    run = record(tmp_path / "run", nn.Linear(D, D, bias=False), sgd, flow=flow)
    assert FlowParameters.from_run(run).beta == pytest.approx(0.1 / 0.2)
    said = compare(run).attrs
    assert "does not say" not in said["not_in_the_flow"]
    assert "CosineFlow" in said["flow"]


def test_two_layers_and_what_is_no_chain(tmp_path):
    two = nn.Sequential(nn.Linear(D, 7), nn.ReLU(), nn.Linear(7, D))
    run = record(tmp_path / "two", two, sgd)
    assert "predictor of 2 layers" in compare(run).attrs["not_in_the_flow"]
    run = record(tmp_path / "odd", Residual(), sgd)
    assert "(loss, target, encoder, predictor)" in compare(run).attrs["not_in_the_flow"]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(D, D)

    def forward(self, z):
        return z + self.layer(z)


def test_adam_tells_nothing_of_a_flow(tmp_path):
    run = record(tmp_path / "run", nn.Linear(D, D), torch.optim.Adam)
    assert "flow_parameters" not in run.attrs
    with pytest.raises(ValueError, match=r"lacks.*time"):
        compare(run)


@pytest.mark.parametrize("flow", ["cosine", {"loss": "cosine"}, {"loss": {"kind": nn.ReLU}}])
def test_a_flow_of_another_form_is_refused(tmp_path, flow):
    with pytest.raises(ValueError, match="flow "):
        Recorder(tmp_path / "run", nn.Linear(D, D), flow=flow)
