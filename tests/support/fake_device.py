"""A device that is not there: its tensors have shape, dtype and device, those of the CPU are real.

An operation between the two is refused as by a GPU.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

READS = (Tensor.__bool__, Tensor.item, Tensor.tolist, Tensor.cpu, Tensor.numpy)
"""What lets the CPU wait for the device."""


class _Fakes(FakeTensorMode):
    def __deepcopy__(self, memo: Any) -> "_Fakes":
        return self  # of all copies of a network


class _Device(TorchDispatchMode):
    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self._device, self._fakes = device, _Fakes(allow_non_fake_inputs=True)
        self._fakes.allow_meta = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        to = kwargs.get("device")
        there = to is not None and torch.device(to).type == self._device.type
        if there or any(isinstance(leaf, FakeTensor) for leaf in tree_leaves((args, kwargs))):
            with self._fakes:
                return func(*args, **kwargs)
        return func(*args, **kwargs)


class _Answers(TorchFunctionMode):
    """What is asked of the device is counted and answered: everything is finite, and no error."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in READS and isinstance(args[0], FakeTensor):
            self.asked.append(func.__name__)
            if func in READS[:2]:
                return func is Tensor.__bool__
        return func(*args, **(kwargs or {}))


def _move(module: nn.Module, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
    # Torch would swap the contents of two tensors, which fakes do not bear.
    for child in module.children():
        child._apply(fn)
    for key, weight in module._parameters.items():
        if weight is not None:
            with torch.no_grad():
                module._parameters[key] = nn.Parameter(fn(weight), weight.requires_grad)
    for key, values in module._buffers.items():
        if values is not None:
            module._buffers[key] = fn(values)
    return module


@contextmanager
def fake_device(name: str) -> Iterator[list[str]]:
    """Let a device exist; yields the names of what asked it for a value.

    Of ``meta`` autograd works, of ``cuda`` only where torch has CUDA.
    """
    answers, lifted = _Answers(), torch._C._only_lift_cpu_tensors()
    torch._C._ensureCUDADeviceGuardSet()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.Module, "_apply", _move)
        patch.setattr(torch.cuda, "_lazy_init", lambda: None)
        torch._C._set_only_lift_cpu_tensors(True)  # else CUDA is looked for
        try:
            with _Device(torch.device(name)), answers:
                yield answers.asked
        finally:
            torch._C._set_only_lift_cpu_tensors(lifted)
