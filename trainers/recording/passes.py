"""What passes through a module, by whomever it is called: its inputs and outputs, by a hook."""

from typing import Any

import torch
from torch import Tensor, nn


class Passes:
    """Features and outputs of a module since the last `take`, from passes in training mode.

    Passes in eval mode are nobody's training, and those of a backward pass (activation
    checkpointing) are repetitions: neither counts. A copy of the module, a target network say, has
    no hook of its own.

    Parameters
    ----------
    module : Module
        Its first tensor argument is the input, its output one tensor.
    name : str
        How errors call it.
    any_mode : bool
        Passes in eval mode count, too: a target network may be held in it.
    """

    def __init__(self, module: nn.Module, name: str, *, any_mode: bool = False) -> None:
        self._module, self._name, self._any_mode = module, name, any_mode
        self._seen: list[tuple[Tensor, Tensor]] = []
        self._wrong = ""
        self._handle = module.register_forward_hook(self, with_kwargs=True)

    def __call__(self, module: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> None:
        """Keep copies of what the hooked module was given and made."""
        # -1 outside of a backward pass; torch has no public name for it.
        mode = module.training or self._any_mode
        if not mode or torch._C._current_graph_task_id() != -1:
            return
        x = next((v for v in (*args, *kwargs.values()) if isinstance(v, Tensor)), None)
        if module is not self._module:
            self._wrong = "ran as a replica of DataParallel; use DistributedDataParallel"
        elif x is None or not isinstance(output, Tensor):
            self._wrong = (
                f"takes {type(args[0]).__name__ if args else 'nothing'} and returns "
                f"{type(output).__name__}; a tensor of features in, a tensor out wanted"
            )
        elif x.ndim < 2 or not x.is_floating_point():
            self._wrong = f"got {x.dtype} of shape {tuple(x.shape)}; features (batch, d) wanted"
        else:  # copies: what follows may change them in place
            self._seen.append((_rows(x), _rows(output)))

    def __reduce__(self) -> tuple[Any, ...]:
        # A copied or pickled module goes without its recorder.
        return (_nothing, ())

    def take(self) -> list[tuple[Tensor, Tensor]]:
        """Return input and output (batch, d) of each pass since the last call.

        Raises
        ------
        ValueError
            The module ran in a way that cannot be recorded.
        """
        seen, self._seen = self._seen, []
        if self._wrong:
            raise ValueError(f"{self._name} {self._wrong}")
        return seen

    def remove(self) -> None:
        """Take the hook away."""
        self._handle.remove()


def _rows(x: Tensor) -> Tensor:
    # Tokens and places are rows like images.
    return x.detach().flatten(0, -2).clone()


def _ignore(*_: Any) -> None:
    pass


def _nothing() -> Any:
    return _ignore
