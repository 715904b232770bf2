"""Resource routes: what can be read is put, the last of each id, a full or silent store is told, and so is no such
thing."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from starlette.requests import Request
from starlette.types import Message

from api.admin.resource_routes import StoredResourceRoutes
from api.http.problems import ProblemError
from api.runtime.site import Site
from models.base.errors import InvalidError

SITE = cast(Site, SimpleNamespace(name="demo"))


class Drawer:
    """A store of jars, each an id and its colour, with room for so many."""

    def __init__(self) -> None:
        self.jars: dict[str, str] = {}

    def put_within(self, site: str, resources: list[tuple[str, str]], most: int) -> bool:
        """Put jars on the drawer of the one site there is."""
        if site != "demo":
            raise ConnectionRefusedError(site)
        changed = {**self.jars, **dict(resources)}
        if len(changed) > most:
            return False
        self.jars = changed
        return True

    def delete(self, site: str, resource_id: str) -> bool:
        """Take a jar down."""
        return self.jars.pop(resource_id, None) is not None


def parse_jar(value: object) -> tuple[str, str]:
    """Read a jar."""
    if not isinstance(value, dict) or "colour" not in value:
        raise InvalidError("jar_invalid", f"no jar: {value}")
    return str(value["jar_id"]), str(value["colour"])


def routes_of(drawer: Drawer) -> StoredResourceRoutes[tuple[str, str]]:
    """What the routes of jars do, two of which have room."""
    return StoredResourceRoutes(
        noun="jar",
        most=2,
        away="the drawer does not answer",
        parse=parse_jar,
        id_of=lambda jar: jar[0],
        store=lambda _: drawer,
    )


def sent(body: Any = None) -> Request:
    """A request with a body."""

    async def receive() -> Message:
        return {"type": "http.request", "body": orjson.dumps(body), "more_body": False}

    scope = {"type": "http", "method": "PUT", "path": "/", "headers": [], "state": {"shopwindow": None}}
    return Request(scope, receive)


def test_of_many_the_last_of_each_id_is_put_and_a_bad_one_is_rejected() -> None:
    drawer = Drawer()
    jars = [{"jar_id": "a", "colour": "red"}, {"jar_id": "b"}, {"jar_id": "a", "colour": "blue"}]
    with pytest.raises(ProblemError, match="jars has 3 elements, at most 2"):
        asyncio.run(routes_of(drawer).put_many(sent({"jars": jars}), SITE))
    told = asyncio.run(routes_of(drawer).put_many(sent({"jars": jars[1:]}), SITE))
    rejected = [{"index": 0, "code": "jar_invalid", "message": "no jar: {'jar_id': 'b'}"}]
    assert orjson.loads(bytes(told.body)) == {"accepted": 1, "rejected": rejected}
    told = asyncio.run(routes_of(drawer).put_many(sent({"jars": [jars[0], jars[2]]}), SITE))
    assert orjson.loads(bytes(told.body)) == {"accepted": 2, "rejected": []}
    assert drawer.jars == {"a": "blue"}


def test_one_is_put_by_the_id_in_its_address_while_there_is_room() -> None:
    drawer = Drawer()
    for jar_id in ("a", "b"):
        assert asyncio.run(routes_of(drawer).put_one(sent({"colour": "red"}), SITE, jar_id)) == (jar_id, "red")
    with pytest.raises(InvalidError, match="site 'demo' would have more than 2 jars") as full:
        asyncio.run(routes_of(drawer).put_one(sent({"colour": "red"}), SITE, "c"))
    assert full.value.code == "jars_too_many"
    assert drawer.jars == {"a": "red", "b": "red"}


def test_one_is_taken_out_once() -> None:
    drawer = Drawer()
    drawer.jars = {"a": "red"}
    assert asyncio.run(routes_of(drawer).delete_one(sent(), SITE, "a")).status_code == 204
    with pytest.raises(ProblemError, match="site 'demo' has no jar 'a'") as gone:
        asyncio.run(routes_of(drawer).delete_one(sent(), SITE, "a"))
    assert (gone.value.status, gone.value.code) == (404, "jar_unknown")


def test_a_store_that_does_not_answer_is_a_problem_of_its_kind() -> None:
    elsewhere = cast(Site, SimpleNamespace(name="elsewhere"))
    with pytest.raises(ProblemError, match="the drawer does not answer") as away:
        asyncio.run(routes_of(Drawer()).put_one(sent({"colour": "red"}), elsewhere, "a"))
    assert (away.value.status, away.value.code) == (503, "store_unavailable")
