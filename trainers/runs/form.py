"""What a file of a run must hold: looked at before a number of it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.checks.one_line import one_line
from trainers.config import Config

if TYPE_CHECKING:
    from torch import Tensor

WORDS = {str: "text", int: "a whole number", float: "a number", dict: "a mapping", list: "a list"}


def wrong(file: Path, what: str) -> ValueError:
    """Return the error about a file that is a whole one, and not what is wanted."""
    return ValueError(f"{file} {what}; restore it from a copy, or train anew")


def member(file: Path, content: Any, name: str, kind: type) -> Any:
    """Return ``content[name]``, an instance of `kind`.

    Raises
    ------
    ValueError
        It is not there, or something else.
    """
    if not isinstance(content, dict):
        raise wrong(file, f"holds {said(content)}; {WORDS[dict]} wanted")
    if name not in content:
        raise wrong(file, f"has no {name!r}")
    value = content[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong(file, f"has {name!r} {said(value)}; {WORDS[kind]} wanted")
    return value


def count(file: Path, content: Any, name: str) -> int:
    """Return ``content[name]``, a whole number of 0 or more; raises as `member`."""
    value: int = member(file, content, name, int)
    if value < 0:
        raise wrong(file, f"has {name!r} {value}; 0 or more wanted")
    return value


def texts(file: Path, content: Any, name: str) -> list[str]:
    """Return ``content[name]``, a list of texts; raises as `member`."""
    values: list[str] = member(file, content, name, list)
    if strange := [value for value in values if not isinstance(value, str)]:
        raise wrong(file, f"has {said(strange[0])} in {name!r}; {WORDS[str]} wanted")
    return values


def config_of(file: Path, content: Any) -> Config:
    """Return the config that a file holds as JSON.

    Raises
    ------
    ValueError
        There is none, or none of this version.
    """
    text = member(file, content, "config", str)
    try:
        return Config.from_json(text)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise wrong(file, f"has a config that cannot be read ({one_line(error)})") from None


def check_like(file: Path, what: str, found: Any, wanted: Any) -> None:
    """Check that a state has the names, shapes and dtypes of another one.

    Raises
    ------
    ValueError
        It has not.
    """
    import torch

    if isinstance(wanted, torch.Tensor):
        if not isinstance(found, torch.Tensor) or _form(found) != _form(wanted):
            raise wrong(file, f"has {what} {said(found)}; {said(wanted)} wanted")
    elif isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            raise wrong(file, f"has {what} {said(found)}; {WORDS[dict]} wanted")
        for name in wanted:
            if name not in found:
                raise wrong(file, f"has no {what}.{name}")
            check_like(file, f"{what}.{name}", found[name], wanted[name])
        if more := [name for name in found if name not in wanted]:
            raise wrong(file, f"has {what}.{more[0]}, which this run has not")


def check_optimiser(
    file: Path, found: Any, wanted: Mapping[str, Any], weights: Sequence[Tensor], *, begun: bool
) -> None:
    """Check that a state is one that the optimiser of these weights can have.

    Parameters
    ----------
    found, wanted : dict
        The state to check, and that of the optimiser before its first step.
    weights : sequence of Tensor
        What it optimises.
    begun : bool
        It took steps.

    Raises
    ------
    ValueError
        It is not.
    """
    groups = member(file, found, "param_groups", list)
    if len(groups) != len(wanted["param_groups"]):
        raise wrong(file, f"has {len(groups)} groups of parameters; others wanted")
    for group, fresh in zip(groups, wanted["param_groups"], strict=True):
        member(file, group, "lr", float)
        for name, value in fresh.items():
            if name != "lr" and name in ("params", *group) and group.get(name) != value:
                came = said(group.get(name))
                raise wrong(file, f"has an optimiser with {name} {came}; {said(value)} wanted")
    buffers = member(file, found, "state", dict)
    moving = any(group["momentum"] for group in groups)
    if begun and moving and len(buffers) != len(weights):
        raise wrong(file, f"has momenta of {len(buffers)} of {len(weights)} parameters")
    for number, kept in buffers.items():
        if not isinstance(number, int) or not 0 <= number < len(weights):
            raise wrong(file, f"has a momentum of parameter {number!r} of {len(weights)}")
        buffer = kept.get("momentum_buffer") if isinstance(kept, dict) else kept
        if buffer is not None or moving:
            check_like(file, f"momentum of parameter {number}", buffer, weights[number])


def said(value: Any) -> str:
    """Return what a value is, in a few words."""
    import torch

    if isinstance(value, torch.Tensor):
        shape, dtype, layout, missing = _form(value)
        odd = f" {layout}" * (layout != torch.strided) + " without values" * missing
        return f"{dtype} of shape {tuple(shape)}{odd}"
    if value is None or isinstance(value, str | int | float | tuple):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:60]}..."
    return f"a {type(value).__name__}"


def _form(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.shape, tensor.dtype, tensor.layout, tensor.is_meta
