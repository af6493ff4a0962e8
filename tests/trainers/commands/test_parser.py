from dataclasses import FrozenInstanceError, dataclass, fields

import pytest

from analysis.commands.parser import Parser
from trainers.commands.parser import add_options, apply_options
from trainers.evaluation.evaluate import PROTOCOLS
from trainers.methods.method import LOSSES, PREDICTORS, TARGETS
from trainers.options import option


@dataclass(frozen=True)
class Inner:
    power: float = option(0.5, "an exponent, 50 % by default")
    on: bool = option(True, "a switch")


@dataclass(frozen=True)
class Outer:
    inner: Inner
    batch_size: int = option(128, "images")
    limit: int | None = option(None, "at most (default: all)")
    name: str = option("a", "a name")


def parse(*arguments: str) -> Outer:
    parser, start = Parser("prog"), Outer(Inner())
    add_options(parser, start)
    add_options(parser, start.inner, "inner.")
    parser.hints = {"--inner.rho": "belongs elsewhere"}
    parsed = parser.parse_strictly(arguments)
    inner = apply_options(start.inner, parsed, "inner.")
    return apply_options(Outer(inner), parsed)


def test_every_field_has_a_flag_and_every_type_its_syntax():
    assert parse() == Outer(Inner())
    assert parse("--batch-size", "50_000", "--limit=7", "--name", "x") == Outer(
        Inner(), 50_000, 7, "x"
    )
    assert parse("--inner.power", "1/4", "--inner.on", "no") == Outer(Inner(0.25, False))
    assert parse("--limit", "none").limit is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--inner.rho=3"], "unknown argument '--inner.rho=3'; it belongs elsewhere"),
        (["--batch-size", "x"], "--batch-size is 'x'; a whole number wanted"),
        (["--batch-size", "1.5"], "--batch-size is '1.5'; a whole number wanted"),
        (["--limit", "some"], "--limit is 'some'; a whole number, or none, wanted"),
        (["--inner.on", "maybe"], "--inner.on is 'maybe'; yes or no wanted"),
        (["--inner.power", "1/0"], "--inner.power is '1/0'; a number wanted"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_flag(capsys, arguments, message):
    with pytest.raises(SystemExit) as left:
        parse(*arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err == f"prog: error: {message}\n"


def test_help_shows_each_default(capsys):
    parser = Parser("prog")
    add_options(parser, Inner(), "inner.")
    add_options(parser, Outer(Inner(), limit=3))
    shown = " ".join(parser.format_help().split())
    assert "--inner.power X an exponent, 50 % by default (default: 0.5)" in shown
    assert "--inner.on yes|no a switch (default: yes)" in shown
    assert "--limit N at most (default: 3)" in shown


PARTS = [part for table in (PREDICTORS, TARGETS, LOSSES, PROTOCOLS) for part in table.values()]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_every_setting_of_a_part_is_a_flag_and_none_can_be_changed(part):
    parser = Parser("prog")
    add_options(parser, part)
    for field in fields(part):
        assert f"--{field.name.replace('_', '-')}" in parser.format_help()
    with pytest.raises(FrozenInstanceError):
        part.anything = 1
