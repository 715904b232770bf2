"""POST /v1/events: what visitors did."""

from typing import Final

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.request_body import answer, array_in, read_leniently
from api.http.schemas.documenting import body, problems
from api.http.schemas.events import MAX_EVENTS, Events, EventsAccepted
from api.http.storage_consent import CONSENT_PARAMETER
from api.ingest.event_intake import ToldEvents, take_events
from api.runtime.authentication import sending
from api.runtime.visitor_access import take_tokens, tokens_of_request, visitor_consent

MAX_EVENTS_BYTES: Final = 512 * 1024

router = APIRouter(tags=["events"], route_class=HotRoute)


@router.post(
    "/v1/events",
    status_code=202,
    summary="Record events",
    responses={202: {"model": EventsAccepted}, **problems(400, 401, 403, 413, 415, 422, 503)},
    openapi_extra={**body(Events), "parameters": [CONSENT_PARAMETER]},
)
async def post_events(request: Request) -> Response:
    """Take up to 1,000 events or 512 KB.

    Each event stands alone: a bad one is rejected with its index, code and message, and never fails the rest. What is
    odd about an event that is taken is mended or left out, and stands in `warnings`. The body may be packed with gzip.
    A bot in the `User-Agent` of a call with the public key is the sender of its events. `sent_at`, the client's clock
    when it sent, beside `events` or in an event, corrects its timestamps. Costs of campaigns are taken with the secret
    key alone. Where `consent` denies storage, nothing is kept of an event, and it counts as `not_stored`; but orders,
    refusals of messages and costs that are told with the secret key are the shop's own. An accepted event is durable in
    the event log, and every decision asked for from now on reflects it.
    """
    caller = sending(request)
    body, is_whole = await read_leniently(request, MAX_EVENTS_BYTES)
    body, tokens = take_tokens(body, tokens_of_request(request))
    told = ToldEvents(
        array_in(body, "events", MAX_EVENTS),
        tokens,
        visitor_consent(request, caller, body),
        body.get("sent_at", body.get("sentAt")),
        is_whole,
        request.headers.get("user-agent", ""),
        body.get("consent"),
    )
    batch = await take_events(request, caller, told)
    return answer(batch.outcome(), status=202)
