"""Parameters: the query of a hot route, read by hand: quicker than a framework's, and errors are our own."""

from math import nan
from typing import Any, Final

from starlette.requests import Request

from models.base.errors import InvalidError, show_value

MAX_AMOUNT: Final = 1e9


class Parameters:
    """The query parameters of one request."""

    def __init__(self, request: Request) -> None:
        self._values = request.query_params

    def text(self, name: str, default: str = "") -> str:
        """Give a parameter as it is."""
        return self._values.get(name, default)

    def whole(self, name: str, default: int | None, most: int) -> int | None:
        """Give a whole number from 1 to `most`; raises `InvalidError`."""
        value = self._values.get(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdecimal()) or not 1 <= int(value[:12]) <= most:
            raise InvalidError(
                "parameter_invalid", f"{name} must be a whole number from 1 to {most}, got {show_value(value)}"
            )
        return int(value)

    def amount(self, name: str, default: float) -> float:
        """Give an amount of money, 0 to a billion; raises `InvalidError`."""
        value = self._values.get(name)
        if value is None:
            return default
        return parse_threshold(value, name)

    def flag(self, name: str, default: bool) -> bool:
        """Give true or false; raises `InvalidError`."""
        value = self._values.get(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false", "1", "0"):
            raise InvalidError("parameter_invalid", f"{name} must be true or false, got {show_value(value)}")
        return value.lower() in ("true", "1")

    def ids(self, name: str) -> frozenset[str]:
        """Give ids that are repeated, separated by commas, or both."""
        return frozenset(named_id for part in self._values.getlist(name) for named_id in part.split(",") if named_id)


def parse_threshold(value: object, name: str) -> float:
    """Read an amount of money, 0 to a billion, as a number or its text; raises `InvalidError`."""
    try:
        amount = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else nan
    except ValueError:
        amount = nan
    if not 0 <= amount <= MAX_AMOUNT:
        raise InvalidError(
            "parameter_invalid", f"{name} must be an amount from 0 to {MAX_AMOUNT:.0f}, got {show_value(value)}"
        )
    return amount


def described(
    name: str, description: str, *, kind: str = "string", place: str = "query", required: bool = False, **schema: Any
) -> dict[str, Any]:
    """Document a parameter of a route that reads it by hand."""
    documented = {"name": name, "in": place, "description": description, "schema": {"type": kind, **schema}}
    return {**documented, "required": True} if required else documented
