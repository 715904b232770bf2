"""POST /v1/events: what visitors did."""

import time
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request, Response

from api.http import metrics
from api.http.hot_route import HotRoute
from api.http.problems import ProblemError
from api.http.request_body import answer, array_in, read_leniently
from api.http.schemas.documenting import body, problems
from api.http.schemas.events import MAX_EVENTS, Events, EventsAccepted
from api.intake.log_appender import Incoming, append_events
from api.runtime.asking_bot import asking_bot
from api.runtime.authentication import needs_secret, sending_site
from api.runtime.state import state_of
from models.base.errors import InvalidError
from models.base.texts import text_or_empty
from models.catalog.unknown_names import warn_of_unknown
from models.events.bots import with_agent
from models.events.dead_letter import DeadLetter
from models.events.events import MAX_EVENT_BYTES
from models.events.intake.event_size import encode_fitting
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.item_currencies import in_one_currency
from models.events.intake.json_repair import dumped, repaired
from models.events.intake.parsing import Receipt, parse_event_name, read_event
from models.events.names import SERVER_EVENTS
from models.visitor.contact_policy import zone
from store.log.log import partition_of

MAX_EVENTS_BYTES: Final = 512 * 1024
_NEXT_S: Final = 1e-6
"""What an event without a time of its own is later by than the one before it."""

router = APIRouter(tags=["events"], route_class=HotRoute)


@router.post(
    "/v1/events",
    status_code=202,
    summary="Record events",
    responses={202: {"model": EventsAccepted}, **problems(400, 401, 403, 413, 415, 422, 503)},
    openapi_extra=body(Events),
)
async def post_events(request: Request) -> Response:
    """Take up to 1,000 events or 512 KB.

    Each event stands alone: a bad one is rejected with its index, code and message, and never fails the rest. What is
    odd about an event that is taken is mended or left out, and stands in `warnings`. The body may be packed with gzip.
    A bot in the `User-Agent` of a call with the public key is the sender of its events. `sent_at`, the client's clock
    when it sent, beside `events` or in an event, corrects its timestamps. Costs of campaigns are taken with the secret
    key alone. An accepted event is durable in the event log, and every decision asked for from now on reflects it.
    """
    state = state_of(request)
    site, is_secret = sending_site(request)
    body, is_whole = await read_leniently(request, MAX_EVENTS_BYTES)
    values = array_in(body, "events", MAX_EVENTS)
    sent_at = body.get("sent_at", body.get("sentAt"))
    now_s = time.time()
    incoming: list[Incoming] = []
    rejected: list[dict[str, Any]] = []
    warned: list[dict[str, Any]] = []
    letters: list[DeadLetter] = []
    refused: ProblemError | None = None
    agent = "" if is_secret else request.headers.get("user-agent", "")
    bot = asking_bot(state.config, site.name, agent)
    zone_of_site = zone(site.policy.time_zone)
    for index, given in enumerate(values):
        warnings = EventWarnings()
        value = given if is_whole else repaired(given, warnings)
        if not is_secret and _is_for_servers(value):
            # No dead letter: one replayed later would come in after all.
            refused = needs_secret(request, f"the event {value['event']}")
            rejected.append({"index": index, "code": refused.code, "message": refused.detail})
            continue
        try:
            event = read_event(value, Receipt(site.name, now_s + index * _NEXT_S, sent_at, zone_of_site), warnings)
            if bot is not None:
                event = msgspec.structs.replace(event, context=with_agent(event.context, agent))
            encoded = encode_fitting(in_one_currency(event, site.assortment.currency, warnings), warnings)
            warn_of_unknown(event, site.assortment, warnings)
        except InvalidError as error:
            rejected.append({"index": index, "code": error.code, "message": error.message})
            letters.append(_dead_letter(site.name, error, value, now_s))
            continue
        over = None if is_secret else state.senders.over_events(site.name, event.visitor_id)
        if over is not None:
            refused = over
            rejected.append({"index": index, "code": over.code, "message": over.detail})
            continue
        if warnings.found and len(warned) < MAX_EVENTS:
            warned += _shown(index, event.event_id, warnings)
        partition = partition_of(site.name, event.visitor_id, state.logs.events.partitions)
        incoming.append(Incoming(site.name, partition, event.visitor_id, encoded))
    if refused is not None and not incoming and not letters:
        raise refused
    await append_events(state.appenders.events, incoming)
    if letters:
        state.letters.put(letters)
    if rejected:
        metrics.EVENTS_RECEIVED.labels(site.name, "rejected").inc(len(rejected))
        state.rejected.add(site.name, len(rejected))
    metrics.EVENTS_RECEIVED.labels(site.name, "accepted").inc(len(incoming))
    if warned:
        metrics.EVENT_WARNINGS.labels(site.name).inc(len(warned))
    return answer({"accepted": len(incoming), "rejected": rejected, "warnings": warned}, status=202)


def _shown(index: int, event_id: str, warnings: EventWarnings) -> list[dict[str, Any]]:
    """Give an event's warnings as they are answered."""
    which: dict[str, Any] = {"index": index, "event_id": event_id} if event_id else {"index": index}
    return [{**which, **warning._asdict()} for warning in warnings.found]


def _is_for_servers(value: Any) -> bool:
    """Whether an event is one that servers alone may tell, however its name is written."""
    try:
        return isinstance(value, dict) and parse_event_name(value.get("event")) in SERVER_EVENTS
    except InvalidError:
        return False


def _dead_letter(site: str, error: InvalidError, value: object, now_s: float) -> DeadLetter:
    named = value.get("visitor_id") if isinstance(value, dict) else None
    return DeadLetter(
        source="api",
        code=error.code,
        message=error.message,
        value=dumped(value)[:MAX_EVENT_BYTES],
        at_s=now_s,
        site=site,
        name=text_or_empty(named),
    )
