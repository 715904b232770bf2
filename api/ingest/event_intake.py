"""Event intake: takes what a caller tells, whatever wire it came by: checked, admitted, and appended to the log."""

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import Request

from api.http import metrics
from api.http.problems import ProblemError
from api.http.storage_consent import StorageConsent
from api.intake.event_batch import EventBatch
from api.intake.log_appender import Incoming, append_events
from api.runtime.asking_bot import asking_bot
from api.runtime.authentication import Caller, needs_secret
from api.runtime.state import State, state_of
from api.runtime.visitor_access import Access, SignedEvent, Tokens, take_tokens
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

_NEXT_S: Final = 1e-6
"""What an event without a time of its own is later by than the one before it."""


class NoEvent(NamedTuple):
    """What came in another shape, and could not be read as an event."""

    value: Any
    error: InvalidError


class ToldEvents(NamedTuple):
    """What a caller tells: events in the shape of `POST /v1/events`, or `NoEvent`, and what was said beside them.

    `is_whole` is whether they hold what JSON has, and need no repair; `agent` is the browser's that sent them, and
    `consent_said` the consent beside them as it was written. `reports_refusals`: that nothing may be taken is no
    problem of the request.
    """

    values: Sequence[Any]
    tokens: Tokens
    consent: StorageConsent
    sent_at: object = None
    is_whole: bool = True
    agent: str = ""
    consent_said: object = None
    reports_refusals: bool = False


async def take_events(request: Request, caller: Caller, told: ToldEvents) -> EventBatch:
    """Take what can be taken, and have it in the log on return; each event stands alone.

    Raises `ProblemError` where nothing may be taken, or the log takes nothing for now.
    """
    state, site, is_browser = state_of(request), caller.site, caller.is_browser
    now_s = time.time()
    told_from, claims = _origin(state, caller, request, now_s)
    values = [given.value if isinstance(given, NoEvent) else given for given in told.values]
    batch = EventBatch(site.name, values, now_s, told_from)
    bot = asking_bot(state.config, site.name, told.agent if is_browser else "")
    zone_of_site = zone(site.policy.time_zone)
    checked: list[tuple[int, SignedEvent]] = []
    for index in range(len(values)):
        receipt = Receipt(site.name, now_s + index * _NEXT_S, told.sent_at, zone_of_site, told_from, claims)
        signed = _checked(request, caller, told, batch, index, receipt)
        if signed is not None:
            if bot is not None:
                context = with_agent(signed.event.context, told.agent)
                signed = signed._replace(event=msgspec.structs.replace(signed.event, context=context))
            checked.append((index, signed))
    admitted = await Access(state, caller, told.tokens).admitted([event for _, event in checked])
    for (index, signed), event_or_problem in zip(checked, admitted, strict=True):
        if isinstance(event_or_problem, ProblemError):
            batch.refuse(index, event_or_problem)
        else:
            _take(state, caller, batch, index, signed._replace(event=event_or_problem))
    if not told.reports_refusals or (batch.refused is not None and batch.refused.status == 429):
        batch.raise_if_all_refused()
    await append_events(state.appenders.events, batch.incoming)
    if batch.letters:
        state.letters.put(batch.letters)
    _count(state, site.name, batch)
    return batch


def _checked(
    request: Request, caller: Caller, told: ToldEvents, batch: EventBatch, index: int, receipt: Receipt
) -> SignedEvent | None:
    """Read one of the events; None for one that is not to be taken, which the batch knows by then."""
    given, is_browser = told.values[index], caller.is_browser
    original = given.value if isinstance(given, NoEvent) else given
    word = consent_told(original)
    if told.consent.denial(word) and (is_browser or _name_of(original) not in SHOP_RECORDS):
        batch.pass_over(index, _agreement_lost(original, caller))
        return None
    if isinstance(given, NoEvent):
        batch.set_aside(index, given.error)
        return None
    warnings = EventWarnings()
    if "unreadable" in (word, told.consent.word):
        said = given.get("consent") if word else told.consent_said
        warnings.add("consent", "dropped", said, "is no consent that can be read, and was left out")
    cut_addresses(given)
    value, own_tokens = take_tokens(given if told.is_whole else repaired(given, warnings), told.tokens)
    if is_browser and _is_for_servers(value):
        batch.refuse(index, needs_secret(request, f"the event {value['event']}"))
        return None
    try:
        event = read_event(value, receipt, warnings)
    except InvalidError as error:
        batch.set_aside(index, error)
        return None
    if is_browser and event.event in SERVER_EVENTS:  # by whatever name
        batch.refuse(index, needs_secret(request, f"the event {event.event}"))
        return None
    return SignedEvent(event, own_tokens, warnings)


def _count(state: State, site: str, batch: EventBatch) -> None:
    rejected = len(batch.rejected)
    if rejected:
        metrics.EVENTS_RECEIVED.labels(site, "rejected").inc(rejected)
        state.rejected.add(site, rejected)
    metrics.EVENTS_RECEIVED.labels(site, "accepted").inc(len(batch.incoming))
    if batch.warned:
        metrics.EVENT_WARNINGS.labels(site).inc(len(batch.warned))
    if batch.not_stored:
        metrics.EVENTS_RECEIVED.labels(site, "not_stored").inc(batch.not_stored)


def _origin(state: State, caller: Caller, request: Request, now_s: float) -> tuple[str, bool]:
    """What stands for a browser's address, and whether orders it tells of are claimed until a server tells of them."""
    if not caller.is_browser:
        return "", False
    site = state.key_ring.config_of(caller.site.name)
    tag = address_tag(site.token_secret, state.senders.page_sender_of(request.scope), now_s)
    return tag, site.claims_orders


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
