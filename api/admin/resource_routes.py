"""Resource routes: how things of any kind are put, many or one, and taken out; a kind says how it is read and kept."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, NamedTuple, Protocol, TypeVar, cast, get_args

import msgspec
from fastapi import Query, Request, Response

from api.http.problems import ProblemError, unknown
from api.http.request_body import MAX_BODY_BYTES, answer, array_in, parse_each, read_json, read_resource
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import ask_store, follow_newest_catalog
from models.base.errors import InvalidError
from models.catalog.references import Noun, named_by

Resource = TypeVar("Resource")
_MOST_NAMED: Final = 10

After = Annotated[str, Query(description="Begin behind this id; answers name the next one in `next`.")]
Force = Annotated[bool, Query(description="Remove it whatever names it.")]


class ResourceStore(Protocol[Resource]):
    """Where a site's things of one kind are kept, by id."""

    def put_within(self, site: str, resources: list[Resource], most: int, /) -> bool:
        """Add or replace things; False, and nothing is changed, where there would be more than `most`."""

    def delete(self, site: str, resource_id: str, /) -> bool:
        """Take a thing out; False where there was none."""


@dataclass(frozen=True, slots=True)
class ResourceRoutes(ABC, Generic[Resource]):
    """What the routes of one kind of thing do.

    Parameters
    ----------
    noun
        What one is called, in the names of fields and the codes of problems; many have an s.
    most
        Things of the kind one request may bring.
    away
        Detail of the problem where the store does not answer.
    id_of
        Gives one's id.
    most_bytes
        Size of a body.
    """

    noun: str
    most: int
    away: str
    id_of: Callable[[Resource], str]
    most_bytes: int = MAX_BODY_BYTES

    @abstractmethod
    async def reader(self, state: State, site: Site, values: Sequence[Any]) -> Callable[[object], Resource]:
        """Give what reads each of `values` in turn as a shop writes it; it raises `InvalidError`."""

    @abstractmethod
    async def put(self, state: State, site: Site, resources: list[Resource]) -> None:
        """Add or replace things, each with an id of its own. Raises `InvalidError` where there is no room."""

    @abstractmethod
    async def delete(self, state: State, site: Site, resource_id: str) -> bool:
        """Take a thing out; False where there was none."""

    def warnings(self, site: Site, resources: Sequence[Resource]) -> list[dict[str, Any]]:  # noqa: ARG002
        """Say what is odd about things that were taken."""
        return []

    async def put_many(self, request: Request, site: Site) -> Response:
        """Take those that can be read, of several with one id the last, and answer which were rejected, and why."""
        state = state_of(request)
        values = array_in(await read_json(request, self.most_bytes), f"{self.noun}s", self.most)
        accepted, rejected = parse_each(values, await self.reader(state, site, values))
        last_of_each = {self.id_of(resource): resource for resource in accepted}
        await self.put(state, site, list(last_of_each.values()))
        warnings = self.warnings(site, list(last_of_each.values()))
        found = {"accepted": len(accepted), "rejected": rejected}
        return answer(with_warnings(found, warnings))

    async def put_one(self, request: Request, site: Site, resource_id: str) -> Resource:
        """Take the one put to its own address, and give it as it was read."""
        state = state_of(request)
        value = await read_resource(request, f"{self.noun}_id", resource_id, self.most_bytes)
        resource = (await self.reader(state, site, [value]))(value)
        await self.put(state, site, [resource])
        return resource

    async def delete_one(self, request: Request, site: Site, resource_id: str) -> Response:
        """Take one out, or say that there is none."""
        if not await self.delete(state_of(request), site, resource_id):
            raise unknown(site.name, self.noun, resource_id)
        return Response(status_code=204)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResourceRoutes(ResourceRoutes[Resource]):
    """Those of a kind that has a store of its own, picked by `store`; `parse` reads one, and a site may have `most`."""

    parse: Callable[[object], Resource]
    store: Callable[[State], ResourceStore[Resource]]

    async def reader(self, state: State, site: Site, values: Sequence[Any]) -> Callable[[object], Resource]:  # noqa: ARG002
        """Give `parse`: nothing but the thing itself says whether it is valid."""
        return self.parse

    async def put(self, state: State, site: Site, resources: list[Resource]) -> None:
        """Add or replace things in their store."""
        if not await ask_store(self.away, self.store(state).put_within, site.name, resources, self.most):
            raise InvalidError(
                f"{self.noun}s_too_many", f"site {site.name!r} would have more than {self.most} {self.noun}s"
            )

    async def delete(self, state: State, site: Site, resource_id: str) -> bool:
        """Take a thing out of its store; False where there was none."""
        return await ask_store(self.away, self.store(state).delete, site.name, resource_id)


def with_warnings(found: dict[str, Any], warnings: list[dict[str, Any]]) -> dict[str, Any]:
    """Give an answer with `warnings` beside what it has, where there are any."""
    return {**found, "warnings": warnings} if warnings else found


class Page(NamedTuple):
    """Ids of one page of a listing, and the one it goes on behind, None for the last page."""

    ids: list[str]
    following: str | None


def page_of(ids: Iterable[str], after: str, limit: int) -> Page:
    """Give the first ids behind one.

    >>> page_of(["c", "a", "b"], "", 2), page_of(["c", "a", "b"], "b", 2)
    (Page(ids=['a', 'b'], following='b'), Page(ids=['c'], following=None))
    """
    behind = sorted(known for known in ids if known > after)
    page = behind[:limit]
    return Page(page, page[-1] if len(behind) > limit else None)


async def refuse_named(site: Site, noun: str, resource_id: str) -> None:
    """Refuse to take out what a rule in force or a running experiment names: it would go on with nothing to show."""
    if noun not in get_args(Noun) or noun == "item":
        return
    await follow_newest_catalog(site)
    naming = named_by(cast(Noun, noun), resource_id, site.assortment, time.time())
    if naming:
        raise ProblemError(
            409,
            f"{noun}_in_use",
            f"{noun} {resource_id!r} is named by {', '.join(naming[:_MOST_NAMED])}: take it out there first; "
            "force=true does it all the same",
        )


def resource_view(resource: Any) -> dict[str, Any]:
    """Give a thing as JSON: a category as a path, no field that was never set."""
    plain: dict[str, Any] = {
        name: value
        for name, value in msgspec.to_builtins(resource, builtin_types=(float,)).items()
        if not (isinstance(value, float) and math.isinf(value))
    }
    if plain.get("category"):
        plain["category"] = " > ".join(plain["category"])
    return plain
