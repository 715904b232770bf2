"""Errors that whoever runs a command can mend."""


class MendableError(Exception):
    """Ends a command in one line that says what is wrong, and where."""
