import shlex

import torch
import torchvision
from command_line import refused

from trainers.commands.main import main
from trainers.config import Config
from trainers.networks.network import part
from trainers.runs import checkpoint
from trainers.runs.network import load_network

TINY = "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --device cpu"


def test_an_export_loads_into_torchvision_and_computes_the_same(tmp_path, capsys, shades):
    out, file = tmp_path / "run", tmp_path / "resnet18.pt"
    options = f"--data {shades} --encoder resnet18 --width 64 --epochs 1 --limit 16"
    main(["simsiam", *shlex.split(f"{TINY} {options}"), "--out", str(out)])
    capsys.readouterr()
    assert main(["export", str(out), "--out", str(file)]) == 0
    scope: dict = {}
    exec(capsys.readouterr().out, scope)
    assert type(scope["model"]) is torchvision.models.ResNet
    state = checkpoint.load(out)
    config = Config.from_json(state["config"])
    ours = part(load_network(state, config, (3, 16, 16), "online"), "encoder").eval()
    x = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(scope["model"].eval()(x), ours(x), rtol=1e-4, atol=1e-4)
    assert "exists; give another --out" in refused(capsys, "export", str(out), "--out", str(file))
    assert "has no target network" in refused(capsys, "evaluate", str(out), "--network", "target")
