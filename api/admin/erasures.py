"""DELETE /v1/visitors and /v1/erasures: a visitor erased, and what became of it."""

import asyncio
import time
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.admin.visitors import VisitorId
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.visitors import ErasureReceipt
from api.intake.log_appender import append_events, event_record
from api.runtime.authentication import AdminSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import PROFILES_AWAY, ask_store, store_errors_translated
from models.base.errors import show_value
from models.base.timestamps import iso
from models.events.events import Event
from models.events.intake.parsing import parse_visitor_id
from models.events.names import VISITOR_DELETED
from models.visitor.identity import Link, identified
from models.visitor.order_history import order_ids
from store.clock import read_now_s
from store.log.log import LogUnavailableError, partition_of
from store.refusals import UNAVAILABLE
from store.visitors.erasures import ERASING_FLOWS, ERASURE_PARAM, OpenErasure
from store.visitors.visitor_reads import know

router = APIRouter(tags=["visitors"], route_class=CheckedRoute)
_AWAY = "the receipt cannot be read now; try again"


@router.delete(
    "/v1/visitors/{visitor_id:path}",
    status_code=204,
    summary="Erase a visitor",
    responses=problems(401, 403, 503),
)
async def delete_visitor(request: Request, visitor_id: VisitorId, site: AdminSite) -> Response:
    """Forget a visitor's profile, now and in every replay; of a known visitor, what every device they ever held holds
    as well. `Erasure-Id` names the receipt, `Location` where it is: flows take out the rest within seconds.

    The erasure is an event of its own: what the log holds of the visitor before it is never learned into a profile
    again. Raw records leave the log when its retention ends. A device that somebody else holds by now stays theirs.
    """
    state = state_of(request)
    asked, erasure_id = parse_visitor_id(visitor_id), token_hex(12)
    links, partitions = state.stores.profiles.links, state.logs.events.partitions
    with store_errors_translated(f"{PROFILES_AWAY}; nothing is erased yet"):
        visit = await state.stores.visitors.read(site.name, asked)
        known = know(visit, site.assortment)
        held = await asyncio.to_thread(links.devices_of, site.name, known.visitor_id, partitions)
        joined = (joined.device_id for joined in known.profile.joined)
        devices = sorted({asked, *joined, *held} - {known.visitor_id})
        holders = {device: (await state.stores.visitors.read(site.name, device)).visitor_id for device in devices}
    names = [known.visitor_id, *devices]
    now_s, at_s = time.time(), await _clock_s(state, site)
    await _erase(state, site, names, at_s, erasure_id)
    orders = order_ids(known.profile.history)
    with store_errors_translated(f"{PROFILES_AWAY}; all but the visitor's part in orders and dead letters is erased"):
        await asyncio.to_thread(state.stores.order_tellers.forget, site.name, orders, names)
        await asyncio.to_thread(links.forget_devices_of, site.name, known.visitor_id, partitions)
        for name in names:
            await asyncio.to_thread(state.stores.known.forget, site.name, name)
        letters = await asyncio.to_thread(state.stores.dead_letters.erase_visitor, site.name, set(names))
        removed = {"devices": len(devices), "orders": len(orders), "dead letters": letters}
        await asyncio.to_thread(state.stores.erasures.add_removed, site.name, erasure_id, removed)
    others = {
        device: Link(at_s, holder) for device, holder in holders.items() if holder not in (known.visitor_id, device)
    }
    await append_events(
        state.appenders.events,
        [
            event_record(identified(site.name, device_id, link, now_s), partitions, link)
            for device_id, link in others.items()
        ],
    )
    return Response(status_code=204, headers={"Erasure-Id": erasure_id, "Location": f"/v1/erasures/{erasure_id}"})


@router.get(
    "/v1/erasures/{erasure_id}",
    summary="Show the receipt of an erasure",
    responses={200: {"model": ErasureReceipt}, **problems(401, 403, 404, 503)},
)
async def get_erasure(
    request: Request,
    site: AdminSite,
    erasure_id: Annotated[str, Path(description="`Erasure-Id` of the answer to a DELETE.", examples=["0a1b2c"])],
) -> Response:
    """Show what was erased, what is still on its way, and when it was finished. The receipt names nobody."""
    state = state_of(request)
    try:
        erasure = await ask_store(_AWAY, state.stores.erasures.read, site.name, erasure_id, state.logs.events)
    except LogUnavailableError as error:
        raise unavailable("log_unavailable", f"{_AWAY}: {error}") from error
    if erasure is None:
        raise ProblemError(404, "erasure_unknown", f"there is no receipt {show_value(erasure_id)}")
    parts = {what: erasure.done[flow] for flow, erased in ERASING_FLOWS.items() for what in erased}
    finished_at_s = erasure.finished_at_s
    return answer(
        {
            "erasure_id": erasure_id,
            "asked_at": iso(erasure.asked_at_s),
            "finished_at": iso(finished_at_s) if finished_at_s is not None else None,
            "visitor_ids": erasure.ids,
            "removed": erasure.removed,
            "erased": {"orders": True, "known ids": True, **parts},
            "raw_events": "records of before it leave the event log when its retention ends",
        }
    )


async def _clock_s(state: State, site: Site) -> float:
    """The site's time: an erasure must not move a clock that events move."""
    try:
        return await read_now_s(state.config.clock, state.stores.redis, site.name)
    except UNAVAILABLE:
        return time.time()


async def _erase(state: State, site: Site, visitor_ids: list[str], at_s: float, erasure_id: str) -> None:
    """Erase the first of the ids, a visitor, and the others, their devices.

    A device that others used is erased as the stream comes to it: what they did there is on its way to them.
    """
    now_s, partitions = time.time(), state.logs.events.partitions
    events = [
        Event(
            site=site.name,
            event=VISITOR_DELETED,
            visitor_id=visitor_id,
            user_id=visitor_ids[0],
            at_s=at_s,
            accepted_at_s=now_s,
            params={ERASURE_PARAM: erasure_id},
        )
        for visitor_id in visitor_ids
    ]
    positions = await append_events(state.appenders.events, [event_record(event, partitions) for event in events])
    latest: dict[int, int] = {}
    with store_errors_translated(
        "the erasure is recorded and will be carried out when the profile store answers again"
    ):
        for event, position in zip(events, positions, strict=True):
            partition = partition_of(site.name, event.visitor_id, partitions)
            latest[partition] = max(position, latest.get(partition, 0))
            await asyncio.to_thread(state.stores.profiles.erase, site.name, partition, event, position)
        ids = [(partition_of(site.name, visitor_id, partitions), visitor_id) for visitor_id in visitor_ids]
        opened = OpenErasure(ids, visitor_ids[0], latest)
        await asyncio.to_thread(state.stores.erasures.note_begun, site.name, erasure_id, opened, now_s)
