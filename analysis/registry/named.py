"""Measures of one's own by their names, ``package.module:name``: for commands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pkgutil import resolve_name

from analysis.checks.fields import checked
from analysis.checks.import_path import importing_from_here
from analysis.checks.one_line import one_line
from analysis.registry.measure import Measure
from analysis.registry.register import register, unregister


@contextmanager
def registered_by_name(names: Sequence[str]) -> Iterator[None]:
    """Register the measures that names lead to, while this lasts.

    Parameters
    ----------
    names : sequence of str
        ``package.module:name`` each, of a `Measure`; a module of the working directory, too.

    Raises
    ------
    ValueError
        A name leads nowhere, its module fails, or as `register` has it.
    """
    taken: list[str] = []
    try:
        for name in dict.fromkeys(names):
            taken.append(register(_found(name)).name)
        yield
    finally:
        for name in taken:
            unregister(name)


def _found(name: str) -> Measure:
    module, colon, path = name.partition(":")
    if not (module and colon and path):
        raise ValueError(f"measure is {name!r}; package.module:name of a Measure wanted")
    try:
        with importing_from_here():
            found = resolve_name(name)
    except Exception as error:  # whatever a stranger's module does
        told = f"{type(error).__name__}: {one_line(error)}"
        raise ValueError(f"measure {name!r} cannot be imported, {told}") from error
    return checked(f"measure {name!r}", found, Measure)
