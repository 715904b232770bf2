"""GET /v1/visitors/{id}/messages: what a visitor is shown on the page, asked for or pushed as it comes."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.http.checked_route import CheckedRoute
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.messages import OnSiteMessages
from api.http.storage_consent import CONSENT_PARAMETER
from api.runtime.authentication import asking
from api.runtime.begin_decision import known_owner
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import store_errors_translated
from api.runtime.visitor_access import Access, token_missing, tokens_of_request, visitor_consent
from models.base.errors import InvalidError, show_value
from models.events.intake.parsing import parse_served_id
from models.visitor.holds import NO_PAGE_OPEN
from store.clock import read_now_s
from store.log.log import partition_of
from store.messages.on_site import OnSite, note_presence, read_on_site
from store.refusals import UNAVAILABLE
from store.visitors.visitor_reads import know

EVENT_STREAM: Final = "text/event-stream"
HEARTBEAT_S: Final = 15.0
"""A comment is sent so often, so that nothing between takes the connection for dead."""
RETRY_MS: Final = 2_000
POLL_COUNTS_S: Final = 60.0
"""A page that asks counts as open for so long; one that listens, for `LISTEN_COUNTS_S` beyond each look."""
LISTEN_COUNTS_S: Final = 15.0
FIRST_ANSWER_S: Final = 1.5
"""Whoever asks for the first time is waited for so long, if something waited for them."""
_NONE_WILL_COME: Final = "Nothing may be read of the visitor, and nothing will be pushed: a browser asks no more."
_EVENT_ID: Final = re.compile(r"\d{1,18}-\d{1,18}")

router = APIRouter(tags=["triggers"], route_class=CheckedRoute)


@router.get(
    "/v1/visitors/{visitor_id:path}/messages",
    summary="Give or push a visitor's on-site messages",
    responses={200: {"model": OnSiteMessages}, 204: {"description": _NONE_WILL_COME}, **problems(401, 422, 503)},
    openapi_extra={"parameters": [CONSENT_PARAMETER]},
)
async def get_messages(
    request: Request,
    visitor_id: Annotated[str, Path(description="A visitor id.", examples=["v-1042"])],
    after: Annotated[str, Query(description="Only what came after this `event_id`.")] = "",
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[str, Header(description="As a browser's EventSource sends it; the same as `after`.")] = "",
    visitor_token: Annotated[str, Query(description="Of a known visitor, or of a device they hold.")] = "",
) -> Response:
    """Give what is to be shown now; with `Accept: text/event-stream`, push it as it comes, until the caller goes.

    The public key will do. Not shown any more is what has been opened, clicked or dismissed (`message_opened`,
    `message_clicked`, `message_dismissed` with `params.message_id`), or whose time is over. Where the visitor agreed to
    no storage there are none, and 204 ends what would be pushed.
    """
    caller, state = asking(request), state_of(request)
    site = caller.site
    if not parse_served_id(visitor_id):
        raise InvalidError("visitor_id_placeholder", f"visitor_id {show_value(visitor_id)} stands for nobody")
    after = last_event_id or after
    if after and not _EVENT_ID.fullmatch(after):
        raise InvalidError("parameter_invalid", f"after must be an event_id, got {show_value(after)}")
    denied = visitor_consent(request, caller).unknowing
    if denied:
        if EVENT_STREAM in accept:
            return Response(status_code=204)
        return answer({"visitor_id": visitor_id, "messages": [], "not_personalized_because": denied})
    reader = (state.senders.sender_of_request(request.scope), site.name, visitor_id)
    state.streams.check(*reader)
    access = Access(state, caller, tokens_of_request(request, visitor_token))
    with store_errors_translated("the message store does not answer; try again"):
        visit = await state.stores.visitors.read(site.name, visitor_id)
    if not access.may_see(visitor_id, known_owner(know(visit, site.assortment), visit)):
        raise token_missing(visitor_id)
    if EVENT_STREAM in accept:
        return _Stream(_push(state, site, visitor_id, after), state.streams.opened(*reader))
    with (
        store_errors_translated("the message store does not answer; try again"),
        state.streams.opened(*reader),
    ):
        owner = await _owner(state, site, visitor_id)
        message_outcomes = await _present(state, site, owner, POLL_COUNTS_S)
        found = await _read(state, site, owner, after)
        if message_outcomes and not found:
            found = await _await_first(state, site, owner, after)
    return answer({"visitor_id": visitor_id, "messages": [_view(message) for message in found]})


class _Stream(StreamingResponse):
    """Pushes while it is counted as open."""

    def __init__(self, content: AsyncIterator[bytes], opened: AbstractContextManager[None]) -> None:
        super().__init__(
            content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, media_type=EVENT_STREAM
        )
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._opened:
            await super().__call__(scope, receive, send)


async def _owner(state: State, site: Site, visitor_id: str) -> str:
    """Whoever goes by an id: a device shows what its visitor is sent."""
    return (await state.stores.visitors.read(site.name, visitor_id)).visitor_id


async def _read(state: State, site: Site, owner: str, after: str) -> list[OnSite]:
    partition = partition_of(site.name, owner, state.logs.events.partitions)
    now_s = await read_now_s(state.config.clock, state.stores.redis, site.name)
    return await read_on_site(state.stores.redis, site.name, partition, owner, after, now_s)


async def _present(state: State, site: Site, owner: str, for_s: float) -> bool:
    """Note that a page is open; whether it was not before."""
    partition = partition_of(site.name, owner, state.logs.events.partitions)
    now_s = time.time()
    return await note_presence(state.stores.redis, site.name, partition, owner, now_s, now_s + for_s)


async def _await_first(state: State, site: Site, owner: str, after: str) -> list[OnSite]:
    """Give what waited for the visitor to come, once the trigger flow has seen that they have."""
    partition = partition_of(site.name, owner, state.logs.events.partitions)
    ((_, trigger_state),) = await asyncio.to_thread(state.stores.triggers.load, site.name, partition, [owner])
    now_s = await read_now_s(state.config.clock, state.stores.redis, site.name)
    if not any(timer.held == NO_PAGE_OPEN or timer.due_s <= now_s for timer in trigger_state.timers):
        return []
    until = time.monotonic() + FIRST_ANSWER_S
    found: list[OnSite] = []
    while not found and time.monotonic() < until:
        await asyncio.sleep(0.1)
        found = await _read(state, site, owner, after)
    return found


async def _push(state: State, site: Site, visitor_id: str, after: str) -> AsyncIterator[bytes]:
    """Give what there is, then what comes; a store that is away is waited for."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    spoke_at = time.monotonic()
    owner = visitor_id
    while not state.running.stopping():
        with contextlib.suppress(*UNAVAILABLE):
            owner = await _owner(state, site, visitor_id)
            await _present(state, site, owner, LISTEN_COUNTS_S)
        with state.notifier.listening(site.name, owner) as news:
            found: list[OnSite] = []
            with contextlib.suppress(*UNAVAILABLE):
                found = await _read(state, site, owner, after)
            for message in found:
                after = message.event_id
                yield b"id: %s\nevent: message\ndata: %s\n\n" % (after.encode(), orjson.dumps(_view(message)))
                spoke_at = time.monotonic()
            if time.monotonic() - spoke_at >= HEARTBEAT_S:
                spoke_at = time.monotonic()
                yield b": still here\n\n"
            await state.notifier.wait(news)


def _view(message: OnSite) -> dict[str, Any]:
    return {"event_id": message.event_id, **orjson.loads(message.body)["data"]}
