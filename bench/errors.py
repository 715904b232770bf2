"""What a benchmark says of input it cannot use."""


class InputError(ValueError):
    """A file is not as it must be; the message names column, row and value."""
