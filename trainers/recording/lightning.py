"""The recorder as a callback of Lightning's Trainer."""

import importlib
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from torch import nn

from trainers.recording.recorder import Recorder

Part = str | Callable[[nn.Module], nn.Module]


class RecorderHooks:
    """Record what a LightningModule trains, as `Recorder`; one step an optimiser step.

    ``RecorderCallback`` is this as a Callback of Lightning, made when it is imported: this file is
    read without Lightning, too. Its state is in Lightning's checkpoints, and
    ``trainer.fit(..., ckpt_path=...)`` continues the run.

    Parameters
    ----------
    run : path
        The run's directory.
    predictor : str or function of the LightningModule
        The predictor by its name, ``"prediction_head"`` or ``"model.predictor"``.
    targets : str or function of the LightningModule, optional
        The module whose outputs are the targets.
    **options
        Of `Recorder`: `every`, `views`, `stacked`, `matrix`, `loss_factor`, `attrs`.

    Raises
    ------
    ValueError
        The module has no part of that name.
    ImportError
        Of ``RecorderCallback``: Lightning is not installed.
    """

    def __init__(
        self, run: str | Path, predictor: Part, *, targets: Part | None = None, **options: Any
    ) -> None:
        super().__init__()
        self.run = Path(run)
        self._predictor, self._targets, self._options = predictor, targets, options
        self._recorder: Recorder | None = None
        self._state: dict[str, Any] | None = None
        self._steps = 0

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Put the hooks in."""
        batches = trainer.num_training_batches / trainer.accumulate_grad_batches
        known = {"steps_per_epoch": math.ceil(batches)} if math.isfinite(batches) else {}
        targets = None if self._targets is None else _part(pl_module, self._targets)
        self._recorder = Recorder(
            self.run,
            _part(pl_module, self._predictor),
            optimizer=trainer.optimizers[0] if trainer.optimizers else None,
            targets=targets,
            resume=self._state is not None,
            **{"attrs": {"method": type(pl_module).__name__}, **known, **self._options},
        )
        if self._state is not None:
            self._recorder.load_state_dict(self._state)
        self._steps = trainer.global_step

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record a step, if the optimiser has taken one: of an accumulated gradient, all parts."""
        if self._recorder is None or trainer.global_step == self._steps:
            return
        self._steps = trainer.global_step
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        self._recorder.step(loss=loss)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Write the last snapshot."""
        if self._recorder is not None:
            self._recorder.close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Let go of the run; what was recorded stays."""
        if self._recorder is not None:
            self._recorder.close(complete=False)

    def state_dict(self) -> dict[str, Any]:
        """Return what Lightning's checkpoint keeps."""
        return {} if self._recorder is None else self._recorder.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the run where the checkpoint was taken."""
        self._state = dict(state_dict) or None


def _part(module: nn.Module, part: Part) -> nn.Module:
    if not isinstance(part, str):
        return part(module)
    try:
        return module.get_submodule(part)
    except AttributeError:
        names = ", ".join(name for name, _ in module.named_children())
        raise ValueError(f"{type(module).__name__} has no part {part!r}; it has {names}") from None


def __getattr__(name: str) -> Any:
    if name != "RecorderCallback":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _callback()


@cache
def _callback() -> type:
    # Lightning goes by two names, and each Trainer asks for its own Callback: this is one of both.
    bases: list[type] = []
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            bases.append(importlib.import_module(name).Callback)
        except ImportError:
            continue
    if not bases:
        raise ImportError('Lightning is not installed; pip install "eigenspace[lightning]"')
    known = {"__doc__": RecorderHooks.__doc__, "__module__": __name__}
    return type("RecorderCallback", (RecorderHooks, *bases), known)
