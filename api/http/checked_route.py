"""Checked route: a query parameter that the route does not have is refused; it would silently do nothing."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from models.base.errors import InvalidError, show_value
from models.base.suggestions import closest

_KEY: Final = "key"
"""The site's key, where a sender cannot set headers."""
_OF_OTHERS: Final = frozenset(
    {"v", "t", "ts", "r", "cb", "rnd", "rand", "nocache", "cachebuster", "cache_buster", "timestamp", "gclid", "fbclid"}
)
"""What scripts and campaigns add to any address, so that no cache answers, or to know where it was clicked."""
_PREFIXES_OF_OTHERS: Final = ("_", "utm_")


class CheckedRoute(APIRoute):
    """A route that refuses query parameters it does not have."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, endpoint, **settings)
        documented = (self.openapi_extra or {}).get("parameters", ())
        named = {str(parameter["name"]) for parameter in documented if parameter["in"] == "query"}
        self._known = frozenset({_KEY, *named, *_names(self.dependant)})
        self.app = self._checked(self.app)

    def refuse_unknown(self, scope: Scope) -> None:
        """Refuse a request with a parameter that is none here; whoever asks for health may add any."""
        if scope["query_string"] and self.path.startswith("/v1/"):
            refuse_unknown(scope["query_string"], self._known)

    def _checked(self, app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            self.refuse_unknown(scope)
            await app(scope, receive, send)

        return serve


def refuse_unknown(query: bytes, known: frozenset[str]) -> None:
    """Refuse a query with a parameter that is none; raises `InvalidError`, which says what may have been meant."""
    names = {part.partition("=")[0] for part in query.decode("latin-1").split("&") if part}
    if names <= known:
        return
    for name in sorted(map(unquote_plus, names)):
        if name in known or name in _OF_OTHERS or name.startswith(_PREFIXES_OF_OTHERS):
            continue
        own = sorted(known - {_KEY})
        guess = closest(name.casefold(), own)
        there = f"did you mean {guess}?" if guess else f"there are {', '.join(own)}" if own else "there are none"
        raise InvalidError("parameter_unknown", f"{show_value(name)} is no parameter here; {there}")


def _names(dependant: Dependant) -> Iterator[str]:
    """Give the names of the query parameters that an endpoint and what it depends on declare."""
    for parameter in dependant.query_params:
        declared = parameter.field_info.annotation
        if isinstance(declared, type) and issubclass(declared, BaseModel):
            yield from (field.alias or name for name, field in declared.model_fields.items())
        else:
            yield parameter.alias
    for needed in dependant.dependencies:
        yield from _names(needed)
