"""Segment's HTTP tracking API: /v1/track, its siblings, and /v1/batch, for libraries that shops run already.

Codes are Segment's, so that its libraries retry what they should: 200 for everything but a body that is none (400), one
too large (413), a key that opens nothing (401), and too many requests (429). What became of each message stands in the
body.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.problems import ProblemError
from api.http.request_body import answer, read_leniently
from api.http.schemas.documenting import body, problems
from api.http.schemas.segment import SegmentAnswer, SegmentBatch, SegmentMessage
from api.ingest.event_intake import NoEvent, ToldEvents, take_events
from api.runtime.authentication import Caller, sending
from api.runtime.visitor_access import take_tokens, tokens_of_request, visitor_consent
from models.base.errors import InvalidError, show_value
from models.events.intake.segment_messages import MESSAGE_TYPES, event_of_message

MAX_BATCH_BYTES: Final = 512 * 1024
MAX_MESSAGES: Final = 2_500
_CODES: Final = (400, 401, 403, 413, 415, 429, 503)
_SHORT: Final = {kind[0]: kind for kind in MESSAGE_TYPES}
"""The browser library's names: `/v1/t` is `/v1/track`."""

router = APIRouter(tags=["events"], route_class=HotRoute)


def _route(kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def post_message(request: Request) -> Response:
        call = await _read(request)
        return await _take(request, call, [{**call.told, "type": kind}])

    post_message.__doc__ = f"Take one {kind} message. See `/v1/batch`."
    return post_message


for _kind in MESSAGE_TYPES:
    router.add_api_route(
        f"/v1/{_kind}",
        _route(_kind),
        methods=["POST"],
        summary=f"Record a Segment {_kind} message",
        responses={200: {"model": SegmentAnswer}, **problems(*_CODES)},
        openapi_extra=body(SegmentMessage),
    )
for _letter, _kind in _SHORT.items():
    router.add_api_route(f"/v1/{_letter}", _route(_kind), methods=["POST"], include_in_schema=False)


@router.post(
    "/v1/batch",
    summary="Record Segment messages",
    responses={200: {"model": SegmentAnswer}, **problems(*_CODES)},
    openapi_extra=body(SegmentBatch),
)
async def post_messages(request: Request) -> Response:
    """Take up to 2,500 messages, or 512 KB: `identify`, `track`, `page`, `screen`, `group`, `alias`.

    The key is the write key: as user name of basic authorization, as a bearer token, or as `writeKey` in the body. Each
    message stands alone; `rejected` says which were not taken, and why. `messageId` tells a message that is sent again,
    `sentAt` corrects clocks, the batch's `context` is part of each message's.
    """
    call = await _read(request)
    messages = call.told.get("batch")
    if not isinstance(messages, list) or not messages:
        raise ProblemError(400, "batch_invalid", f"batch must be a list of messages, got {show_value(messages)}")
    if len(messages) > MAX_MESSAGES:
        raise ProblemError(400, "batch_too_long", f"batch has {len(messages)} messages, at most {MAX_MESSAGES}")
    return await _take(request, call, messages)


router.add_api_route("/v1/import", post_messages, methods=["POST"], include_in_schema=False)
router.add_api_route("/v1/b", post_messages, methods=["POST"], include_in_schema=False)


class _Call(NamedTuple):
    caller: Caller
    told: dict[str, Any]
    is_whole: bool


async def _read(request: Request) -> _Call:
    """Read a call; whose key stands in a header is asked who they are before their body is."""
    known = sending(request) if "authorization" in request.headers or "key" in request.query_params else None
    told, is_whole = await read_leniently(request, MAX_BATCH_BYTES)
    if not isinstance(told, dict):
        raise ProblemError(400, "body_invalid", f"the body must be a JSON object, got {show_value(told)}")
    key = told.get("writeKey")
    return _Call(known or sending(request, key if isinstance(key, str) else ""), told, is_whole)


async def _take(request: Request, call: _Call, messages: list[Any]) -> Response:
    caller = call.caller
    told, tokens = take_tokens(call.told, tokens_of_request(request))
    batch = await take_events(
        request,
        caller,
        ToldEvents(
            [_event(message, told) for message in messages],
            tokens,
            visitor_consent(request, caller, told),
            told.get("sentAt"),
            call.is_whole,
            request.headers.get("user-agent", ""),
            told.get("consent"),
            reports_refusals=True,
        ),
    )
    return answer({"success": True, **batch.outcome()})


def _event(message: Any, shared: Mapping[str, Any]) -> Any:
    try:
        return event_of_message(message, shared)
    except InvalidError as error:
        return NoEvent(message, error)
