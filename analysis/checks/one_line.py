"""What an error says, in one line, whoever raised it."""


def one_line(error: BaseException) -> str:
    r"""Return the words of an error without line breaks, or its kind where it has none.

    Examples
    --------
    >>> one_line(ValueError("a\n  b")), one_line(KeyError())
    ('a b', 'KeyError')
    """
    return " ".join(str(error).split()) or type(error).__name__
