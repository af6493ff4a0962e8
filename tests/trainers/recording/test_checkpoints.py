"""A folder of checkpoints is a run: in the order of steps, by keys, run by nobody."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from analysis import open_snapshots, save_snapshots, summarise
from trainers import open_checkpoints

D = 3
X = torch.randn(20, 2, 5, generator=torch.Generator().manual_seed(9))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(5, D)
        self.predictor = nn.Sequential(nn.Linear(D, 6), nn.ReLU(), nn.Linear(6, D))


KEYS = ("predictor.0.weight", "predictor.2.weight")


def features(state):
    net = Net()
    net.load_state_dict(state)
    return net.encoder(X)


@pytest.fixture
def nets(tmp_path):
    torch.manual_seed(0)
    nets = {step: Net() for step in (9, 10, 200)}
    for step, net in nets.items():
        state = {"state_dict": net.state_dict(), "global_step": step}
        torch.save(state, tmp_path / f"epoch=7-step={step}.ckpt")
    (tmp_path / "notes3.txt").write_text("no checkpoint")
    return nets


def test_snapshots_are_in_numeric_order_and_what_the_weights_give(tmp_path, nets):
    run = open_checkpoints(tmp_path, KEYS, features, attrs={"method": "theirs"})
    assert run["step"].values.tolist() == [9, 10, 200]  # and not 10, 200, 9
    for step, net in nets.items():
        row = run.sel(step=step)
        W = (net.predictor[2].weight @ net.predictor[0].weight).detach()
        np.testing.assert_allclose(row["predictor"], W)
        z = net.encoder(X).detach().double().numpy()
        both = z.reshape(-1, D)
        np.testing.assert_allclose(row["correlation"], both.T @ both / 40)
        cross = np.einsum("ni,nj->ij", z[:, 0], z[:, 1])
        np.testing.assert_allclose(row["cross_correlation"], (cross + cross.T) / 40)
        assert row["samples"] == 40


def test_it_is_measured_and_saved_like_any_run(tmp_path, nets):
    run = open_checkpoints(tmp_path, KEYS, features, attrs={"method": "theirs"})
    assert summarise(run)["alignment"].sizes == {"step": 3, "mode": D}
    save_snapshots(run, tmp_path / "run")
    xr.testing.assert_equal(open_snapshots(tmp_path / "run").load(), run)


def test_w_p_by_a_function_and_steps_by_another(tmp_path, nets):
    run = open_checkpoints(
        tmp_path,
        lambda state: state["encoder.weight"][:, :D],
        features,
        key="state_dict",
        pattern="*step=[12]*",
        step=lambda file: 1000 - int(file.stem.split("=")[-1]),
    )
    assert run["step"].values.tolist() == [800, 990]
    np.testing.assert_array_equal(run["predictor"][0], nets[200].encoder.weight[:, :D].detach())


class Executed:
    def __reduce__(self):
        return print, ("executed",)


def test_what_is_in_a_file_is_not_run(tmp_path, capsys):
    torch.save({"w": Executed()}, tmp_path / "1.pt")
    with pytest.raises(ValueError, match=r"1.pt holds more than weights, or is damaged; save"):
        open_checkpoints(tmp_path, "w", features)
    assert "executed" not in capsys.readouterr().out


def test_wrong_folders_files_and_keys(tmp_path, nets):
    def refused(error, message, predictor=KEYS, **options):
        with pytest.raises(error, match=message) as caught:
            open_checkpoints(tmp_path, predictor, features, **options)
        assert "\n" not in str(caught.value)

    refused(FileNotFoundError, "no file 'best.*' of .pt, .pth, .ckpt in", pattern="best.*")
    refused(ValueError, "did you mean 'predictor.0.weight'", "predictor.0.weigth")
    refused(ValueError, r"do not follow: \(6, 3\), then \(6, 3\); the input", (KEYS[0],) * 2)
    refused(ValueError, "key 'model'", key="model")
    refused(ValueError, "'predictor' has shape", KEYS[0])
    with pytest.raises(ValueError, match="features returned None; an array"):
        open_checkpoints(tmp_path, KEYS, lambda state: None)
    refused(ValueError, "both of step 7", step=lambda file: 7)
    refused(ValueError, "a state dict wanted", key="global_step")
    (tmp_path / "last.ckpt").write_bytes((tmp_path / "epoch=7-step=9.ckpt").read_bytes())
    refused(ValueError, "last.ckpt has no number in its name; choose files by pattern")
    (tmp_path / "last.ckpt").unlink()
    (tmp_path / "5.pt").write_bytes(b"nothing of torch")
    refused(ValueError, r"5.pt ")
    (tmp_path / "5.pt").write_bytes(b"")
    refused(ValueError, r"5.pt is no checkpoint of torch")
