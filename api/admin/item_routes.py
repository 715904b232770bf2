"""/v1/catalog/items: products put, many or one, as feeds write them, with what is to be said of each; and taken off."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.resource_routes import ResourceRoutes, resource_view, with_warnings
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.request_body import MAX_BODY_BYTES, answer, array_in, at_its_address, parse_each, read_leniently
from api.http.schemas.catalog import MAX_RESOURCES, DeletedItems, Items, ItemsAccepted, ItemsRemoved
from api.http.schemas.documenting import body, problems
from api.runtime.authentication import SecretSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import CATALOG_AWAY, ask_store, follow_newest_catalog
from models.base.currencies import parse_currency_code
from models.base.errors import InvalidError
from models.catalog.assortment import Assortment
from models.catalog.feed.columns import FieldNaming, misspelt, read_fields
from models.catalog.feed.items import ItemReading, lacking, read_id, read_item
from models.catalog.feed.locales import parse_locale
from models.catalog.feed.prices import PriceEvidence, lacks_currency
from models.catalog.feed.whole import items_gone
from models.catalog.resources import CatalogItem
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.json_repair import repaired
from store.site.catalog import id_of

ITEMS_PATH: Final = "/v1/catalog/items"
MAX_FEED_BYTES: Final = 16 * 1024 * 1024
_PORTION: Final = 100

router = APIRouter(route_class=CheckedRoute)

Currency = Annotated[str, Query(description="Currency of prices that name none, such as EUR.", examples=["EUR"])]
LocaleOption = Annotated[
    str, Query(description="Language and country that prices are written for, such as de-DE.", examples=["de-DE"])
]


@dataclass(frozen=True, slots=True)
class _ItemOptions:
    """What a sender knows of all products of a request: the currency of prices that name none, and their locale."""

    currency: str = ""
    locale: str = ""

    @classmethod
    def of(cls, currency: str, locale: str) -> "_ItemOptions":
        """Check what was given; raises `InvalidError`."""
        return cls(currency and parse_currency_code(currency), locale and parse_locale(locale))


@dataclass(slots=True)
class _Intake:
    """Reads the products of one request in turn, and notes warnings by their index.

    Their prices are evidence of each other; of several with one id the last counts, and the earlier are named.
    """

    evidence: PriceEvidence = field(default_factory=PriceEvidence)
    values: list[Any] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _currencies: dict[str, int] = field(default_factory=dict)
    _index: int = -1

    @classmethod
    def of(cls, given: Sequence[Any], options: _ItemOptions, *, is_whole: bool = True) -> "_Intake":
        """Take the products of a request, in `values` by our names; what JSON has not is repaired first."""
        intake = cls()
        naming = FieldNaming.from_objects(value for value in given if isinstance(value, dict))
        said: set[str] = set()
        for index, value in enumerate(given):
            intake._index = index
            product = value if is_whole else intake._repaired(value)
            if isinstance(product, dict):
                product = naming.under_our_names(product)
                if options.currency and lacks_currency(product, options.currency):
                    product["currency"] = options.currency
                intake._warn_of_misspelt(product, said)
            intake.values.append(product)
        intake._index = -1
        intake.evidence = PriceEvidence.from_rows(intake.values, options.locale)
        return intake

    def _repaired(self, value: Any) -> Any:
        found = EventWarnings()
        product = repaired(value, found)
        for warning in found.found:
            self._warn(warning.field, warning.code, warning.message)
        return product

    def _warn_of_misspelt(self, product: Mapping[str, Any], said: set[str]) -> None:
        """Say of a field that nobody reads which one is meant, once a request."""
        unread = product.keys() - read_fields() - said
        for name, meant in misspelt(sorted(unread), product).items() if unread else ():
            said.add(name)
            self._warn(name, "field_unknown", f"a product has no field {name!r}: did you mean {meant!r}?")

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
        intake = _Intake.of(values, _ItemOptions())
        named = iter(intake.values)
        return lambda _: intake.read(next(named))

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

    async def put_whole(
        self, request: Request, site: Site, options: _ItemOptions, *, whole: bool, force: bool
    ) -> Response:
        """Take those that can be read; where they are the `whole` catalog, take off what is not among them."""
        state = state_of(request)
        read, is_whole = await read_leniently(request, self.most_bytes)
        intake = _Intake.of(array_in(read, "items", self.most), options, is_whole=is_whole)
        values = intake.values
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

    async def put_single(self, request: Request, site: Site, item_id: str, options: _ItemOptions) -> Response:
        """Take the one put to its own address; the answer has its warnings beside it where there are any."""
        read, is_whole = await read_leniently(request, self.most_bytes)
        intake = _Intake.of([at_its_address(read, "item_id", item_id)], options, is_whole=is_whole)
        item = intake.read(intake.values[0])
        await self.put(state_of(request), site, [item])
        intake.warn_of_currencies(site.assortment)
        return answer(with_warnings(resource_view(item), intake.warnings))


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
    currency: Currency = "",
    locale: LocaleOption = "",
) -> Response:
    """Take many at once: a bad one is rejected with its index, an odd field is named in `warnings`."""
    options = _ItemOptions.of(currency, locale)
    return await _ROUTES.put_whole(request, site, options, whole=whole, force=force)


@router.put(
    f"{ITEMS_PATH}/{{resource_id:path}}",
    tags=["catalog"],
    summary="Add or replace one item",
    responses=problems(400, 401, 403, 413, 422, 503),
    openapi_extra=body(CatalogItem),
)
async def put_item(
    request: Request,
    resource_id: Annotated[str, Path(description="Its `item_id`.")],
    site: SecretSite,
    currency: Currency = "",
    locale: LocaleOption = "",
) -> Response:
    """Take one; the id in the address counts."""
    return await _ROUTES.put_single(request, site, resource_id, _ItemOptions.of(currency, locale))


@router.delete(
    ITEMS_PATH,
    tags=["catalog"],
    summary="Remove up to 1,000 products",
    responses={200: {"model": ItemsRemoved}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(DeletedItems),
)
async def delete_items(request: Request, site: SecretSite) -> Response:
    """Remove many at once; ids of which there is no product are named."""
    read, _ = await read_leniently(request, MAX_BODY_BYTES)
    values = array_in(read, "item_ids", MAX_RESOURCES)
    item_ids = list(dict.fromkeys(str(repaired(value, EventWarnings())) for value in values))
    await follow_newest_catalog(site)
    known = [item_id for item_id in item_ids if item_id in site.assortment.items]
    deleted = await _ROUTES.delete_many(state_of(request), site, known)
    return answer({"deleted": deleted, "unknown": [item_id for item_id in item_ids if item_id not in set(known)]})
