"""Parameters: the query of a hot route, read by hand: quicker than a framework's, and errors are our own."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request

from models.base.errors import InvalidError, show_value
from models.base.fields import Default, Fields
from models.base.timestamps import parse_time

MAX_AMOUNT: Final = 1e9


class RequestFields(Fields):
    """Reads what a request asks for; an amount may be text."""

    __slots__ = ()

    def __init__(self, source: Mapping[str, Any], where: str = "", code: str = "parameter_invalid") -> None:
        Fields.__init__(self, source, where, code)

    def amount(self, name: str, default: Default) -> float | Default:
        """Read an amount of money, 0 to a billion."""
        return self.number(name, default, 0.0, MAX_AMOUNT)

    def as_number(self, value: Any) -> float | None:
        if not isinstance(value, str):
            return Fields.as_number(self, value)
        try:
            number = float(value)
        except ValueError:
            return None
        return number if isfinite(number) else None


class Parameters(RequestFields):
    """Reads the query parameters of one request, all of which are text."""

    __slots__ = ()
    source: QueryParams

    def __init__(self, request: Request) -> None:
        RequestFields.__init__(self, request.query_params)

    def value(self, name: str, default: str = "") -> str:
        """Give a parameter as it is."""
        given: str = self.source.get(name, default)
        return given

    def listed_ids(self, name: str) -> frozenset[str]:
        """Give ids that are repeated, separated by commas, or both."""
        return frozenset(named_id for part in self.source.getlist(name) for named_id in part.split(",") if named_id)

    def as_flag(self, value: Any) -> bool | None:
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower())

    def as_whole(self, value: Any) -> int | None:
        return int(value[:12]) if value.isascii() and value.isdecimal() else None


def parse_moment(value: str, name: str, latest_s: float, or_else: str = "") -> float:
    """Read a parameter that is an ISO 8601 time or epoch seconds, not after `latest_s`.

    Raises `InvalidError`, which names what it may be `or_else`.
    """
    try:
        number: float | None = float(value)
    except ValueError:
        number = None
    try:
        return parse_time(value if number is None else number, now_s=latest_s)
    except InvalidError as error:
        raise InvalidError(
            "parameter_invalid", f"{name} must be {or_else}an ISO 8601 time or epoch seconds, got {show_value(value)}"
        ) from error


def described(
    name: str, description: str, *, kind: str = "string", place: str = "query", required: bool = False, **schema: Any
) -> dict[str, Any]:
    """Document a parameter of a route that reads it by hand."""
    documented = {"name": name, "in": place, "description": description, "schema": {"type": kind, **schema}}
    return {**documented, "required": True} if required else documented
