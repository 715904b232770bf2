"""POST /v1/events: what visitors did."""

import time
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response

from api.http import metrics
from api.http.hot_route import HotRoute
from api.http.problems import ProblemError
from api.http.request_body import answer, array_in, read_json
from api.http.schemas.documenting import body, problems
from api.http.schemas.events import MAX_EVENTS, Events, EventsAccepted
from api.runtime.authentication import needs_secret, sending_site
from api.runtime.log_appender import Incoming, append_events
from api.runtime.state import state_of
from models.base.errors import InvalidError
from models.events.dead_letter import DeadLetter, encode_dead_letter
from models.events.events import MAX_EVENT_BYTES, encode_event
from models.events.names import SERVER_EVENTS
from models.events.parsing import parse_event
from store.log.log import partition_of

MAX_EVENTS_BYTES: Final = 512 * 1024
_NEXT_S: Final = 1e-6
"""What an event without a time of its own is later by than the one before it."""

router = APIRouter(tags=["events"], route_class=HotRoute)


@router.post(
    "/v1/events",
    status_code=202,
    summary="Record events",
    responses={202: {"model": EventsAccepted}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(Events),
)
async def post_events(request: Request) -> Response:
    """Take up to 1,000 events or 512 KB.

    Each event stands alone: a bad one is rejected with its index, code and message, and never fails the rest. Costs of
    campaigns are taken with the secret key alone. An accepted event is durable in the event log, and every decision
    asked for from now on reflects it.
    """
    state = state_of(request)
    site, is_secret = sending_site(request)
    values = array_in(await read_json(request, MAX_EVENTS_BYTES), "events", MAX_EVENTS)
    now_s = time.time()
    incoming: list[Incoming] = []
    rejected: list[dict[str, Any]] = []
    letters: list[Incoming] = []
    refused: ProblemError | None = None
    for index, value in enumerate(values):
        if not is_secret and _is_for_servers(value):
            # No dead letter: one replayed later would come in after all.
            refused = needs_secret(request, f"the event {value['event']}")
            rejected.append({"index": index, "code": refused.code, "message": refused.detail})
            continue
        try:
            event = parse_event(value, site.name, now_s + index * _NEXT_S)
            encoded = encode_event(event)
            if len(encoded) > MAX_EVENT_BYTES:
                raise InvalidError("event_too_large", f"the event has {len(encoded)} bytes, at most {MAX_EVENT_BYTES}")
        except InvalidError as error:
            rejected.append({"index": index, "code": error.code, "message": error.message})
            letters.append(_dead_letter(site.name, error, value, now_s))
            continue
        partition = partition_of(site.name, event.visitor_id, state.logs.events.partitions)
        incoming.append(Incoming(site.name, partition, event.visitor_id, encoded))
    if refused is not None and not incoming and not letters:
        raise refused
    await append_events(state.appenders.events, incoming)
    if letters:
        state.appenders.dead_letters.post(letters)
    if rejected:
        metrics.EVENTS_RECEIVED.labels(site.name, "rejected").inc(len(rejected))
    metrics.EVENTS_RECEIVED.labels(site.name, "accepted").inc(len(incoming))
    return answer({"accepted": len(incoming), "rejected": rejected}, status=202)


def _is_for_servers(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("event"), str) and value["event"] in SERVER_EVENTS


def _dead_letter(site: str, error: InvalidError, value: object, now_s: float) -> Incoming:
    letter = DeadLetter(
        source="api",
        code=error.code,
        message=error.message,
        value=orjson.dumps(value)[:MAX_EVENT_BYTES],
        at_s=now_s,
        site=site,
    )
    return Incoming(site, 0, "", encode_dead_letter(letter))
