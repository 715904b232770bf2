"""/v1/catalog/items, /v1/creatives, /v1/campaigns, /v1/placements, /v1/rules, /v1/experiments: what the shop sells and
shows, and what is laid over it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Annotated, Any, Final, NamedTuple

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.item_routes import ITEMS_PATH, MAX_FEED_BYTES
from api.admin.resource_routes import (
    After,
    Force,
    ResourceRoutes,
    page_of,
    refuse_named,
    resource_view,
    with_warnings,
)
from api.http.checked_route import CheckedRoute
from api.http.problems import unknown
from api.http.request_body import answer
from api.http.schemas.catalog import MAX_RESOURCES, Campaigns, Creatives, Placements, ResourcesAccepted
from api.http.schemas.documenting import body, problems
from api.http.schemas.experiments import Experiments
from api.http.schemas.rules import Rules
from api.runtime.authentication import SecretSite
from api.runtime.site import Site
from api.runtime.state import State
from api.runtime.store_access import CATALOG_AWAY, ask_store, follow_newest_catalog
from models.base.errors import InvalidError, show_value
from models.catalog.parsing import PARSERS
from models.catalog.references import SETTLED_NOUNS, guess, is_met, references_of, unmet_warnings
from models.catalog.resources import (
    Campaign,
    CatalogResource,
    Creative,
    Experiment,
    MerchandisingRule,
    Placement,
    ResourceKind,
)
from models.experiments.assignment import MAX_EXPERIMENTS, begun, check_layer
from models.experiments.parsing import parse_experiment
from store.site.catalog import id_of

_PARSERS: Final = {**PARSERS, "experiments": parse_experiment}
_MOST_WARNINGS: Final = 100

router = APIRouter(route_class=CheckedRoute)


class _Bodies(NamedTuple):
    """What the document calls many of a kind, and each of them."""

    of_many: type
    of_each: type


@dataclass(frozen=True, slots=True, kw_only=True)
class _CatalogRoutes(ResourceRoutes[CatalogResource]):
    """Those of a kind of the catalog: things of it name each other, and are checked against the newest."""

    kind: ResourceKind

    async def reader(self, state: State, site: Site, values: Sequence[Any]) -> Callable[[object], CatalogResource]:
        await follow_newest_catalog(site)
        known_segments = await _segments(state, site, self.kind, values)
        before: list[CatalogResource] = []

        def parse(value: object) -> CatalogResource:
            before.append(_checked(site, self.kind, _PARSERS[self.kind](value), before, known_segments))
            return before[-1]

        return parse

    async def put(self, state: State, site: Site, resources: list[CatalogResource]) -> None:
        await ask_store(self.away, state.stores.catalogs.put, site.name, self.kind, resources, time.time())
        await follow_newest_catalog(site)

    def warnings(self, site: Site, resources: Sequence[CatalogResource]) -> list[dict[str, Any]]:
        found = (
            unmet_warnings(
                id_of(self.kind, resource),
                (named for named in references_of(resource) if named.noun not in SETTLED_NOUNS),
                site.assortment,
            )
            for resource in resources
        )
        return list(islice(chain.from_iterable(found), _MOST_WARNINGS))

    async def delete(self, state: State, site: Site, resource_id: str) -> bool:
        known = await ask_store(self.away, state.stores.catalogs.delete, site.name, self.kind, resource_id)
        await follow_newest_catalog(site)
        return known


def _declare_routes(kind: ResourceKind, path: str, noun: str, bodies: _Bodies) -> None:
    """Declare the routes of one kind of thing; they differ in nothing but names."""
    tags: list[Any] = [kind]
    routes = _routes_of(kind, noun)

    @router.put(
        path,
        tags=tags,
        name=f"put_{kind}",
        summary=f"Add or replace up to 1,000 {kind}",
        responses={200: {"model": ResourcesAccepted}, **problems(400, 401, 403, 413, 422, 503)},
        openapi_extra=body(bodies.of_many),
    )
    async def put_many(request: Request, site: SecretSite) -> Response:
        """Take many at once: a bad one is rejected with its index, and never fails the rest."""
        return await routes.put_many(request, site)

    @router.put(
        f"{path}/{{resource_id:path}}",
        tags=tags,
        name=f"put_{noun}",
        summary=f"Add or replace one {noun}",
        responses=problems(400, 401, 403, 413, 422, 503),
        openapi_extra=body(bodies.of_each),
    )
    async def put_one(
        request: Request, resource_id: Annotated[str, Path(description=f"Its `{noun}_id`.")], site: SecretSite
    ) -> Response:
        """Take one; the id in the address counts. What it names and is not there yet is told in `warnings`."""
        resource = await routes.put_one(request, site, resource_id)
        return answer(with_warnings(resource_view(resource), routes.warnings(site, [resource])))

    _declare_reading(kind, path, noun)


def _declare_reading(kind: ResourceKind, path: str, noun: str) -> None:
    """Declare the routes that list, read and remove things of a kind."""
    tags: list[Any] = ["catalog" if kind == "items" else kind]
    many = "products" if kind == "items" else kind
    routes = _routes_of(kind, noun)

    @router.get(
        path,
        tags=tags,
        name=f"get_{kind}",
        summary=f"List {many}",
        responses=problems(401, 403, 422, 503),
    )
    async def get_many(
        site: SecretSite,
        limit: Annotated[int, Query(ge=1, le=MAX_RESOURCES)] = 100,
        after: After = "",
    ) -> Response:
        """List by id."""
        await follow_newest_catalog(site)
        table = _table(site, kind)
        page = page_of(table, after, limit)
        listed = [resource_view(table[resource_id]) for resource_id in page.ids]
        return answer({kind: listed, "total": len(table), "next": page.following})

    @router.get(
        f"{path}/{{resource_id:path}}",
        tags=tags,
        name=f"get_{noun}",
        summary=f"Read one {noun}",
        responses=problems(401, 403, 404, 503),
    )
    async def get_one(resource_id: str, site: SecretSite) -> Response:
        """Give one as the site has it now."""
        await follow_newest_catalog(site)
        resource = _table(site, kind).get(resource_id)
        if resource is None:
            raise unknown(site.name, noun, resource_id)
        return answer(resource_view(resource))

    @router.delete(
        f"{path}/{{resource_id:path}}",
        tags=tags,
        name=f"delete_{noun}",
        status_code=204,
        summary=f"Remove one {noun}",
        responses=problems(401, 403, 404, 409, 503),
    )
    async def delete_one(
        request: Request,
        resource_id: str,
        site: SecretSite,
        force: Force = False,
    ) -> Response:
        """Remove one; it is not shown from the next request on. What a rule or a running experiment names stays."""
        if not force:
            await refuse_named(site, noun, resource_id)
        return await routes.delete_one(request, site, resource_id)


def _routes_of(kind: ResourceKind, noun: str) -> _CatalogRoutes:
    return _CatalogRoutes(noun, MAX_RESOURCES, CATALOG_AWAY, partial(id_of, kind), MAX_FEED_BYTES, kind=kind)


def _checked(
    site: Site,
    kind: ResourceKind,
    resource: CatalogResource,
    before: Sequence[CatalogResource],
    known_segments: frozenset[str],
) -> CatalogResource:
    """Refuse what would silently do nothing: a creative of no campaign, an audience of no segment, a change of no
    placement; and what an experiment that has begun may not change. `before` comes with it in the same call."""
    for named in references_of(resource):
        if named.noun == "segment":
            is_known = named.name in known_segments
        else:
            is_known = named.noun not in SETTLED_NOUNS or is_met(named, site.assortment)
        if not is_known:
            meant = guess(named, site.assortment)
            then = f"did you mean {meant}?" if meant else f"put the {named.noun} first"
            raise InvalidError(
                f"{named.noun}_unknown",
                f"{id_of(kind, resource)}: site {site.name!r} has no {named.noun} {show_value(named.name)}; {then}",
            )
    if isinstance(resource, Experiment):
        return _checked_experiment(
            site, resource, [experiment for experiment in before if isinstance(experiment, Experiment)]
        )
    return resource


def _checked_experiment(site: Site, experiment: Experiment, before: Sequence[Experiment]) -> Experiment:
    known = {**site.assortment.experiments, **{experiment.experiment_id: experiment for experiment in before}}
    if experiment.experiment_id not in known and len(known) >= MAX_EXPERIMENTS:
        raise InvalidError("experiments_too_many", f"site {site.name!r} has {MAX_EXPERIMENTS} experiments already")
    check_layer(experiment, known.values())
    return begun(known.get(experiment.experiment_id), experiment, time.time())


async def _segments(state: State, site: Site, kind: ResourceKind, values: Sequence[Any]) -> frozenset[str]:
    """The site's segments, read only where one of the things sent names an audience."""
    if kind not in ("rules", "experiments") or b'"audience"' not in orjson.dumps(values):
        return frozenset()
    segment_config = await ask_store(CATALOG_AWAY, state.stores.segments.segment_config, site.name)
    return frozenset(segment.segment_id for segment in segment_config.segments)


def _table(site: Site, kind: ResourceKind) -> dict[str, Any]:
    table: dict[str, Any] = getattr(site.assortment, kind)
    return table


_declare_reading("items", ITEMS_PATH, "item")
_declare_routes("creatives", "/v1/creatives", "creative", _Bodies(Creatives, Creative))
_declare_routes("campaigns", "/v1/campaigns", "campaign", _Bodies(Campaigns, Campaign))
_declare_routes("placements", "/v1/placements", "placement", _Bodies(Placements, Placement))
_declare_routes("rules", "/v1/rules", "rule", _Bodies(Rules, MerchandisingRule))
_declare_routes("experiments", "/v1/experiments", "experiment", _Bodies(Experiments, Experiment))
