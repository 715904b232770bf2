"""/v1/dead-letters: what could not be used, why, and whether it can be by now."""

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.operations import DeadLetters, DeadLettersReplayed
from api.intake.log_appender import Incoming, append_events, event_record
from api.runtime.authentication import AdminSite, Caller, SecretSite
from api.runtime.key_ring import Grant
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import ask_store
from api.runtime.visitor_access import NO_TOKENS, Access, SignedEvent, take_tokens
from models.base.errors import InvalidError, show_value
from models.base.timestamps import iso
from models.events.dead_letter import DeadLetter
from models.events.events import Event, decode_event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.item_currencies import in_one_currency
from models.events.intake.parsing import Receipt, read_event
from models.events.names import SERVER_EVENTS
from models.visitor.contact_policy import zone
from store.dead_letters import INTAKE, NOBODY, Place, parse_place
from store.log.groups import PROFILE_GROUP
from store.log.log import LogUnavailableError, partition_of
from store.visitors.profile_returns import ProfileReturns

MAX_REPLAYED: Final = 1_000
_AWAY: Final = "the dead letters cannot be read now; try again"
_PROFILE: Final = "profile_unreadable"
_TRIGGER_STATE: Final = "trigger_state_unreadable"
_Lost = dict[str, list[tuple[Place, bytes]]]
"""By visitor the places of letters and what they hold, oldest first."""

router = APIRouter(tags=["operations"], route_class=CheckedRoute)


@router.get(
    "/v1/dead-letters",
    summary="List dead letters",
    responses={200: {"model": DeadLetters}, **problems(401, 403, 422, 503)},
)
async def get_dead_letters(
    request: Request,
    site: SecretSite,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    before: Annotated[str, Query(description="A letter's `position` (`next_before` of the page before).")] = "",
) -> Response:
    """Give the newest events of this site that could not be used, newest first, with the reason and the original bytes;
    and what was stored and cannot be read. The newest 10,000 of those the intake rejected are kept, and as many others.
    """
    state = state_of(request)
    place = parse_place(before) if before else None
    page = await ask_store(_AWAY, state.stores.dead_letters.newest, _sites(state, site), place, limit)
    return answer(
        {
            "dead_letters": [letter_view(position, letter) for position, letter in page.letters],
            "next_before": str(page.next_before) if page.next_before else None,
        }
    )


@router.post(
    "/v1/dead-letters/replay",
    summary="Try dead letters again",
    responses={200: {"model": DeadLettersReplayed}, **problems(401, 403, 503)},
)
async def replay_dead_letters(request: Request, site: AdminSite) -> Response:
    """Check again what was set aside since the last replay; events valid now are accepted, each once, and what can be
    read by now is put back: a profile with what the log still holds of the visitor since, a trigger state where nothing
    newer stands. The oldest 1,000; `left` says whether there are more.
    """
    state = state_of(request)
    store = state.stores.dead_letters
    async with state.running.replaying:
        tried = await ask_store(_AWAY, store.unreplayed, _sites(state, site), MAX_REPLAYED)
        incoming: list[Incoming] = []
        lost: _Lost = {}
        restored = 0
        rejected: list[dict[str, Any]] = []
        for _, place, letter in tried:
            try:
                if letter.code == _PROFILE:
                    lost.setdefault(letter.name, []).append((place, letter.value))
                elif letter.code == _TRIGGER_STATE:
                    await ask_store(_AWAY, _put_trigger_state_back, state, letter)
                    restored += 1
                else:
                    incoming.append(await _again(state, site, letter))
            except InvalidError as error:
                rejected.append(_rejection(place, error.code, error.message))
            except ProblemError as problem:
                if problem.status == 503:
                    raise
                rejected.append(_rejection(place, problem.code, problem.detail))
        refused = await _put_profiles_back(state, site, lost)
        for visitor_id, letters in lost.items():
            restored += visitor_id not in refused
            why = refused.get(visitor_id)
            rejected += [_rejection(place, why.code, why.message) for place, _ in letters if why is not None]
        await append_events(state.appenders.events, incoming)
        await ask_store(_AWAY, store.replayed, [(stream, place) for stream, place, _ in tried])
    left = len(tried) == MAX_REPLAYED
    return answer({"accepted": len(incoming), "restored": restored, "rejected": rejected, "left": left})


def _sites(state: State, site: Site) -> tuple[str, ...]:
    """Letters of no known site are shown where one site alone is served: elsewhere they may be another's."""
    return (site.name, NOBODY) if len(state.sites) == 1 else (site.name,)


async def _again(state: State, site: Site, letter: DeadLetter) -> Incoming:
    """Read a dead letter's bytes as the event they may be now; raises `InvalidError`, and `ProblemError` for what its
    sender may not tell."""
    if letter.source not in (INTAKE, PROFILE_GROUP):
        raise InvalidError("learned_elsewhere", f"all but the {letter.source} flow have learned from it")
    if letter.code.endswith(("_unreadable", "visitor_failed", "notice_failed")):
        raise InvalidError(letter.code, letter.message)
    if letter.source == INTAKE:
        try:
            raw = orjson.loads(letter.value)
        except orjson.JSONDecodeError as error:
            raise InvalidError("event_undecodable", f"the original bytes are not JSON: {error}") from error
        claims = bool(letter.told_from) and state.key_ring.config_of(site.name).claims_orders
        receipt = Receipt(
            site.name,
            letter.at_s,
            zone=zone(site.policy.time_zone),
            told_from=letter.told_from,
            claims=claims,
        )
        raw, tokens = take_tokens(raw)
        parsed = read_event(raw, receipt, EventWarnings())
        if letter.told_from:
            parsed = await _admitted(state, site, letter, SignedEvent(parsed, tokens, EventWarnings()))
        event = in_one_currency(parsed, site.assortment.currency, EventWarnings())
    else:
        event = decode_event(letter.value)
        if event.site != site.name:
            raise InvalidError("site_unknown", f"the event belongs to site {show_value(event.site)}")
    return event_record(event, state.logs.events.partitions)


async def _admitted(state: State, site: Site, letter: DeadLetter, told: SignedEvent) -> Event:
    """Give an event as the browser may tell it that told it before; raises `ProblemError`."""
    if told.event.event in SERVER_EVENTS:
        raise ProblemError(403, "key_public", f"the event {told.event.event} needs the secret key, a browser told it")
    browser = Caller(site, Grant(site.name, "", frozenset({"browser"})))
    (admitted,) = await Access(state, browser, NO_TOKENS, letter.at_s).admitted([told])
    if isinstance(admitted, ProblemError):
        raise admitted
    return admitted


async def _put_profiles_back(state: State, site: Site, lost: _Lost) -> dict[str, InvalidError]:
    """Put profiles back in their places; gives those that are not, with why."""
    if not lost:
        return {}
    returns = ProfileReturns(state.stores.profiles, state.logs.events)
    values = {visitor_id: [value for _, value in letters] for visitor_id, letters in lost.items()}
    try:
        return await ask_store(_AWAY, returns.put_all_back, site.name, values, site.assortment)
    except LogUnavailableError as error:
        raise unavailable("log_unavailable", "the event log does not answer; try again") from error


def _put_trigger_state_back(state: State, letter: DeadLetter) -> None:
    """Put a trigger state back in its place; raises `InvalidError`."""
    partition = partition_of(letter.site, letter.name, state.logs.events.partitions)
    state.stores.triggers.put_back(letter.site, partition, letter.name, letter.value)


def _rejection(place: Place, code: str, message: str) -> dict[str, Any]:
    return {"position": str(place), "code": code, "message": message}


def letter_view(position: Place, letter: DeadLetter) -> dict[str, Any]:
    """Give a letter as the API shows it."""
    return {
        "position": str(position),
        "source": letter.source,
        "code": letter.code,
        "message": letter.message,
        "at": iso(letter.at_s),
        "partition": letter.partition if letter.partition >= 0 else None,
        "log_position": letter.position if letter.position >= 0 else None,
        "visitor_id": letter.name or None,
        "value": letter.value.decode(errors="backslashreplace"),
    }
