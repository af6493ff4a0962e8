"""One small trained run that the commands evaluate, export and name images by."""

import shlex
import shutil

import numpy as np
import pytest

from trainers.commands.main import main

TINY = "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --device cpu"


@pytest.fixture(scope="session")
def shades(tmp_path_factory):
    """Images of four classes that differ in brightness, in a file."""
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("data") / "images.npz"
    y = np.arange(120) % 4
    x = rng.integers(0, 60, (120, 16, 16, 3)) + 60 * y[:, None, None, None]
    x = x.astype(np.uint8)
    names = np.array(["black", "dark", "light", "white"])
    arrays = {"x_train": x[:80], "y_train": y[:80], "x_test": x[80:], "y_test": y[80:]}
    np.savez(file, **arrays, classes=names)
    return file


@pytest.fixture(scope="session")
def trained(tmp_path_factory, shades):
    """A finished run on them; a test that changes it takes `run`."""
    out = tmp_path_factory.mktemp("runs") / "byol"
    main(["byol", *shlex.split(TINY), "--data", str(shades), "--epochs", "2", "--out", str(out)])
    return out


@pytest.fixture
def run(tmp_path, trained):
    """A copy of the trained run, the test's own."""
    return shutil.copytree(trained, tmp_path / "run")
