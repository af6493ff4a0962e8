"""What a batch norm of ours keeps of a batch, as torch's own does."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def remember(
    norm: nn.modules.batchnorm._BatchNorm, mean: Tensor, variance: Tensor
) -> None:  # (channel,), (channel,)
    """Take the mean and the unbiased variance of a batch into the running ones, if there are."""
    if not norm.track_running_stats:
        return
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    # Without a momentum, as torch has it: the mean of all.
    weight = 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, weight)
    norm.running_var.lerp_(variance, weight)
