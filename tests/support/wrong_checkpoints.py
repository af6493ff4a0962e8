"""Checkpoints that are whole files and hold something else than a checkpoint does."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import torch

State = dict[str, Any]
OTHERS = {"nothing": None, "text": "seven", "a list": [1, 2], "a number": 0.5, "minus one": -1}


def wrong_checkpoints(state: State) -> dict[str, Callable[[State], Any]]:
    """Return ways to change a checkpoint that make it wrong, by name; each changes it in place."""
    ways: dict[str, Callable[[State], Any]] = {}
    for name in ("config", "step", "learner", "data", "recorder"):
        ways[f"no {name}"] = lambda s, n=name: s.pop(n)
        for what, other in OTHERS.items():
            ways[f"{name} is {what}"] = lambda s, n=name, o=other: s.update({n: o})
    for value in (True, 1.0, 1, 7, 10**9, torch.tensor(3)):
        ways[f"step is {value!r}"] = lambda s, v=value: s.update(step=v)
    for what, text in {
        "is cut off": state["config"][:-9],
        "is a list": "[]",
        "is a number": "7",
        "is empty": "{}",
        "is deep": "[" * 10**5,
        **{f"has {k} {v!r}": _with(state, **{k: v}) for k, v in _OPTIONS.items()},
        "has an option of nobody": _with(state, banana=1),
        "is of another kind": _with(state, kind="Banana"),
    }.items():
        ways[f"config {what}"] = lambda s, t=text: s.update(config=t)
    for name in ("place", "fingerprint"):
        ways[f"no data.{name}"] = lambda s, n=name: s["data"].pop(n)
        for what, other in OTHERS.items():
            ways[f"data.{name} is {what}"] = lambda s, n=name, o=other: s["data"].update({n: o})
    for name in state["data"]["fingerprint"]:
        ways[f"no {name} in the fingerprint"] = lambda s, n=name: s["data"]["fingerprint"].pop(n)
        ways[f"{name} of the fingerprint is other"] = lambda s, n=name: s["data"][
            "fingerprint"
        ].update({n: "other"})
    for part in state["learner"]:
        ways[f"no learner.{part}"] = lambda s, p=part: s["learner"].pop(p)
        for what, other in OTHERS.items():
            ways[f"learner.{part} is {what}"] = lambda s, p=part, o=other: s["learner"].update(
                {p: o}
            )
    for part in ("online", "target", "predictor"):
        first = next(iter(state["learner"][part]))
        for what, change in _TENSORS.items():
            ways[f"a weight of {part} {what}"] = lambda s, p=part, f=first, c=change: s["learner"][
                p
            ].update({f: c(s["learner"][p][f])})
        ways[f"a weight of {part} is gone"] = lambda s, p=part, f=first: s["learner"][p].pop(f)
        ways[f"{part} has one more"] = lambda s, p=part: s["learner"][p].update(b=torch.ones(1))
    for part in ("online", "target"):
        ways[f"a weight of {part} is nan"] = lambda s, p=part: next(
            iter(s["learner"][p].values())
        ).fill_(torch.nan)
    ways |= dict(_of_optimiser())
    for name in ("sums", "pairs"):
        ways[f"no recorder.{name}"] = lambda s, n=name: s["recorder"].pop(n)
        for what, other in OTHERS.items():
            ways[f"recorder.{name} is {what}"] = lambda s, n=name, o=other: s["recorder"].update(
                {n: o}
            )
    for what, change in _TENSORS.items():
        ways[f"a sum of the recorder {what}"] = lambda s, c=change: s["recorder"]["sums"].update(
            mean=c(s["recorder"]["sums"]["mean"])
        )
    return ways


def _with(state: State, **options: Any) -> str:
    return json.dumps(json.loads(state["config"]) | options)


_OPTIONS = {
    "epochs": "two",
    "batch_size": None,
    "lr": -1.0,
    "width": 2,
    "method": "byol",
    "encoder": "banana",
    "seed": 1,
    "momentum": 2,
    "projector_out": 5,
    "data": 7,
}
_TENSORS: dict[str, Callable[[torch.Tensor], Any]] = {
    "is of another shape": lambda t: torch.zeros(*t.shape, 2),
    "is of another dtype": lambda t: t.double(),
    "is an integer": lambda t: t.long(),
    "is complex": lambda t: t.to(torch.complex64),
    "is sparse": lambda t: t.to_sparse(),
    "has no values": lambda t: t.to("meta"),
    "is a list": lambda t: t.tolist(),
    "is nothing": lambda t: None,
}


def _of_optimiser() -> Iterator[tuple[str, Callable[[State], Any]]]:
    def optimiser(s: State) -> Any:
        return s["learner"]["optimiser"]

    yield "no groups", lambda s: optimiser(s).pop("param_groups")
    yield "fewer groups", lambda s: optimiser(s)["param_groups"].pop()
    yield "groups of nothing", lambda s: optimiser(s).update(param_groups=[None] * 3)
    for name, other in {"lr": "fast", "momentum": 0.1, "params": [0], "part": "head"}.items():
        yield (
            f"a group with {name} {other!r}",
            lambda s, n=name, o=other: optimiser(s)["param_groups"][0].update({n: o}),
        )
    yield "no momenta", lambda s: optimiser(s).pop("state")
    yield "momenta of none", lambda s: optimiser(s).update(state={})
    yield "momenta of one less", lambda s: optimiser(s)["state"].pop(0)
    yield "momenta of a stranger", lambda s: optimiser(s)["state"].update({99: {}})
    yield "a momentum is a text", lambda s: optimiser(s)["state"].update({0: "fast"})
    for what, change in _TENSORS.items():
        yield (
            f"a momentum {what}",
            lambda s, c=change: optimiser(s)["state"][0].update(
                momentum_buffer=c(optimiser(s)["state"][0]["momentum_buffer"])
            ),
        )
