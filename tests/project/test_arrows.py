import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import analysis
import dynamics
import trainers
from trainers import METHODS

ROOT = Path(__file__).parents[2]


ARROWS = """
import importlib, sys
for package, *forbidden in (
    ("analysis", "torch", "matplotlib", "trainers", "dynamics"),
    ("dynamics", "torch", "matplotlib", "trainers"),
    ("analysis.figures", "torch", "trainers"),
    ("trainers", "matplotlib", "dynamics"),
):
    if package == "trainers":  # forgets what figures loaded
        for name in set(sys.modules) - before:
            del sys.modules[name]
    for name in list(sys.modules):  # each of our modules says anew what it needs
        if name.split(".")[0] in ("analysis", "dynamics", "trainers"):
            del sys.modules[name]
    before = set(sys.modules)
    module = importlib.import_module(package)
    assert [getattr(module, name) for name in module.__all__], package
    assert not set(forbidden) & set(sys.modules), (package, set(forbidden) & set(sys.modules))
"""


def test_imports_point_one_way():
    """Of every public name: they are imported when they are first used, not with the package."""
    process = subprocess.run(
        [sys.executable, "-c", ARROWS], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


def test_the_top_level_is_as_agreed():
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
    )
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    agreed = {"dynamics", "analysis", "trainers", "notebooks", "tests", "pyproject.toml"}
    agreed |= {"README.md", "LICENSE", "CITATION.cff"}
    assert {name for name in top if not name.startswith(".")} <= agreed


def test_no_file_of_ours_is_longer_than_250_lines_or_a_drawer():
    for file in (f for p in ("analysis", "dynamics", "trainers") for f in (ROOT / p).rglob("*.py")):
        assert len(file.read_text().splitlines()) <= 250, file
        assert file.stem not in {"utils", "common", "helpers"}


def test_nothing_branches_on_the_name_of_a_method():
    names = "|".join(METHODS)
    for file in (f for p in ("analysis", "dynamics", "trainers") for f in (ROOT / p).rglob("*.py")):
        assert not re.search(rf"[=!]= [\"']({names})|method == ", file.read_text()), file


@pytest.mark.parametrize(
    "words",
    ["--help", "list", "byol --help", "byol --optimizer lars", "analyse --help", "theory phase -h"],
)
def test_a_first_sign_of_life_loads_nothing_heavy(words):
    code = (
        "import sys, analysis, dynamics, trainers\n"
        f"from trainers.commands.console import main; main({words.split()!r})\n"
        "heavy = {'torch', 'xarray', 'scipy', 'matplotlib', 'zarr', 'dask', 'pandas'}\n"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("package", [analysis, dynamics, trainers])
def test_every_public_name_is_found_where_the_list_says(package):
    assert set(package.__all__) <= set(dir(package))
    assert all(getattr(package, name) is not None for name in package.__all__)
    assert package.__version__ == version("eigenspace")
    with pytest.raises(AttributeError, match="nothing"):
        _ = package.nothing
