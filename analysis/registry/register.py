"""A measure of yours beside those of the library: in the summary, table, report and catalogue."""

from analysis.checks.fields import checked
from analysis.measures.registered import REGISTERED, Registered
from analysis.measures.summary import MEASURES as SUMMARY
from analysis.registry.every import MEASURES
from analysis.registry.laws import broken_law
from analysis.registry.measure import Measure
from analysis.store.schema import MATRIX, SNAPSHOTS

WORDS = ("formula", "chance", "undefined", "source")
TAKEN = {name for name, label in SNAPSHOTS.items() if label.dims == MATRIX} | {"values"}


def register(measure: Measure) -> Measure:
    r"""Make a measure one of the library, for this process.

    `summarise` then has it of every run that holds what it takes; a number a snapshot gets a column
    of the table, all get a panel of `analysis.figures.history`, and so of the report; `MEASURES`
    and the catalogue name it. Its laws are tried on random matrices, its null level is not.

    Parameters
    ----------
    measure : Measure
        With its laws and its words, `name` among them.

    Returns
    -------
    Measure

    Raises
    ------
    ValueError
        The name is taken or is none of Python's; it takes what no run has; a word is missing; or a
        law that it states does not hold: the message says which.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import from_arrays, summarise
    >>> from analysis.linalg.labelled import over_matrices
    >>> from analysis.store.schema import Variable
    >>> label = Variable("mean eigenvalue", symbol=r"$\operatorname{tr} W_p / d$")
    >>> def mean_eigenvalue(predictor):
    ...     kernel = lambda W: np.trace(W, axis1=-2, axis2=-1) / W.shape[-1]
    ...     return over_matrices(kernel, predictor, name="m", label=label, degrees=(1,))
    >>> own = register(Measure(
    ...     function=mean_eigenvalue, label=label, takes=("predictor",), span="[-inf, inf]",
    ...     degree={"predictor": 1}, zero={"predictor": 0.0}, parity=-1, transposition=True,
    ...     name="mean_eigenvalue", formula=r"\operatorname{tr} W_p / d", chance="0",
    ...     undefined="nowhere", source="own"))
    >>> run = from_arrays(predictor=np.diag([1.0, 3.0]), correlation=np.eye(2))
    >>> summarise(run).mean_eigenvalue.values
    array([2.])
    >>> unregister("mean_eigenvalue")
    """
    name = checked("measure", measure, Measure).name
    if not name.isidentifier():
        raise ValueError(f"name of the measure is {name!r}; a name as Python has them wanted")
    if name in MEASURES or name in SUMMARY or name in SNAPSHOTS:
        raise ValueError(f"measure {name!r} is there already; give yours another name")
    if odd := [taken for taken in measure.takes if taken not in TAKEN]:
        raise ValueError(f"measure {name!r} takes {odd}; choose from {sorted(TAKEN)}")
    if missing := [word for word in WORDS if not getattr(measure, word).strip()]:
        raise ValueError(f"measure {name!r} lacks {', '.join(missing)}; a reader is told of each")
    if broken := broken_law(measure):
        raise ValueError(f"measure {name!r} breaks a law of its own: {broken}")
    MEASURES[name] = measure
    REGISTERED[name] = Registered(measure.function, measure.takes, measure.label)
    return measure


def unregister(name: str) -> None:
    """Take a measure of yours away again.

    Raises
    ------
    ValueError
        None of that name was registered.
    """
    if name not in REGISTERED:
        raise ValueError(f"no measure {name!r} was registered; there is {sorted(REGISTERED)}")
    del REGISTERED[name], MEASURES[name]
