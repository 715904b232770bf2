"""Resource routes: how things of a kind that has a store of its own are put, many or one, and taken out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fastapi import Request, Response

from api.http.problems import unknown
from api.http.request_body import answer, array_in, parse_each, read_json, read_resource
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import ask_store
from models.base.errors import InvalidError

Resource = TypeVar("Resource")


class ResourceStore(Protocol[Resource]):
    """Where a site's things of one kind are kept, by id."""

    def put(self, site: str, resources: list[Resource], most: int, /) -> bool:
        """Add or replace things; False, and nothing is changed, where there would be more than `most`."""

    def delete(self, site: str, resource_id: str, /) -> bool:
        """Take a thing out; False where there was none."""


@dataclass(frozen=True, slots=True)
class ResourceRoutes(Generic[Resource]):
    """What the routes of one kind of thing do.

    Parameters
    ----------
    noun
        What one is called, in the names of fields and the codes of problems; many have an s.
    most
        Things of the kind a site may have, and one request may bring.
    away
        Detail of the problem where the store does not answer.
    parse
        Reads one as a shop writes it; raises `InvalidError`.
    id_of
        Gives one's id.
    store
        Picks their store.
    """

    noun: str
    most: int
    away: str
    parse: Callable[[object], Resource]
    id_of: Callable[[Resource], str]
    store: Callable[[State], ResourceStore[Resource]]

    async def put_many(self, request: Request, site: Site) -> Response:
        """Take those that can be read, of several with one id the last, and answer which were rejected, and why."""
        values = array_in(await read_json(request), f"{self.noun}s", self.most)
        accepted, rejected = parse_each(values, self.parse)
        last_of_each = {self.id_of(resource): resource for resource in accepted}
        await self._put(state_of(request), site, list(last_of_each.values()))
        return answer({"accepted": len(accepted), "rejected": rejected})

    async def put_one(self, request: Request, site: Site, resource_id: str) -> Resource:
        """Take the one put to its own address, and give it as it was read."""
        resource = self.parse(await read_resource(request, f"{self.noun}_id", resource_id))
        await self._put(state_of(request), site, [resource])
        return resource

    async def delete_one(self, request: Request, site: Site, resource_id: str) -> Response:
        """Take one out, or say that there is none."""
        if not await ask_store(self.away, self.store(state_of(request)).delete, site.name, resource_id):
            raise unknown(site.name, self.noun, resource_id)
        return Response(status_code=204)

    async def _put(self, state: State, site: Site, resources: list[Resource]) -> None:
        if not await ask_store(self.away, self.store(state).put, site.name, resources, self.most):
            raise InvalidError(
                f"{self.noun}s_too_many", f"site {site.name!r} would have more than {self.most} {self.noun}s"
            )
