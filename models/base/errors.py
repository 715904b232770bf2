"""The one error for something given to us that does not fit."""

_MAX_SHOWN = 60


class InvalidError(ValueError):
    """Something given to us does not fit; says what, and with which value.

    Parameters
    ----------
    code
        Short machine-readable reason, such as `price_invalid`.
    message
        A sentence that names the field and the value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def show_value(value: object) -> str:
    """Give a value as an error message may show it: one line, cut when long.

    >>> show_value("short"), len(show_value("x" * 1000))
    ("'short'", 63)
    """
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested very deep, or a whole number of thousands of digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
