"""Lightning's Trainer, and lightly's own heads and losses, under the recorder."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from analysis import collapse, open_snapshots

lightning = pytest.importorskip("lightning.pytorch", reason="pip install eigenspace[lightning]")
pytestmark = pytest.mark.filterwarnings("ignore")  # theirs, and not ours to mend

N, D = 16, 8


class Net(lightning.LightningModule):
    def __init__(self, head=None):
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Linear(6, D)
        self.prediction_head = head or nn.Linear(D, D)

    def training_step(self, batch, _):
        z = [self.encoder(batch + shift) for shift in (0.1, -0.1)]
        q = [self.prediction_head(one) for one in z]
        return sum((q[i] - z[1 - i].detach()).square().mean() for i in (0, 1))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(run, net, *, epochs=2, ckpt=None, **options):
    from trainers.recording.lightning import RecorderCallback

    data = torch.utils.data.DataLoader(
        torch.randn(6 * N, 6, generator=torch.Generator().manual_seed(1)), batch_size=N
    )
    callback = RecorderCallback(run, "prediction_head", every=3)
    trainer = lightning.Trainer(
        max_epochs=epochs, callbacks=[callback], accelerator="cpu", logger=False,
        enable_progress_bar=False, enable_model_summary=False,
        enable_checkpointing=False, **options,
    )  # fmt: skip
    trainer.fit(net, data, ckpt_path=ckpt)
    return trainer


def test_every_step_of_the_trainer_is_a_step_of_the_run(tmp_path):
    net = Net()
    fit(tmp_path / "run", net)
    ds = open_snapshots(tmp_path / "run")
    assert ds["step"].values.tolist() == [1, 3, 6, 9, 12]
    assert ds["samples"].values.tolist() == [2 * N, 4 * N, 6 * N, 6 * N, 6 * N]
    np.testing.assert_allclose(ds["epoch"], ds["step"] / 6)
    np.testing.assert_allclose(ds["time"], 0.1 * ds["step"])
    np.testing.assert_array_equal(ds["predictor"][-1], net.prediction_head.weight.detach())
    assert ds.attrs["method"] == "Net"
    metrics = open_snapshots(tmp_path / "run", "metrics")
    assert metrics["loss"].values[0] > metrics["loss"].values[-1] > 0


def test_an_accumulated_gradient_is_one_step(tmp_path):
    fit(tmp_path / "run", Net(), accumulate_grad_batches=2)
    ds = open_snapshots(tmp_path / "run")
    assert ds["step"].values.tolist() == [1, 3, 6]
    assert ds["samples"].values.tolist() == [4 * N, 8 * N, 12 * N]


def test_a_checkpoint_of_lightning_continues_the_run(tmp_path):
    fit(tmp_path / "whole", Net(), epochs=4)
    trainer = fit(tmp_path / "cut", Net(), epochs=2)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    fit(tmp_path / "cut", Net(), epochs=4, ckpt=tmp_path / "last.ckpt")
    whole, cut = (open_snapshots(tmp_path / name).load() for name in ("whole", "cut"))
    for name in whole.variables:
        np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)


def test_a_part_that_is_not_there(tmp_path):
    net = Net()
    net.prediction_head = None
    with pytest.raises(ValueError, match="Net has no part 'prediction_head'; it has encoder"):
        fit(tmp_path / "run", net)


@pytest.mark.parametrize("method", ["byol", "simsiam"])
def test_heads_and_losses_of_lightly(tmp_path, method):
    heads = pytest.importorskip("lightly.models.modules")
    from lightly.loss import NegativeCosineSimilarity

    from trainers import Recorder

    torch.manual_seed(0)
    if method == "byol":
        projector, predictor = (
            heads.BYOLProjectionHead(6, 16, D),
            heads.BYOLPredictionHead(D, 16, D),
        )
    else:
        projector = heads.SimSiamProjectionHead(6, 16, D)
        predictor = heads.SimSiamPredictionHead(D, 4, D)
    target = copy.deepcopy(projector) if method == "byol" else None
    distance = NegativeCosineSimilarity()
    sgd = torch.optim.SGD([*projector.parameters(), *predictor.parameters()], lr=0.1, momentum=0.9)
    with Recorder(
        tmp_path / "run", predictor, optimizer=sgd, targets=target, steps_per_epoch=10,
        attrs={"method": method, "data": "noise"},
    ) as recorder:  # fmt: skip
        for _ in range(30):
            x = torch.randn(64, 6)
            views = [x + 0.1 * torch.randn(64, 6) for _ in (0, 1)]
            z = [projector(view) for view in views]
            t = [one.detach() for one in z]
            if target is not None:
                with torch.no_grad():
                    t = [target(view) for view in views]
            q = [predictor(one) for one in z]
            loss = (distance(q[0], t[1]) + distance(q[1], t[0])) / 2
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            recorder.step(loss=loss)
    ds = open_snapshots(tmp_path / "run")
    assert ds["predictor"].attrs["kind"] == "product"
    first, last = (m.weight for m in predictor.modules() if isinstance(m, nn.Linear))
    np.testing.assert_allclose(ds["predictor"][-1], (last @ first).detach(), atol=1e-6)
    assert ("target_correlation" in ds) == (method == "byol")
    assert collapse(ds).kind in ("none", "partial", "dimensional")
