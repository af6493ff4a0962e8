"""Batches that pass in parts, whose gradients add up to that of the batch."""

from trainers.methods.losses import Loss


def check_parts(accumulate: int, batch_size: int, batch_norm: str, loss: Loss) -> None:
    """Check that a batch can pass in so many parts.

    Raises
    ------
    ValueError
        The parts would not be of one size, or be of one image; or the loss or batch norm is to see
        all of the batch.

    Examples
    --------
    >>> from trainers.methods.losses import Cosine
    >>> check_parts(4, 30, "separate", Cosine())
    Traceback (most recent call last):
    ValueError: batch-size is 30, in 4 parts (accumulate); parts of one size, 2 or more, wanted
    """
    if accumulate == 1:
        return
    if batch_size % accumulate or batch_size < 2 * accumulate:
        raise ValueError(
            f"batch-size is {batch_size}, in {accumulate} parts (accumulate); parts of one size, 2 "
            "or more, wanted"
        )
    if batch_norm == "synced":
        raise ValueError(
            f"batch-norm synced is of the whole batch, of which accumulate {accumulate} sees parts"
            "; leave one of them out"
        )
    if not loss.separable:
        raise ValueError(
            f"loss {type(loss).__name__} is of the whole batch, and no mean over its images: it "
            f"cannot be had from {accumulate} parts; leave accumulate out"
        )
