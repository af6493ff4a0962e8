"""What every flow of this package is: a vector field that knows the names of its state."""

import dataclasses
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from analysis.checks.fields import check_fields, shown
from analysis.checks.numbers import check_numbers
from analysis.store.schema import SNAPSHOTS, Variable

Numbers = float | np.ndarray

FEATURES = ("row", "feature")
LARGE = 1e12
ROUNDING = 1e-10  # of a matrix that is symmetric, relative to its largest entry
VARIABLES = {
    "predictor_eigenvalue": Variable("eigenvalue of the predictor", ("mode",), "$p_j$"),
    "correlation_eigenvalue": Variable(
        "eigenvalue of the cross-view correlation", ("mode",), "$s_j$"
    ),
    "tau": Variable("target scale", ("mode",), r"$\tau_j$"),
    "encoder_value": Variable("singular value of the encoder", ("mode",), "$w_j$"),
    "target_value": Variable("singular value of the target encoder", ("mode",), r"$w_{a,j}$"),
    "encoder": Variable("encoder", FEATURES, "$W$"),
    "target": Variable("target encoder", FEATURES, "$W_a$"),
    **{name: SNAPSHOTS[name] for name in ("predictor", "correlation", "cross_correlation")},
    **{name: SNAPSHOTS[name] for name in ("target_correlation", "prediction_correlation")},
}


class Flow(Protocol):
    """An autonomous vector field; a frozen dataclass whose fields are its parameters."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts, keys of `VARIABLES`, in the order of the arguments."""
        ...

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivative of each part of the state.

        A flow whose modes act on each other says so by ``coupled = True``.
        """
        ...

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return what a snapshot holds besides the state; leading axes, such as step, pass."""
        ...


class PredictorDecay:
    """Of flows whose predictor may have a decay of its own."""

    eta: Numbers
    eta_p: Numbers | None

    @cached_property
    def predictor_decay(self) -> Numbers:
        """`eta_p`, or `eta` where it was not given."""
        return default(self.eta_p, self.eta)


@runtime_checkable
class Rooted(Protocol):
    """A flow of a correlation F, followed as one of a W with F = W Wᵀ: no step makes F negative."""

    def rooted(self, *state: np.ndarray) -> tuple[Flow, tuple[np.ndarray, ...]]:
        """Return the flow of W, which derives F, and where it starts."""
        ...

    def of_root(self, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the state of this flow, given that of the other."""
        ...


def default(value: Numbers | None, otherwise: Numbers) -> Numbers:
    """Return `value`, or what stands in for one that was not given."""
    return otherwise if value is None else value


def check_parameters(flow: Any, positive: tuple[str, ...], others: tuple[str, ...]) -> None:
    """Check the numbers of a flow that are not None.

    Raises
    ------
    ValueError
        One of `positive` is not above 0, or one of `others` negative; or one is above 1e12, where
        no solver ends; or a field is of another kind than annotated.
    """
    for name in (*positive, *others):
        value = getattr(flow, name)
        if value is not None and np.size(value):
            least = {"above": 0.0} if name in positive else {"least": 0.0}
            check_numbers(name, value, most=LARGE, **least)
    check_fields(flow, typed=False)


def check_flow(flow: Any) -> None:
    """Check that a flow is one.

    Raises
    ------
    ValueError
        It is something else, or the class of one.
    """
    if isinstance(flow, type) or not callable(flow) or not hasattr(flow, "variables"):
        raise ValueError(f"flow is {shown(flow)}; a flow wanted, say EigenmodeFlow(eta=0.05)")


def check_one_decay(eta: Numbers, eta_p: Numbers) -> None:
    """Check that encoder and predictor decay at one rate.

    Raises
    ------
    ValueError
        They do not: nothing is conserved.
    """
    if not np.all(np.equal(eta, eta_p)):
        raise ValueError(
            f"the decays differ, eta = {eta} and eta_p = {eta_p}: nothing is conserved; "
            "use balance_rate"
        )


def check_start(name: str, values: np.ndarray) -> np.ndarray:
    """Return a part of a state, if it may be where a flow starts.

    Raises
    ------
    ValueError
        An eigenvalue of a correlation is negative, be it one of the matrix; or that is not
        symmetric.
    """
    if name == "correlation_eigenvalue":
        check_numbers(name, values, least=0)
    if name == "cross_correlation":
        size = np.abs(values).max(initial=0.0)
        if values.shape != values.T.shape or np.abs(values - values.T).max() > ROUNDING * size:
            raise ValueError(f"{name} is not symmetric")
        check_numbers(
            f"{name}'s least eigenvalue", np.linalg.eigvalsh(values)[0] + ROUNDING * size, least=0
        )
    return values


def check_parts(y0: Any) -> None:
    """Check that a start has parts, whatever they are.

    Raises
    ------
    ValueError
        It is a single number, or nothing.
    """
    if not hasattr(y0, "__len__") or isinstance(y0, str):
        raise ValueError(f"y0 is {shown(y0)}; the parts of the state, in a tuple, wanted")


def flow_attrs(flow: Flow) -> dict[str, str]:
    """Return what a Dataset says of the flow that made it."""
    assert dataclasses.is_dataclass(flow)
    fields = {field.name: getattr(flow, field.name) for field in dataclasses.fields(flow)}
    parameters = {key: np.asarray(v).tolist() for key, v in fields.items() if v is not None}
    return {
        "method": type(flow).__name__,
        "data": "theory",
        "flow": json.dumps(parameters, default=_described),
    }


def _described(value: Any) -> Any:
    # A part of a flow that is a value of its own, such as the rule of a predictor.
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__, **dataclasses.asdict(value)}
    return repr(value)


def transpose(M: np.ndarray) -> np.ndarray:  # (..., m, n) -> (..., n, m)
    """Return the transposed matrices."""
    return np.swapaxes(M, -2, -1)


def anticommutator(A: np.ndarray, B: np.ndarray) -> np.ndarray:  # (..., d, d) twice -> the same
    """Return {A, B} = A B + B A."""
    return A @ B + B @ A


def bracket(A: np.ndarray, B: np.ndarray) -> np.ndarray:  # (..., d, d) twice -> the same
    """Return [A, B] = A B - B A."""
    return A @ B - B @ A
