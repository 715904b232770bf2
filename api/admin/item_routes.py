"""/v1/catalog/items: products put, many or one, as feeds write them, with what is to be said of each; and taken off."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.resource_routes import ResourceRoutes, resource_view
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.request_body import answer, array_in, parse_each, read_json, read_resource
from api.http.schemas.catalog import MAX_RESOURCES, DeletedItems, Items, ItemsAccepted, ItemsRemoved
from api.http.schemas.documenting import body, problems
from api.runtime.authentication import SecretSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import CATALOG_AWAY, ask_store, follow_newest_catalog
from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.catalog.feed.items import ItemReading, lacking, read_id, read_item
from models.catalog.feed.prices import PriceEvidence
from models.catalog.feed.whole import items_gone
from models.catalog.resources import CatalogItem
from store.site.catalog import id_of

ITEMS_PATH: Final = "/v1/catalog/items"
MAX_FEED_BYTES: Final = 16 * 1024 * 1024
_PORTION: Final = 100

router = APIRouter(route_class=CheckedRoute)


@dataclass(slots=True)
class _Intake:
    """Reads the products of one request in turn, and notes warnings by their index.

    Their prices are evidence of each other; of several with one id the last counts, and the earlier are named.
    """

    evidence: PriceEvidence
    warnings: list[dict[str, Any]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _currencies: dict[str, int] = field(default_factory=dict)
    _index: int = -1

    def read(self, value: object) -> CatalogItem:
        """Read the next one; raises `InvalidError`."""
        self._index += 1
        reading: ItemReading = read_item(value, self.evidence)
        item = reading.item
        for remark in reading.remarks:
            self._warn(remark.field, remark.code, remark.message)
        if lack := lacking(item):
            self._warn("item_id", "item_incomplete", f"item {item.item_id!r} {lack}: it cannot be shown well")
        if item.item_id in self._seen:
            before = self._seen[item.item_id]
            self._warn(
                "item_id", "item_id_repeated", f"item {item.item_id!r} came before, at {before}: this one counts"
            )
        self._seen[item.item_id] = self._index
        self._currencies.setdefault(item.currency, self._index)
        return item

    def warn_of_currencies(self, assortment: Assortment) -> None:
        """Name each currency, where it came first, whose prices cannot be compared with most others."""
        for code in assortment.incomparable(self._currencies):
            message = (
                f"prices in {code} are never compared with those in {assortment.main_currency}, nor added to them: "
                f"{code} has no rate in /v1/currency"
            )
            named = {"field": "price", "code": "currency_unknown", "message": message}
            self.warnings.append({"index": self._currencies[code], **named})

    def _warn(self, name: str, code: str, message: str) -> None:
        self.warnings.append({"index": self._index, "field": name, "code": code, "message": message})


async def _read_in_portions(values: list[Any], intake: _Intake) -> tuple[list[CatalogItem], list[dict[str, Any]]]:
    """Read products, letting other requests in between."""
    accepted: list[CatalogItem] = []
    rejected: list[dict[str, Any]] = []
    for start in range(0, len(values), _PORTION):
        taken, refused = parse_each(values[start : start + _PORTION], intake.read)
        accepted += taken
        rejected += [{**rejection, "index": rejection["index"] + start} for rejection in refused]
        await asyncio.sleep(0)
    return accepted, rejected


class _ItemRoutes(ResourceRoutes[CatalogItem]):
    """Those of products."""

    async def reader(self, state: State, site: Site, values: Sequence[Any]) -> Callable[[object], CatalogItem]:  # noqa: ARG002
        return _Intake(PriceEvidence.from_rows(values)).read

    async def put(self, state: State, site: Site, resources: list[CatalogItem]) -> None:
        await ask_store(self.away, state.stores.catalogs.put, site.name, "items", resources, time.time())
        await follow_newest_catalog(site)

    async def delete(self, state: State, site: Site, resource_id: str) -> bool:
        return await self.delete_many(state, site, [resource_id]) > 0

    async def delete_many(self, state: State, site: Site, item_ids: Sequence[str]) -> int:
        """Take several out; gives how many there were."""
        deleted = await ask_store(self.away, state.stores.catalogs.delete_items, site.name, item_ids)
        await follow_newest_catalog(site)
        return deleted

    async def put_whole(self, request: Request, site: Site, *, whole: bool, force: bool) -> Response:
        """Take those that can be read; where they are the `whole` catalog, take off what is not among them."""
        state = state_of(request)
        values = array_in(await read_json(request, self.most_bytes), "items", self.most)
        intake = _Intake(PriceEvidence.from_rows(values))
        accepted, rejected = await _read_in_portions(values, intake)
        gone: list[str] = []
        if whole:
            await follow_newest_catalog(site)
            told = {item.item_id for item in accepted} | {item_id for value in values if (item_id := read_id(value))}
            try:
                gone = items_gone(site.assortment.items, told, forced=force)
            except InvalidError as error:
                raise ProblemError(409, error.code, f"{error.message}; force=true does it all the same") from error
        last_of_each = {item.item_id: item for item in accepted}
        await self.put(state, site, list(last_of_each.values()))
        for start in range(0, len(gone), self.most):
            await self.delete_many(state, site, gone[start : start + self.most])
        intake.warn_of_currencies(site.assortment)
        told_back = {"accepted": len(last_of_each), "rejected": rejected, "warnings": intake.warnings}
        return answer({**told_back, **({"removed": len(gone)} if whole else {})})

    async def put_single(self, request: Request, site: Site, item_id: str) -> Response:
        """Take the one put to its own address; the answer has its warnings beside it where there are any."""
        value = await read_resource(request, "item_id", item_id, self.most_bytes)
        intake = _Intake(PriceEvidence.from_rows([value]))
        item = intake.read(value)
        await self.put(state_of(request), site, [item])
        intake.warn_of_currencies(site.assortment)
        return answer({**resource_view(item), **({"warnings": intake.warnings} if intake.warnings else {})})


_ROUTES: Final = _ItemRoutes("item", MAX_RESOURCES, CATALOG_AWAY, partial(id_of, "items"), MAX_FEED_BYTES)


@router.put(
    ITEMS_PATH,
    tags=["catalog"],
    summary="Add or replace up to 1,000 products",
    responses={200: {"model": ItemsAccepted}, **problems(400, 401, 403, 409, 413, 422, 503)},
    openapi_extra=body(Items),
)
async def put_items(
    request: Request,
    site: SecretSite,
    whole: Annotated[bool, Query(description="These are all there are: what is not among them is taken off.")] = False,
    force: Annotated[bool, Query(description="Take off more than half of the catalog, if need be.")] = False,
) -> Response:
    """Take many at once: a bad one is rejected with its index, an odd field is named in `warnings`."""
    return await _ROUTES.put_whole(request, site, whole=whole, force=force)


@router.put(
    f"{ITEMS_PATH}/{{resource_id:path}}",
    tags=["catalog"],
    summary="Add or replace one item",
    responses=problems(400, 401, 403, 413, 422, 503),
    openapi_extra=body(CatalogItem),
)
async def put_item(
    request: Request, resource_id: Annotated[str, Path(description="Its `item_id`.")], site: SecretSite
) -> Response:
    """Take one; the id in the address counts."""
    return await _ROUTES.put_single(request, site, resource_id)


@router.delete(
    ITEMS_PATH,
    tags=["catalog"],
    summary="Remove up to 1,000 products",
    responses={200: {"model": ItemsRemoved}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(DeletedItems),
)
async def delete_items(request: Request, site: SecretSite) -> Response:
    """Remove many at once; ids of which there is no product are named."""
    values = array_in(await read_json(request), "item_ids", MAX_RESOURCES)
    item_ids = list(dict.fromkeys(str(value) for value in values))
    await follow_newest_catalog(site)
    known = [item_id for item_id in item_ids if item_id in site.assortment.items]
    deleted = await _ROUTES.delete_many(state_of(request), site, known)
    return answer({"deleted": deleted, "unknown": [item_id for item_id in item_ids if item_id not in set(known)]})
