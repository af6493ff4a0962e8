"""Interruptions that come disguised."""


def was_interrupted(error: BaseException | None) -> bool:
    """Return whether an error arose while Ctrl-C was on its way up.

    A `finally` that fails, of a lock that was not yet taken, say, puts its own error in the place
    of the interruption.

    Examples
    --------
    >>> try:
    ...     try:
    ...         raise KeyboardInterrupt
    ...     finally:
    ...         {}["lock"]
    ... except KeyError as error:
    ...     was_interrupted(error)
    True
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.add(id(error))
        error = error.__context__
    return False
