"""The API as an ASGI application."""

import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from secrets import token_hex
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.admin import (
    archive,
    catalog,
    currency,
    dead_letters,
    erasures,
    experiments,
    item_routes,
    journal,
    keys,
    mail_lists,
    operations,
    reports,
    rule_preview,
    segments,
    timeline,
    triggers,
    visitor_export,
    visitors,
)
from api.http import documentation, problems
from api.http.config import ApiConfig
from api.http.edge.cross_origin import CrossOrigin
from api.http.openapi import openapi_document
from api.http.timing import Timing
from api.ingest import events, measurement_protocol, segment
from api.public import decisions, messages, rank, recommendations, slots, visitor_tokens
from api.runtime.authentication import operations_reader
from api.runtime.lifespan import live
from api.runtime.logs import Logs
from api.runtime.state import State
from api.shop.routes import shop_routes
from models.base.bucketing import in_holdout
from models.base.errors import InvalidError
from models.catalog.resources import CatalogItem

_LOGGER = logging.getLogger(__name__)
_ROUTERS: Final = (
    events,
    segment,
    measurement_protocol,
    recommendations,
    rank,
    mail_lists,
    slots,
    decisions,
    timeline,
    messages,
    visitor_export,
    visitors,
    erasures,
    triggers,
    journal,
    rule_preview,
    experiments,
    item_routes,
    catalog,
    currency,
    segments,
    reports,
    operations,
    dead_letters,
    archive,
    keys,
    visitor_tokens,
)
"""In the order matched: a visitor's path would fit its timeline and messages, an experiment's its results."""


def create_app(
    config: ApiConfig, open_logs: Callable[[], Logs], stopping: Callable[[], bool] = lambda: False
) -> FastAPI:
    """Build the application; clients connect when it starts.

    Parameters
    ----------
    config
        Settings.
    open_logs
        Opens the logs, at start.
    stopping
        Whether the process was told to end: pages that wait for messages are let go.
    """

    def lifespan(running: FastAPI) -> contextlib.AbstractAsyncContextManager[dict[str, State]]:
        return _lifespan(running, config, open_logs, stopping)

    app = FastAPI(
        title="Shopwindow",
        version="1",
        description="Banner slots and recommendations that move with each click.",
        lifespan=lifespan,
        openapi_url=None,  # given by `documentation`
        redirect_slashes=False,  # they would lead to whatever host the request names
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(documentation.router, dependencies=[Depends(operations_reader)])
    app.mount("/docs/static", documentation.static_files())
    for module in _ROUTERS:
        # Not `include_router`: its nested look-ups cost every request more than some decisions do.
        app.router.routes.extend(module.router.routes)
    app.add_exception_handler(problems.ProblemError, problems.on_problem)
    app.add_exception_handler(InvalidError, problems.on_invalid)
    app.add_exception_handler(RequestValidationError, problems.on_bad_request)
    app.add_exception_handler(HTTPException, problems.on_http_error)
    app.add_exception_handler(Exception, problems.on_unexpected)
    app.add_middleware(CrossOrigin, origins=config.joint_origins)
    app.add_middleware(Timing)
    app.openapi = partial(openapi_document, app)  # type: ignore[method-assign]
    return app


@contextlib.asynccontextmanager
async def _lifespan(
    app: FastAPI, config: ApiConfig, open_logs: Callable[[], Logs], stopping: Callable[[], bool]
) -> AsyncIterator[dict[str, State]]:
    async with live(config, open_logs, stopping) as state:
        if config.shop_site:
            app.router.routes.extend(_shop(state, config))
        yield {"shopwindow": state}


def _shop(state: State, config: ApiConfig) -> Sequence[Any]:
    """The sample shop's pages, over the catalog in memory."""
    site = state.sites[config.shop_site]
    public_key = next(site.public_key for site in config.sites if site.site == config.shop_site)

    def list_items(category: tuple[str, ...], limit: int, offset: int) -> list[CatalogItem]:
        ids = sorted(site.assortment.in_category(category) if category else site.assortment.items)
        return [site.assortment.items[item_id].shown_at(time.time()) for item_id in ids[offset : offset + limit]]

    def find_item(item_id: str) -> CatalogItem | None:
        item = site.assortment.items.get(item_id)
        return item.shown_at(time.time()) if item is not None else None

    def new_visitor_id() -> str:
        """A visitor who looks at the demo wants to see it move: none of the holdout."""
        while True:
            visitor_id = f"visitor-{token_hex(6)}"
            if config.holdout_share >= 1 or not in_holdout(site.name, visitor_id, config.holdout_share):
                return visitor_id

    return shop_routes(
        find_item=find_item,
        find_creative=lambda creative_id: site.assortment.creatives.get(creative_id),
        list_items=list_items,
        public_key=public_key,
        new_visitor_id=new_visitor_id,
    )
