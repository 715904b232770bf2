"""/v1/journal and /v1/undelivered: who was sent what, when, why, what came of it; and what could not be delivered."""

import time
from typing import Annotated, Any, Final, Literal, get_args

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.query_parameters import parse_moment
from api.http.request_body import answer, read_object
from api.http.schemas.documenting import body, problems
from api.http.schemas.messages import Journal, JournalEntry, UndeliveredNow, UndeliveredReplay, UndeliveredReplayed
from api.runtime.authentication import SecretSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import ask_store, store_errors_translated
from models.base.errors import InvalidError, show_value
from models.base.timestamps import LATEST_MOMENT_S, iso
from models.events.intake.parsing import parse_visitor_id
from models.triggers.message_outcomes import MESSAGE_OUTCOMES, ORDER, UNDONE
from models.triggers.trigger import TriggerAction
from models.visitor.contact_history import is_message_id
from models.visitor.holds import hold_words
from store.messages.journal import Filter, JournalRow
from store.messages.outbox import Undelivered
from store.visitors.visitor_reads import know

MAX_LISTED: Final = 1_000
MOST_READ: Final = 5_000
"""Entries of one partition looked at for one request."""
MAX_REPLAY_BYTES: Final = 16 * 1024
_AWAY: Final = "the journal does not answer; try again"

router = APIRouter(tags=["triggers"], route_class=CheckedRoute)


class JournalQuery(BaseModel):
    """Which entries are asked for."""

    visitor_id: str = Field("", description="Only this visitor's.")
    trigger: str = Field("", description="Only this trigger's.")
    status: Literal["", "sent", "suppressed", "expired"] = Field(
        "", description="Only what was sent, was refused, or was held back until it was too late."
    )
    after: str = Field("", alias="from", description="Not before this time.")
    before: str = Field("", alias="to", description="Before this time.")
    limit: int = Field(100, ge=1, le=MAX_LISTED)


@router.get(
    "/v1/journal",
    summary="Say who was sent what, when, why, and what came of it",
    responses={200: {"model": Journal}, **problems(401, 403, 422, 503)},
)
async def get_journal(request: Request, site: SecretSite, asked: Annotated[JournalQuery, Query()]) -> Response:
    """Give the newest entries, newest first."""
    state = state_of(request)
    wanted = Filter(
        visitor_ids=await _ids(state, site, parse_visitor_id(asked.visitor_id)) if asked.visitor_id else (),
        trigger_id=asked.trigger,
        status=asked.status,
        from_s=parse_moment(asked.after, "from", LATEST_MOMENT_S) if asked.after else 0.0,
        to_s=parse_moment(asked.before, "to", LATEST_MOMENT_S) if asked.before else float("inf"),
    )
    entries = await ask_store(
        _AWAY, state.stores.journal.find, site.name, state.logs.events.partitions, wanted, asked.limit, MOST_READ
    )
    return answer({"entries": [journal_view(entry) for entry in entries]})


@router.get(
    "/v1/journal/{message_id}",
    summary="Read one entry",
    responses={200: {"model": JournalEntry}, **problems(401, 403, 404, 503)},
)
async def get_entry(
    request: Request,
    message_id: Annotated[str, Path(description="The message's id.", examples=["3-5e0c3b1c1f2a4d5e6f708192"])],
    site: SecretSite,
) -> Response:
    """Give one entry, whole."""
    state = state_of(request)
    partition = int(message_id.partition("-")[0]) if is_message_id(message_id) else -1
    entry: JournalRow | None = None
    if 0 <= partition < state.logs.events.partitions:
        entry = await ask_store(_AWAY, state.stores.journal.get, site.name, partition, message_id)
    if entry is None:
        raise ProblemError(404, "message_unknown", f"site {site.name!r} has sent no message {show_value(message_id)}")
    return answer(journal_view(entry))


@router.get(
    "/v1/undelivered",
    summary="List messages set aside after the last try",
    responses={200: {"model": UndeliveredNow}, **problems(401, 403, 422, 503)},
)
async def get_undelivered(
    request: Request, site: SecretSite, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 100
) -> Response:
    """Give the newest first, each with its body."""
    found = await ask_store(_AWAY, state_of(request).stores.outboxes[site.name].undelivered, limit)
    return answer({"undelivered": [_set_aside(entry) for entry in found]})


@router.post(
    "/v1/undelivered/replay",
    summary="Try messages that were set aside again",
    responses={200: {"model": UndeliveredReplayed}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(UndeliveredReplay, required=False),
)
async def replay_undelivered(request: Request, site: SecretSite) -> Response:
    """Try all again, or with a body `{"message_id": "..."}` that one; the tries are counted anew."""
    message_id = ""
    if request.headers.get("content-length", "0") != "0":
        asked = await read_object(request, UndeliveredReplay, MAX_REPLAY_BYTES)
        message_id = asked.get("message_id") or ""
        if not isinstance(message_id, str) or (message_id and not is_message_id(message_id)):
            raise InvalidError("message_id_invalid", f"message_id is no message's, got {show_value(message_id)}")
    outbox = state_of(request).stores.outboxes[site.name]
    return answer({"replayed": await ask_store(_AWAY, outbox.replay, time.time(), message_id)})


async def _ids(state: State, site: Site, visitor_id: str) -> tuple[str, ...]:
    """Give the visitor who goes by an id, and the devices that joined them: each may have been sent something."""
    with store_errors_translated(_AWAY):
        known = know(await state.stores.visitors.read(site.name, visitor_id), site.assortment)
    devices = (joined.device_id for joined in known.profile.joined)
    return tuple(dict.fromkeys((known.visitor_id, visitor_id, *devices)))


def journal_view(entry: JournalRow) -> dict[str, Any]:
    """Give an entry as the API shows it."""
    fields = entry.fields
    body = orjson.loads(fields.get("body", "{}")).get("data", {})
    return {
        "message_id": entry.message_id,
        "status": fields.get("status"),
        "visitor_id": fields.get("visitor_id"),
        "trigger_id": fields.get("trigger_id"),
        "kind": fields.get("kind"),
        "purpose": fields.get("purpose"),
        "channel": fields.get("channel"),
        "campaign": fields.get("campaign"),
        "at": _iso(fields.get("at_s")),
        "due_at": _iso(fields.get("due_s")),
        "why": fields.get("why"),
        "reason": hold_words(fields.get("reason", "")) or None,
        "message": body.get("message"),
        "offer": body.get("offer"),
        "about": body.get("about"),
        "recommended": [product.get("item_id") for product in body.get("recommended", [])],
        "delivery": _delivery(fields),
        "outcome": _outcome(fields),
    }


def _delivery(fields: dict[str, str]) -> dict[str, Any]:
    """What became of it on each way out."""
    found: dict[str, Any] = {}
    for way in get_args(TriggerAction):
        if way in fields:
            told: dict[str, Any] = {"status": fields[way], "at": _iso(fields.get(f"{way}_at_s"))}
            if f"{way}_tries" in fields:
                told |= {"tries": int(fields[f"{way}_tries"]), "error": fields.get(f"{way}_error") or None}
            found[way] = told
    return found


def _outcome(fields: dict[str, str]) -> dict[str, Any]:
    """What came of it."""
    orders = []
    for name, value in sorted(fields.items()):
        if name.startswith(ORDER):
            at_s, amount, *named = value.split(" ")
            order_id = name.removeprefix(ORDER)
            taken_back = f"{UNDONE}{order_id}" in fields
            told = {"order_id": order_id, "at": _iso(at_s), "value": float(amount), "currency": next(iter(named), None)}
            orders.append({**told, "taken_back": taken_back})
    return {
        **{what: _iso(fields.get(f"{what}_at_s")) for what in MESSAGE_OUTCOMES},
        "orders": orders,
    }


def _iso(at_s: str | None) -> str | None:
    return iso(float(at_s)) if at_s else None


def _set_aside(message: Undelivered) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "way": message.way,
        "at": iso(message.at_s),
        "body": orjson.loads(message.body),
    }
