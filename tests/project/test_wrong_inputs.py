"""Wrong inputs at every door: refused in one line that says what came, and nothing written.

What is typed and what is said stand in `tests/support/refused`, a door a file.
"""

import importlib

import numpy as np
import pytest
from refused import (
    cases,
    commands,
    config,
    data,
    drawn,
    evaluation,
    exits,
    measures,
    methods,
    refuses,
    store,
    theory,
)

import trainers
from trainers import METHODS, Config, Learned, Method

DOORS = (config, methods, evaluation, drawn, data, store, measures, theory)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return a folder for each door, with the files that it needs; made once."""
    made = {}

    def folder(door):
        if door not in made:
            made[door] = tmp_path_factory.mktemp(door.__name__.rpartition(".")[2])
            if hasattr(door, "files"):
                with pytest.MonkeyPatch.context() as patch:
                    patch.chdir(made[door])
                    door.files()
        return made[door]

    return folder


@pytest.mark.parametrize(("door", "typed", "words"), cases(*DOORS))
def test_a_wrong_input_is_refused_in_one_line(door, typed, words, folders, monkeypatch):
    monkeypatch.chdir(folders(door))
    refuses(lambda: eval(typed, dict(door.NAMES)), words, folders(door))


@pytest.mark.parametrize(("package", "line", "words"), commands.LINES)
def test_a_wrong_command_line_is_refused_in_one_line(
    package, line, words, folders, monkeypatch, capsys
):
    monkeypatch.chdir(folders(commands))
    capsys.readouterr()
    argv = line.split()
    small = commands.SMALL.split() if argv[0] in ("byol", "directpred") else []
    given = {word for word in argv if word.startswith("--")}
    pairs = zip(small[::2], small[1::2], strict=True)
    rest = [word for flag, value in pairs if flag not in given for word in (flag, value)]
    main = importlib.import_module(f"{package}.commands.main").main
    exits(main, words, folders(commands), capsys, *argv, *rest)


def test_numbers_of_numpy_are_kept_as_python_s_own():
    byol = METHODS["byol"]
    config = Config(method=byol, epochs=np.int64(3), lr=np.float32(0.5), compile=np.bool_(False))
    assert [type(x) for x in (config.epochs, config.lr, config.compile)] == [int, float, bool]
    assert Config.from_json(config.to_json()) == config
    assert type(Learned(layers=np.int32(1)).layers) is int
    assert Method(Learned(), trainers.EMA(np.float64(0.9))).target.momentum == 0.9
