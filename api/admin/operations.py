"""What ops staff ask: is it alive, is it ready, how far behind is it, what was set aside."""

import asyncio
import time
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.http import metrics
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.operations import DeadLetters, DeadLettersReplayed, StreamStatus
from api.runtime.authentication import SecretSite
from api.runtime.log_appender import Incoming, append_events, event_record
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.stream_gauges import EVENT_OUTCOMES, lags
from models.base.errors import InvalidError
from models.base.timestamps import iso
from models.events.dead_letter import DeadLetter, decode_dead_letter
from models.events.events import decode_event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.item_currencies import in_one_currency
from models.events.intake.parsing import Receipt, read_event
from models.visitor.contact_policy import zone
from store.log.log import EventLog, LogUnavailableError, Record
from store.refusals import UNAVAILABLE

_REPLAY_GROUP = "replay"
_READ_RECORDS = 1_000

router = APIRouter(tags=["operations"], route_class=CheckedRoute)


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive")
async def healthz() -> Response:
    """Answer as long as the process runs."""
    return answer({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Can it do what it promises", responses=problems(503))
async def readyz(request: Request) -> Response:
    """Answer 200 once catalog and models are loaded, the decision path is warm and events are taken: one is appended to
    see. `troubles` names what fails and stops neither.
    """
    state = state_of(request)
    if not state.running.ready.is_set():
        raise ProblemError(503, "not_ready", "catalog and models are not loaded yet", {"Retry-After": "1"})
    if trouble := await state.intake_probe.trouble():
        raise unavailable("intake_unavailable", f"no events are taken: {trouble}")
    return answer({"status": "ready", "troubles": state.health.troubles})


@router.head("/metrics", include_in_schema=False)
@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def get_metrics() -> Response:
    """Give the metrics of all API processes."""
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get(
    "/v1/status",
    summary="How far along the stream is",
    responses={200: {"model": StreamStatus}, **problems(401, 403, 503)},
)
async def get_status(request: Request, site: SecretSite) -> Response:
    """Give this site's events by outcome, the share of them that name items unknown to the catalog, each flow's lag,
    and the models' version."""
    state = state_of(request)
    try:
        lag = await asyncio.to_thread(lags, state.logs.events)
        await asyncio.to_thread(state.rejected.store)
        counts = await asyncio.to_thread(state.stores.profiles.counts, site.name, state.logs.events.partitions)
    except (LogUnavailableError, *UNAVAILABLE) as error:
        raise unavailable("store_unavailable", "a store does not answer; try again") from error
    return answer(
        {
            "site": site.name,
            "events": {outcome: counts.get(outcome, 0) for outcome in EVENT_OUTCOMES},
            "events_on_items": _on_items(counts),
            "lag": lag,
            "models": {"version": site.snapshot.version, "events": site.snapshot.events},
            "catalog": {kind: len(getattr(site.assortment, kind)) for kind in ("items", "creatives", "campaigns")},
        }
    )


def _on_items(counts: dict[str, int]) -> dict[str, Any]:
    """How many events name items, and how many of them an item the catalog does not know."""
    total, unknown = counts.get("on_items", 0), counts.get("on_unknown_items", 0)
    return {"total": total, "unknown": unknown, "unknown_share": round(unknown / total, 4) if total else 0.0}


@router.get(
    "/v1/dead-letters",
    summary="List dead letters",
    responses={200: {"model": DeadLetters}, **problems(401, 403, 503)},
)
async def get_dead_letters(
    request: Request,
    site: SecretSite,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Give the newest events that could not be used, newest first, with the reason and the original bytes."""
    state = state_of(request)
    try:
        records = await asyncio.to_thread(_read, state.logs.dead_letters, None)
    except LogUnavailableError as error:
        raise _log_unavailable() from error
    letters = _own(state, site, records)
    return answer({"dead_letters": [_view(position, letter) for position, letter in reversed(letters)][:limit]})


@router.post(
    "/v1/dead-letters/replay",
    summary="Try dead letters again",
    responses={200: {"model": DeadLettersReplayed}, **problems(401, 403, 503)},
)
async def replay_dead_letters(request: Request, site: SecretSite) -> Response:
    """Check again every event set aside since the last replay; those valid now are accepted, each once."""
    state = state_of(request)
    async with state.running.replaying:
        group = f"{_REPLAY_GROUP}-{site.name}"
        try:
            (done,) = await asyncio.to_thread(state.logs.dead_letters.committed, group)
            records = await asyncio.to_thread(_read, state.logs.dead_letters, done)
        except LogUnavailableError as error:
            raise _log_unavailable() from error
        accepted: list[Incoming] = []
        rejected: list[dict[str, Any]] = []
        for position, letter in _own(state, site, records):
            try:
                accepted.append(_again(state, site, letter))
            except InvalidError as error:
                rejected.append({"position": position, "code": error.code, "message": error.message})
        await append_events(state.appenders.events, accepted)
        if records:
            await asyncio.to_thread(state.logs.dead_letters.commit, group, {0: records[-1].position})
    return answer({"accepted": len(accepted), "rejected": rejected})


def _again(state: State, site: Site, letter: DeadLetter) -> Incoming:
    """Read a dead letter's bytes as the event they may be now; raises `InvalidError`."""
    if letter.source == "api":
        try:
            raw = orjson.loads(letter.value)
        except orjson.JSONDecodeError as error:
            raise InvalidError("event_undecodable", f"the original bytes are not JSON: {error}") from error
        receipt = Receipt(site.name, letter.at_s, zone=zone(site.policy.time_zone))
        parsed = read_event(raw, receipt, EventWarnings())
        event = in_one_currency(parsed, site.assortment.currency, EventWarnings())
    else:
        event = decode_event(letter.value)
        if event.site != site.name:
            raise InvalidError("site_unknown", f"the event belongs to site {event.site!r}")
    return event_record(event, state.logs.events.partitions)


def _read(log: EventLog, after: int | None) -> list[Record]:
    """Every record kept of a log with one partition, or those past a position; the newest 10,000 at most."""
    (start,), (end,) = log.starts(), log.ends()
    first = max(start - 1, 0) if after is None else max(after, start - 1, 0)
    first = max(first, end - 10 * _READ_RECORDS) if after is None else first
    records: list[Record] = []
    reader = log.reader({0: first})
    try:
        deadline_s = time.monotonic() + 10.0
        while (records[-1].position if records else first) < end and time.monotonic() < deadline_s:
            for batch in reader.poll(_READ_RECORDS, 0.5):
                records += batch.records
    finally:
        reader.close()
    return records


def _own(state: State, site: Site, records: list[Record]) -> list[tuple[int, DeadLetter]]:
    """A site's dead letters, oldest first; one the stream set aside twice counts once.

    Those of no known site are shown where one site alone is served: elsewhere they may be another's.
    """
    names = (site.name, "") if len(state.sites) == 1 else (site.name,)
    found: dict[tuple[str, int, int], tuple[int, DeadLetter]] = {}
    for record in records:
        try:
            letter = decode_dead_letter(record.value)
        except InvalidError:
            continue
        if letter.site in names:
            place = (letter.source, letter.partition, letter.position if letter.position >= 0 else -record.position)
            found.setdefault(place, (record.position, letter))
    return list(found.values())


def _view(position: int, letter: DeadLetter) -> dict[str, Any]:
    return {
        "position": position,
        "source": letter.source,
        "code": letter.code,
        "message": letter.message,
        "at": iso(letter.at_s),
        "partition": letter.partition if letter.partition >= 0 else None,
        "log_position": letter.position if letter.position >= 0 else None,
        "value": letter.value.decode(errors="backslashreplace"),
    }


def _log_unavailable() -> ProblemError:
    return unavailable("log_unavailable", "the dead-letter log does not answer; try again")
