"""An object of a user's is found again by its name, or refused before anything begins."""

import dataclasses
import sys

import pytest
import torch
import users_module

from trainers import EMA, METHODS, Config, Direct, Learned, Method
from trainers.named import find, is_named, name_of


@pytest.mark.parametrize("name", ["a:b", "a.b.c:D", "a:D.e", "_a:b"])
def test_a_name_is_module_colon_name(name):
    assert is_named(name)


@pytest.mark.parametrize("name", ["a", "a:", ":b", "a b:c", "a/b:c", "a:b:c", "1a:b", "C:\\x", 3])
def test_what_is_none(name):
    assert not is_named(name)


def test_what_has_a_name_is_found_by_it():
    for thing in (users_module.Net, users_module.L1, users_module.noisy, users_module.Net.forward):
        assert find("x", name_of("x", thing)) is thing


def test_a_module_in_the_working_directory_is_found_and_hides_nothing(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("value = 1")
    (tmp_path / "json.py").write_text("value = 1")
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    assert find("x", "only_here:value") == 1
    assert find("x", "json:loads")("[1]") == [1]
    assert sys.path == path


REFUSED = {
    "nowhere:x": "there is no module 'nowhere', in .* or where Python looks",
    "json.nowhere:x": "there is no module 'json.nowhere'",
    "users_module:nett": "'nett' is not known.*did you mean 'Net'|'nett' is not known",
    "users_module:Net.nothing": "'nothing' is not known",
    "fails_on_import:x": "fails on import, ZeroDivisionError: division by zero",
    "wants_another:x": "fails on import, ModuleNotFoundError: No module named 'nowhere'",
    "plain": "x is 'plain'; package.module:name wanted",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_is_said_in_one_line(name, tmp_path, monkeypatch):
    (tmp_path / "fails_on_import.py").write_text("1 / 0")
    (tmp_path / "wants_another.py").write_text("import nowhere")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=REFUSED[name]) as refused:
        find("x", name)
    assert "\n" not in str(refused.value)


def made_inside():
    class Local:
        pass

    return Local


class Renamed:
    pass


Other, Renamed.__qualname__ = Renamed, "METHODS"


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        (lambda x: x, "is a lambda"),
        (made_inside(), "is made_inside.Local, made inside a function"),
        (3, "is 3, which has no name of its own"),
        (Renamed, "is not what .*:METHODS leads to"),
        (type("Script", (), {"__module__": "__main__"}), "is Script of the script that runs"),
    ],
)
def test_what_could_not_be_found_again_is_refused(thing, why):
    with pytest.raises(ValueError, match=f"encoder {why}.*give it one in a module"):
        name_of("encoder", thing)


def test_a_config_keeps_objects_by_name_and_parts_with_their_fields():
    method = Method(
        users_module.Half(power=1.0), users_module.Slow(0.9), users_module.L1(weight=2.0)
    )
    config = Config(
        method=method, encoder=users_module.Net, data=users_module.arrays, views=users_module.noisy
    )
    assert (config.encoder, config.data) == ("users_module:Net", "users_module:arrays")
    assert config.resolved.width is None
    assert Config.from_json(config.to_json()) == config
    assert Config.from_json(config.resolved.to_json()) == config.resolved
    assert '"kind": "users_module:L1"' in config.to_json()


def test_a_config_with_what_cannot_be_found_again_is_refused():
    with pytest.raises(ValueError, match="encoder is a lambda"):
        Config(method=METHODS["byol"], encoder=lambda: None)
    mine = type("Mine", (EMA,), {"__module__": "__main__"})
    with pytest.raises(ValueError, match="Mine of the script that runs"):
        Config(method=Method(Learned(), mine())).to_json()


def test_a_part_that_has_changed_since_is_said():
    config = Config(method=Method(Direct(), EMA(), users_module.L1()))
    gone = config.to_json().replace('"weight"', '"heft"')
    with pytest.raises(
        ValueError, match="users_module:L1 is no longer what the config was written"
    ):
        Config.from_json(gone)


@dataclasses.dataclass(frozen=True)
class Unkept(users_module.Plain):
    """Its default is nothing that stands in a file of text."""

    dtype: torch.dtype = torch.float32


def test_what_could_be_another_thing_later_is_no_part_of_a_method():
    with pytest.raises(ValueError, match=r"target is Loose\(\), which can be changed; put @data"):
        Method(Learned(), users_module.Loose())
    like_a_rule = type("Rule", (), dict.fromkeys(("build", "flow", "learns", "recorded_as")))
    with pytest.raises(ValueError, match=r"predictor is <.*; a frozen dataclass wanted"):
        Method(like_a_rule(), EMA())
    unkept = Config(method=Method(Learned(), EMA(), Unkept()))
    with pytest.raises(ValueError, match=r"Unkept: dtype is torch.float32, which a run cannot"):
        unkept.to_json()


def test_a_wrong_loss_is_told_the_losses_and_nothing_private():
    with pytest.raises(ValueError, match=r"loss is 'l1'; a Cosine, .* wanted") as refused:
        Method(Learned(), EMA(), "l1")
    assert "a LeJEPA" in str(refused.value)
    assert "_" not in str(refused.value)
