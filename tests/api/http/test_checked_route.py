"""Query parameters that a route does not have are refused, and those of others' making are not."""

from functools import partial
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from api.app import _ROUTERS
from api.http.checked_route import CheckedRoute, refuse_unknown
from api.http.problems import on_invalid
from models.base.errors import InvalidError
from tests.api.http.asgi import ask


def test_every_route_of_the_api_is_checked() -> None:
    routes = [route for module in _ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]
    assert routes
    assert [route.path for route in routes if not isinstance(route, CheckedRoute)] == []


@pytest.mark.parametrize(
    "query",
    ["", "limit=3", "limit=3&key=k", "_=17&limit=3", "utm_source=x&fbclid=y&t=1", "%6Cimit=3", "limit", "&&limit=3&"],
)
def test_known_parameters_and_those_of_caches_and_campaigns_are_taken(query: str) -> None:
    known = frozenset({"key", "limit"})
    refuse_unknown(query.encode(), known)
    with pytest.raises(InvalidError, match="'limits'"):
        refuse_unknown(f"{query}&limits=3".encode(), known)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limits=3", "'limits' is no parameter here; did you mean limit?"),
        ("Limit=3", "did you mean limit?"),
        ("visitor=v", "there are after, limit"),
        ("li%20mit=3", "'li mit'"),
        ("\xe4=1", "'ä'"),
    ],
)
def test_any_other_is_refused_by_name(query: str, told: str) -> None:
    with pytest.raises(InvalidError) as refused:
        refuse_unknown(query.encode("latin-1"), frozenset({"key", "limit", "after"}))
    assert refused.value.code == "parameter_unknown"
    assert told in refused.value.message


def test_parameters_of_what_an_endpoint_depends_on_are_known() -> None:
    def page(after: str = "") -> str:
        return after

    class Asked(BaseModel):
        status: str = ""
        before: str = Field("", alias="to")

    async def listed(limit: int = Query(3, alias="most"), after: str = Depends(page)) -> dict[str, object]:
        return {"most": limit, "after": after}

    async def found(asked: Annotated[Asked, Query()]) -> dict[str, str]:
        return {"status": asked.status, "to": asked.before}

    app = FastAPI()
    app.router.routes += [
        CheckedRoute("/v1/things", listed),
        CheckedRoute("/healthz", listed),
        CheckedRoute("/v1/found", found),
    ]
    app.add_exception_handler(InvalidError, on_invalid)
    client = partial(ask, app, "GET")
    assert client("/v1/things?most=5&after=x").json() == {"most": 5, "after": "x"}
    assert client("/v1/things?limit=5").json()["code"] == "parameter_unknown"
    assert client("/v1/found?status=a&to=b").json() == {"status": "a", "to": "b"}
    assert client("/v1/found?before=b").json()["code"] == "parameter_unknown"
    assert client("/healthz?limit=5").status_code == 200
