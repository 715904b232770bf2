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
from api.http.storage_consent import CONSENT_PARAMETER
from api.intake.event_batch import EventBatch
from api.intake.log_appender import Incoming, append_events
from api.runtime.asking_bot import asking_bot
from api.runtime.authentication import Caller, needs_secret, sending
from api.runtime.state import State, state_of
from api.runtime.visitor_access import Access, SignedEvent, take_tokens, tokens_of_request, visitor_consent
from models.access.address_tag import address_tag
from models.base.errors import InvalidError
from models.catalog.unknown_names import warn_of_unknown
from models.events.bots import with_agent
from models.events.intake.consent import consent_told
from models.events.intake.event_size import encode_fitting
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.item_currencies import in_one_currency
from models.events.intake.json_repair import repaired
from models.events.intake.network_addresses import cut_addresses
from models.events.intake.parsing import Receipt, parse_event_name, read_event
from models.events.intake.segment_spec import translated
from models.events.names import AGREEMENT_EVENTS, SERVER_EVENTS, SHOP_RECORDS
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
    state, caller = state_of(request), sending(request)
    site, is_secret = caller.site, not caller.is_browser
    body, is_whole = await read_leniently(request, MAX_EVENTS_BYTES)
    body, tokens = take_tokens(body, tokens_of_request(request))
    values = array_in(body, "events", MAX_EVENTS)
    sent_at = body.get("sent_at", body.get("sentAt"))
    now_s = time.time()
    told_from, claims = _origin(state, caller, request, now_s)
    batch = EventBatch(site.name, values, now_s, told_from)
    agent = "" if is_secret else request.headers.get("user-agent", "")
    bot = asking_bot(state.config, site.name, agent)
    zone_of_site = zone(site.policy.time_zone)
    consent = visitor_consent(request, caller, body)
    told: list[tuple[int, SignedEvent]] = []
    for index, given in enumerate(values):
        word = consent_told(given)
        if consent.denial(word) and not (is_secret and _name_of(given) in SHOP_RECORDS):
            batch.pass_over(index, _agreement_lost(given, caller))
            continue
        warnings = EventWarnings()
        if "unreadable" in (word, consent.word):
            said = (given if word else body).get("consent")
            warnings.add("consent", "dropped", said, "is no consent that can be read, and was left out")
        cut_addresses(given)
        value, own_tokens = take_tokens(given if is_whole else repaired(given, warnings), tokens)
        if not is_secret and _is_for_servers(value):
            batch.refuse(index, needs_secret(request, f"the event {value['event']}"))
            continue
        try:
            receipt = Receipt(site.name, now_s + index * _NEXT_S, sent_at, zone_of_site, told_from, claims)
            event = read_event(value, receipt, warnings)
            if bot is not None:
                event = msgspec.structs.replace(event, context=with_agent(event.context, agent))
        except InvalidError as error:
            batch.set_aside(index, error)
            continue
        if not is_secret and event.event in SERVER_EVENTS:  # by whatever name
            batch.refuse(index, needs_secret(request, f"the event {event.event}"))
            continue
        told.append((index, SignedEvent(event, own_tokens, warnings)))
    admitted = await Access(state, caller, tokens).admitted([event for _, event in told])
    for (index, told_event), event_or_problem in zip(told, admitted, strict=True):
        if isinstance(event_or_problem, ProblemError):
            batch.refuse(index, event_or_problem)
        else:
            _take(state, caller, batch, index, told_event._replace(event=event_or_problem))
    batch.raise_if_all_refused()
    await append_events(state.appenders.events, batch.incoming)
    if batch.letters:
        state.letters.put(batch.letters)
    return answer(_counted(state, site.name, batch), status=202)


def _counted(state: State, site: str, batch: EventBatch) -> dict[str, Any]:
    """What the sender is told, once it has been counted."""
    accepted, rejected = len(batch.incoming), batch.rejected
    if rejected:
        metrics.EVENTS_RECEIVED.labels(site, "rejected").inc(len(rejected))
        state.rejected.add(site, len(rejected))
    metrics.EVENTS_RECEIVED.labels(site, "accepted").inc(accepted)
    if batch.warned:
        metrics.EVENT_WARNINGS.labels(site).inc(len(batch.warned))
    found = {"accepted": accepted, "rejected": rejected, "warnings": batch.warned}
    if batch.not_stored:
        metrics.EVENTS_RECEIVED.labels(site, "not_stored").inc(batch.not_stored)
        found["not_stored"] = batch.not_stored
    return found


def _origin(state: State, caller: Caller, request: Request, now_s: float) -> tuple[str, bool]:
    """What stands for a browser's address, and whether orders it tells of are claimed until a server tells of them."""
    if not caller.is_browser:
        return "", False
    site = state.key_ring.config_of(caller.site.name)
    tag = address_tag(site.token_secret, state.senders.page_sender_of(request.scope), now_s)
    return tag, site.order_confirmation == "server"


def _take(state: State, caller: Caller, batch: EventBatch, index: int, told: SignedEvent) -> None:
    """Take an event in, or say why not."""
    event, _, warnings = told
    site = caller.site
    try:
        encoded = encode_fitting(in_one_currency(event, site.assortment.currency, warnings), warnings)
        warn_of_unknown(event, site.assortment, warnings)
    except InvalidError as error:
        batch.set_aside(index, error)
        return
    over = state.senders.over_events(site.name, event.visitor_id) if caller.is_browser else None
    if over is not None:
        batch.refuse(index, over)
        return
    partition = partition_of(site.name, event.visitor_id, state.logs.events.partitions)
    incoming = Incoming(site.name, partition, event.visitor_id, encoded, user_id=event.user_id)
    batch.accept(index, event.event_id, incoming, warnings)


def _is_for_servers(value: Any) -> bool:
    """Whether an event is one that servers alone may tell, however its name is written."""
    return isinstance(value, dict) and _parsed_name(value) in SERVER_EVENTS


def _name_of(value: Any) -> str:
    """An event's name as ours, Segment's too; empty where there is none."""
    return _parsed_name(translated(value)) if isinstance(value, dict) else ""


def _agreement_lost(value: Any, caller: Caller) -> str:
    """The name of an event that a page told in vain: what it says of messages must be known all the same."""
    name = _name_of(value) if caller.is_browser else ""
    return name if name in AGREEMENT_EVENTS else ""


def _parsed_name(value: dict[str, Any]) -> str:
    try:
        return parse_event_name(value.get("event"))
    except InvalidError:
        return ""
