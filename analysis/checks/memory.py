"""Whether an error says that memory ran out, whoever raised it."""

WORDS = ("out of memory", "allocate memory")  # of torch, in a RuntimeError


def ran_out(error: BaseException) -> bool:
    """Return whether memory ran out, that of a GPU too.

    Examples
    --------
    >>> ran_out(MemoryError()), ran_out(RuntimeError("CUDA out of memory")), ran_out(OSError())
    (True, True, False)
    """
    return isinstance(error, MemoryError) or any(words in str(error) for words in WORDS)
