"""/v1/catalog/items, /v1/creatives, /v1/campaigns, /v1/placements, /v1/rules, /v1/experiments: what the shop sells and
shows, and what is laid over it."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.item_routes import ITEMS_PATH, MAX_FEED_BYTES
from api.admin.resource_routes import ResourceRoutes, resource_view
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
from models.base.suggestions import closest
from models.catalog.parsing import PARSERS
from models.catalog.resources import (
    Audience,
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
            before.append(_checked(site, _PARSERS[self.kind](value), before, known_segments))
            return before[-1]

        return parse

    async def put(self, state: State, site: Site, resources: list[CatalogResource]) -> None:
        await ask_store(self.away, state.stores.catalogs.put, site.name, self.kind, resources, time.time())
        await follow_newest_catalog(site)

    def warnings(self, site: Site, resources: Sequence[CatalogResource]) -> list[dict[str, Any]]:
        return [
            {
                "id": id_of(self.kind, resource),
                "field": "item_ids",
                "code": "item_unknown",
                "message": f"{id_of(self.kind, resource)}: the catalog has no item {show_value(item_id)}"
                + (f"; did you mean {guess}?" if (guess := closest(item_id, site.assortment.items)) else " yet"),
            }
            for resource in resources
            for item_id in _items_named(resource)
            if item_id not in site.assortment.items
        ][:_MOST_WARNINGS]

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
        """Take one; the id in the address counts."""
        return answer(resource_view(await routes.put_one(request, site, resource_id)))

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
        after: Annotated[str, Query(description="Begin behind this id; answers name the next one in `next`.")] = "",
    ) -> Response:
        """List by id."""
        await follow_newest_catalog(site)
        table = _table(site, kind)
        ids = sorted(resource_id for resource_id in table if resource_id > after)
        page = ids[:limit]
        listed = {kind: [resource_view(table[resource_id]) for resource_id in page], "total": len(table)}
        return answer({**listed, "next": page[-1] if len(ids) > limit else None})

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
        responses=problems(401, 403, 404, 503),
    )
    async def delete_one(request: Request, resource_id: str, site: SecretSite) -> Response:
        """Remove one; it is not shown from the next request on."""
        return await routes.delete_one(request, site, resource_id)


def _routes_of(kind: ResourceKind, noun: str) -> _CatalogRoutes:
    return _CatalogRoutes(noun, MAX_RESOURCES, CATALOG_AWAY, partial(id_of, kind), MAX_FEED_BYTES, kind=kind)


def _checked(
    site: Site, resource: CatalogResource, before: Sequence[CatalogResource], known_segments: frozenset[str]
) -> CatalogResource:
    """Refuse what would silently do nothing: a creative of no campaign, an audience of no segment, a change of no
    placement; and what an experiment that has begun may not change. `before` comes with it in the same call."""
    assortment = site.assortment
    if isinstance(resource, Creative) and resource.campaign_id not in assortment.campaigns:
        raise InvalidError(
            "campaign_unknown",
            f"creative {resource.creative_id!r}: site {site.name!r} has no campaign "
            f"{show_value(resource.campaign_id)}; put the campaign first",
        )
    for audience in _audiences(resource):
        for segment_id in (*audience.any_of, *audience.all_of, *audience.none_of):
            if segment_id not in known_segments:
                raise InvalidError(
                    "segment_unknown",
                    f"site {site.name!r} has no segment {show_value(segment_id)}; put the segment first",
                )
    for rule in _rules_of(resource):
        _check_names(site, rule.rule_id, "creative", rule.creative_ids, assortment.creatives)
        _check_names(site, rule.rule_id, "campaign", rule.campaign_ids, assortment.campaigns)
        _check_names(site, rule.rule_id, "placement", rule.placements, assortment.placements)
    if isinstance(resource, Experiment):
        return _checked_experiment(
            site, resource, [experiment for experiment in before if isinstance(experiment, Experiment)]
        )
    return resource


def _items_named(resource: CatalogResource) -> list[str]:
    """Items that a thing names: they may come into the catalog later."""
    if isinstance(resource, Creative):
        return list(resource.item_ids)
    return [item_id for rule in _rules_of(resource) for item_id in rule.item_ids]


def _rules_of(resource: CatalogResource) -> Sequence[MerchandisingRule]:
    """The rules that a thing is or brings with it."""
    if isinstance(resource, MerchandisingRule):
        return [resource]
    if isinstance(resource, Experiment):
        return [rule for variant in resource.variants for rule in variant.rules]
    return []


def _check_names(site: Site, who: str, noun: str, named: Iterable[str], known: Collection[str]) -> None:
    """Refuse what names things that do not exist: it would silently do nothing."""
    for name in named:
        if name not in known:
            guess = closest(name, known)
            raise InvalidError(
                f"{noun}_unknown",
                f"{who}: site {site.name!r} has no {noun} {show_value(name)}"
                f"{f'; did you mean {guess}?' if guess else f'; put the {noun} first'}",
            )


def _checked_experiment(site: Site, experiment: Experiment, before: Sequence[Experiment]) -> Experiment:
    known = {**site.assortment.experiments, **{experiment.experiment_id: experiment for experiment in before}}
    if experiment.experiment_id not in known and len(known) >= MAX_EXPERIMENTS:
        raise InvalidError("experiments_too_many", f"site {site.name!r} has {MAX_EXPERIMENTS} experiments already")
    named = f"experiment {experiment.experiment_id}"
    for variant in experiment.variants:
        _check_names(site, named, "placement", variant.placements, site.assortment.placements)
        for change in variant.placements.values():
            _check_names(site, named, "creative", change.creative_ids, site.assortment.creatives)
    check_layer(experiment, known.values())
    return begun(known.get(experiment.experiment_id), experiment, time.time())


def _audiences(resource: CatalogResource) -> list[Audience]:
    if isinstance(resource, MerchandisingRule):
        return [resource.audience]
    if isinstance(resource, Experiment):
        return [resource.audience, *(rule.audience for variant in resource.variants for rule in variant.rules)]
    return []


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
