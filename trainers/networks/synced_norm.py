"""Batch norm over the shares of all processes: what one process computes of the whole batch."""

from torch import Tensor, nn

from trainers.networks.per_view_norm import turn_into
from trainers.networks.running_statistics import remember
from trainers.ranks import Total, count


class _Synced(nn.modules.batchnorm._BatchNorm):
    """Batch statistics over all processes."""

    alone = False
    """Whether this process is looked at by itself: no other takes part."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x` (batch, channel, ...)."""
        if not self.training or self.alone or count() == 1:
            return super().forward(x)
        dims = [dim for dim in range(x.ndim) if dim != 1]
        shape = [-1 if dim == 1 else 1 for dim in range(x.ndim)]
        wide = x.float()
        n = count() * x.numel() / x.shape[1]
        mean = Total.apply(wide.sum(dims)) / n
        away = wide - mean.view(shape)
        variance = Total.apply(away.square().sum(dims)) / n
        out = away * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        remember(self, mean.detach(), variance.detach() * n / (n - 1))
        return out.to(x.dtype)


class SyncedBatchNorm1d(_Synced, nn.BatchNorm1d):
    """One-dimensional."""


class SyncedBatchNorm2d(_Synced, nn.BatchNorm2d):
    """Two-dimensional."""


_SYNCED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: SyncedBatchNorm1d,
    nn.BatchNorm2d: SyncedBatchNorm2d,
}


def sync_norms(network: nn.Module) -> None:
    """Turn the batch norms of `network` into `SyncedBatchNorm`; its state stays as it is."""
    turn_into(network, _SYNCED)


def leave_alone(network: nn.Module) -> None:
    """Let the batch norms of `network` look at this process alone."""
    for module in network.modules():
        if isinstance(module, _Synced):
            module.alone = True
