"""/v1/visitors/{id}/export: everything kept of one visitor, as one JSON document, in pieces as they are read."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.admin.dead_letters import letter_view
from api.admin.journal import journal_view
from api.admin.timeline import entry_view
from api.admin.visitors import VisitorId, explain_visitor
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.schemas.documenting import problems
from api.runtime.authentication import AdminSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import PROFILES_AWAY, store_errors_translated
from models.base.errors import show_value
from models.base.timestamps import iso
from models.events.intake.parsing import parse_visitor_id
from models.visitor.timeline import describe_entries
from store.dead_letters import Place
from store.log.log import partition_of
from store.messages.journal import Filter
from store.visitors.visitor_reads import know

router = APIRouter(tags=["visitors"], route_class=CheckedRoute)
_MOST_MESSAGES: Final = 100_000
_ROUNDS: Final = 5
_SAME: Final = ("log_partition", "generation", "position", "visitor_id", "event", "event_id", "at_s", "accepted_at_s")


@router.get(
    "/v1/visitors/{visitor_id:path}/export",
    summary="Export a visitor",
    response_class=Response,
    responses={
        200: {
            "content": {"application/json": {}},
            "description": "All that is kept of the visitor, by where it stands.",
        },
        **problems(401, 403, 404, 503),
    },
)
async def export_visitor(request: Request, visitor_id: VisitorId, site: AdminSite) -> Response:
    """Give everything kept of a visitor and of every device they ever held: profile (stage, segments and value with
    their reasons, contacts, orders, cart), what is stored of each id, timeline, journal, dead letters, and the rows of
    the archive. Raw records in the log are not searched; the archive has them within seconds.
    """
    state, asked = state_of(request), parse_visitor_id(visitor_id)
    with store_errors_translated(PROFILES_AWAY):
        visit = await state.stores.visitors.read(site.name, asked)
        owner = visit.visitor_id
        known = know(visit, site.assortment)
        held = await asyncio.to_thread(
            state.stores.profiles.links.devices_of, site.name, owner, state.logs.events.partitions
        )
        names = [owner, *sorted({asked, *held, *(joined.device_id for joined in known.profile.joined)} - {owner})]
        head: dict[str, Any] = {"visitor_id": owner, "ids": names, "exported_at": iso(time.time())}
        try:
            head["profile"] = await explain_visitor(state, site, owner, 0)
        except ProblemError:
            head["profile"] = None
        head["stored"] = await asyncio.to_thread(_stored, state, site, names)
        _, entries = await state.stores.visitors.read_timeline(site.name, owner)
        head["timeline"] = [entry_view(entry, lambda item_id: item_id) for entry in describe_entries(entries)]
        head["journal"] = await asyncio.to_thread(_journal, state, site, names)
        letters = await asyncio.to_thread(state.stores.dead_letters.of_visitor, site.name, set(names))
        head["dead_letters"] = [letter_view(Place(0, 0), letter) for letter in letters]
    rows = _rows(state, site, set(names))
    first_row = await anext(rows, None)
    if first_row is None and not any(
        head[part] for part in ("profile", "stored", "timeline", "journal", "dead_letters")
    ):
        raise ProblemError(404, "visitor_unknown", f"site {site.name!r} knows no visitor {show_value(asked)}")
    return StreamingResponse(_document(head, first_row, rows), media_type="application/json")


async def _document(
    head: dict[str, Any], first_row: dict[str, Any] | None, rows: AsyncIterator[dict[str, Any]]
) -> AsyncIterator[bytes]:
    """The document: its head, then the rows of the archive."""
    yield orjson.dumps(head)[:-1] + b',"archive":['
    if first_row is not None:
        yield orjson.dumps(first_row)
    async for row in rows:
        yield b"," + orjson.dumps(row)
    yield b"]}"


async def _rows(state: State, site: Site, names: set[str]) -> AsyncIterator[dict[str, Any]]:
    """Rows of the archive, each once, file by file; of files that compaction took away meanwhile from those it made."""
    seen: set[tuple[Any, ...]] = set()
    done: set[Path] = set()
    for _ in range(_ROUNDS):
        gone = False
        for file in await asyncio.to_thread(_search, state, site, names, done):
            rows = await asyncio.to_thread(_read, state, site, file, names)
            done.add(file)
            gone = gone or rows is None
            for row in rows or ():
                key = tuple(row[name] for name in _SAME)
                if key not in seen:
                    seen.add(key)
                    yield row
        if not gone:
            return


def _stored(state: State, site: Site, names: list[str]) -> dict[str, Any]:
    """Whatever Redis holds of each id, by the names of our own fields; ids of which there is nothing are left out."""
    stores, partitions = state.stores, state.logs.events.partitions
    found: dict[str, Any] = {}
    for name in names:
        partition = partition_of(site.name, name, partitions)
        (profile,) = stores.profiles.load(site.name, partition, [name])
        ((_, trigger_state),) = stores.triggers.load(site.name, partition, [name])
        membership = stores.memberships.get(site.name, partition, name)
        if profile.events_seen or profile.links or trigger_state.position or membership:
            parts = {"profile": profile, "trigger_state": trigger_state, "membership": membership}
            found[name] = {part: _plain(held) for part, held in parts.items() if held is not None}
    return found


def _plain(held: object) -> Any:
    """Give what is stored by the names of our own fields, as JSON can tell it; bytes as hexadecimal digits."""
    if isinstance(held, msgspec.Raw):
        return _plain(msgspec.msgpack.decode(held))
    if isinstance(held, msgspec.Struct):
        return {name: _plain(getattr(held, name)) for name in held.__struct_fields__}
    if isinstance(held, dict):
        return {str(name): _plain(value) for name, value in held.items()}
    if isinstance(held, list | tuple | set | frozenset):
        return [_plain(value) for value in held]
    if isinstance(held, bytes):
        return held.hex()
    return held


def _journal(state: State, site: Site, names: list[str]) -> list[dict[str, Any]]:
    wanted = Filter(visitor_ids=tuple(names))
    partitions = state.logs.events.partitions
    found = state.stores.journal.find(site.name, partitions, wanted, _MOST_MESSAGES, _MOST_MESSAGES)
    return [journal_view(entry) for entry in found]


def _search(state: State, site: Site, names: set[str], done: set[Path]) -> list[Path]:
    """Files that hold rows of theirs; PyArrow is loaded by whoever asks, since most processes of the API never do."""
    from store.archive.parquet_files import files_with

    archive = state.stores.archive
    listed = [file for files in archive.files(site.name).values() for file in files if file not in done]
    found, unreadable = files_with(listed, names)
    for file, error in unreadable:
        archive.set_aside(site.name, file, error)
    return found


def _read(state: State, site: Site, file: Path, names: set[str]) -> list[dict[str, Any]] | None:
    """Rows of a file; None where it has gone."""
    from store.archive.parquet_files import UnreadableFileError, rows_of

    try:
        return rows_of(file, names)
    except FileNotFoundError:
        return None
    except UnreadableFileError as error:
        state.stores.archive.set_aside(site.name, file, error)
        return []
