"""/v1/currency: the currency a site reckons in, and what others are worth in it."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.request_body import answer, read_json
from api.http.schemas.currency import WRITTEN_CURRENCY
from api.http.schemas.documenting import answers, body, problems
from api.runtime.authentication import SecretSite
from api.runtime.site import Site
from api.runtime.state import state_of
from api.runtime.store_access import CATALOG_AWAY, ask_store, follow_newest_catalog
from models.catalog.currency_parsing import parse_site_currency
from models.events.currency import NO_CURRENCY, SITE_CURRENCY_ID, SiteCurrency

router = APIRouter(tags=["currency"], route_class=CheckedRoute)


@router.get(
    "/v1/currency",
    summary="Read the base currency and rates",
    responses={**answers(SiteCurrency), **problems(401, 403, 503)},
)
async def get_currency(site: SecretSite) -> Response:
    """Give what the site reckons in, `base` null where nothing was said."""
    await follow_newest_catalog(site)
    return answer(_view(site))


@router.put(
    "/v1/currency",
    summary="Set the base currency and rates",
    responses={**answers(SiteCurrency), **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(WRITTEN_CURRENCY),
)
async def put_currency(request: Request, site: SecretSite) -> Response:
    """Set it whole: what is left out is as if it had never been set, and what the settings say counts.

    Events are reckoned by the rates of when they come in; what came in before their currency had a rate, by those of
    now. Visitors' value is judged again by it.
    """
    currency = parse_site_currency(await read_json(request))
    stores = state_of(request).stores
    if currency == NO_CURRENCY:
        await ask_store(CATALOG_AWAY, stores.catalogs.delete, site.name, "currency", SITE_CURRENCY_ID)
    else:
        await ask_store(CATALOG_AWAY, stores.catalogs.put, site.name, "currency", [currency], time.time())
    await ask_store(CATALOG_AWAY, stores.segments.judge_anew, site.name)
    await follow_newest_catalog(site)
    return answer(_view(site))


def _view(site: Site) -> dict[str, Any]:
    currency = site.assortment.currency
    return {"base": currency.base or None, "rates": dict(sorted(currency.rates.items()))}
