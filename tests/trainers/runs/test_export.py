"""Encoders for torchvision: what is written loads there and computes the same."""

import pytest
import torch
import torchvision

from trainers import METHODS, Config
from trainers.runs import checkpoint
from trainers.runs.export import export
from trainers.training.learner import Learner


def saved(run, **options):
    """The checkpoint of a network that nobody trained, its target moved away from it."""
    config = Config(method=METHODS["byol"], projector_hidden=4, projector_out=3, **options)
    learner = Learner(config, (config.channels, 32, 32), torch.device("cpu"))
    with torch.no_grad():
        for weight in learner.target.network.parameters():
            weight.mul_(0.9)
        for name, values in learner.online.encoder.named_buffers():
            if name.endswith("running_var"):
                values.uniform_(0.5, 2)
    run.mkdir()
    state = {"config": config.to_json(), "step": 0, "learner": learner.state_dict()}
    checkpoint.save(run, state)
    return learner


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("encoder", ["resnet18", "resnet18-large"])
def test_both_networks_load_into_torchvision_and_compute_the_same(tmp_path, encoder, channels):
    learner = saved(tmp_path / "run", encoder=encoder, channels=channels)
    x = torch.rand(2, channels, 40, 40, generator=torch.Generator().manual_seed(0))
    made = {}
    for network, ours in (("online", learner.online), ("target", learner.target.network)):
        file = tmp_path / f"{network}.pt"
        scope: dict = {}
        exec(export(tmp_path / "run", file, network=network), scope)
        model = scope["model"].eval()
        assert type(model) is torchvision.models.ResNet
        with torch.no_grad():
            made[network] = model(x)
            torch.testing.assert_close(made[network], ours.encoder.eval()(x), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(made["online"], made["target"])


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(tmp_path):
    saved(tmp_path / "conv")
    with pytest.raises(ValueError, match="encoder 'conv4', which torchvision does not have"):
        export(tmp_path / "conv", tmp_path / "a.pt")
    assert not (tmp_path / "a.pt").exists()
    learner = saved(tmp_path / "run", encoder="resnet18")
    (tmp_path / "mine.pt").write_text("mine")
    with pytest.raises(FileExistsError, match="exists; give another --out"):
        export(tmp_path / "run", tmp_path / "mine.pt")
    assert (tmp_path / "mine.pt").read_text() == "mine"
    state = checkpoint.load(tmp_path / "run")
    state["learner"] = learner.state_dict()
    state["learner"]["online"]["encoder.conv1.weight"][0] = torch.nan
    checkpoint.save(tmp_path / "run", state)
    with pytest.raises(ValueError, match="online network has weights that are not finite"):
        export(tmp_path / "run", tmp_path / "a.pt")
    assert not (tmp_path / "a.pt").exists()
