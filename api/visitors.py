"""/v1/visitors: one visitor's profile explained, and erased."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api import decide, schemas
from api.bodies import answer
from api.events import append_events
from api.intake import Incoming
from api.keys import secret_site
from api.problems import ProblemError, unavailable
from api.site import Site
from api.state import state_of
from models import recommend
from models.errors import shown
from models.events import VISITOR_DELETED, Event, encode_event, parse_visitor_id
from models.explain import explain_interests
from models.habits import interval_s
from models.holdout import in_holdout
from models.profile import COUNTED, Profile, decode_profile, encode_profile
from models.subjects import creative_of
from models.touch import Touch
from store.client import UNAVAILABLE
from store.log import partition_of
from store.visits import profile_of, read_visit

router = APIRouter(tags=["visitors"])
VisitorId = Annotated[str, Path(description="A visitor id.", examples=["v-1042"])]


@router.get(
    "/v1/visitors/{visitor_id:path}",
    summary="Explain a visitor",
    responses={200: {"model": schemas.Visitor}, **schemas.problems(401, 403, 404, 503)},
)
async def get_visitor(
    request: Request,
    visitor_id: VisitorId,
    site: Annotated[Site, Depends(secret_site)],
    limit: Annotated[int, Query(ge=0, le=recommend.MAX_LIMIT, description="Items of `for_you` to show.")] = 5,
) -> Response:
    """Show what is kept of a visitor, what it means, and what `for_you` makes of it."""
    state = state_of(request)
    visitor_id = parse_visitor_id(visitor_id)
    partition = partition_of(site.name, visitor_id, state.log.partitions)
    try:
        visit = await read_visit(state.redis, site.name, partition, visitor_id)
        await site.follow_catalog(visit.catalog_version)
    except UNAVAILABLE as error:
        raise unavailable("store_unavailable", "the profile store does not answer") from error
    stored = decode_profile(visit.blob)
    profile = profile_of(visit, site.assortment)
    if profile.events_seen == 0:
        raise ProblemError(404, "visitor_unknown", f"site {site.name!r} knows no visitor {shown(visitor_id)}")
    query = recommend.Query("for_you", limit=max(limit, 1))
    now_s = time.time()
    found = recommend.recommend(site.shelf(), profile, query, now_s)
    return answer(
        {
            "visitor_id": visitor_id,
            "holdout": in_holdout(site.name, visitor_id, state.config.holdout_share),
            **_view(profile, site),
            "interests": explain_interests(profile, site.assortment),
            "for_you": decide.list_view(query, found, state.config, explain=True) if limit else None,
            "storage": {
                "partition": partition,
                "position": stored.position,
                "pending_events": profile.events_seen - stored.events_seen,
                "profile_bytes": len(encode_profile(profile)),
            },
        }
    )


def _view(profile: Profile, site: Site) -> dict[str, Any]:
    session = profile.session
    return {
        "user_id": profile.user_id or None,
        "first_seen": decide.iso(profile.first_at_s),
        "last_seen": decide.iso(profile.last_at_s),
        "events_seen": profile.events_seen,
        "sessions": profile.sessions,
        "session": {
            "session_id": session.session_id or None,
            "started_at": decide.iso(session.started_at_s),
            "last_at": decide.iso(session.last_at_s),
            "events": session.events,
        },
        "counts": {name: count for name, count in zip(COUNTED, profile.counts, strict=True) if count},
        "first_touch": _touch(profile.first_touch),
        "last_touch": _touch(profile.last_touch),
        "recent_items": [
            {
                **_subject(seen.item_id, site),
                "event": seen.event,
                "at": decide.iso(seen.at_s),
            }
            for seen in reversed(profile.recent)
        ],
        "cart": [
            {"item_id": line.item_id, "quantity": line.quantity, "price": line.price, "at": decide.iso(line.at_s)}
            for line in profile.cart
        ],
        "bought": [
            {"item_id": one.item_id, "order_id": one.order_id, "at": decide.iso(one.at_s)} for one in profile.bought
        ],
        "habits": [
            {
                "item_id": one.item_id,
                "count": one.count,
                "first_at": decide.iso(one.first_at_s),
                "last_at": decide.iso(one.last_at_s),
                "every_days": round(gap_s / 86_400, 1) if (gap_s := interval_s(one)) is not None else None,
            }
            for one in sorted(profile.history.habits, key=lambda habit: (-habit.count, -habit.last_at_s, habit.item_id))
        ],
    }


def _subject(subject_id: str, site: Site) -> dict[str, Any]:
    """Name a recent item, or a creative that was clicked."""
    creative_id = creative_of(subject_id)
    known = site.assortment.item_of(subject_id)
    category = " > ".join(known.category) if known else None
    if creative_id is None:
        return {"item_id": subject_id, "title": known.title if known else None, "category": category}
    headline = site.assortment.creatives[creative_id].headline if known else None
    return {"creative_id": creative_id, "title": headline, "category": category}


def _touch(touch: Touch | None) -> dict[str, Any] | None:
    if touch is None:
        return None
    return {
        "source": touch.source,
        "medium": touch.medium,
        "campaign": touch.campaign,
        "at": decide.iso(touch.at_s),
    }


@router.delete(
    "/v1/visitors/{visitor_id:path}",
    status_code=204,
    summary="Erase a visitor",
    responses=schemas.problems(401, 403, 503),
)
async def delete_visitor(
    request: Request, visitor_id: VisitorId, site: Annotated[Site, Depends(secret_site)]
) -> Response:
    """Forget a visitor's profile, now and in every replay.

    The erasure is an event of its own: what the log holds of the visitor before it is never learned into a profile
    again. Raw records leave the log when its retention ends.
    """
    state = state_of(request)
    visitor_id = parse_visitor_id(visitor_id)
    now_s = time.time()
    partition = partition_of(site.name, visitor_id, state.log.partitions)
    event = Event(site=site.name, event=VISITOR_DELETED, visitor_id=visitor_id, at_s=now_s, accepted_at_s=now_s)
    incoming = Incoming(site.name, partition, visitor_id, encode_event(event))
    (position,) = await append_events(state, [incoming])
    try:
        await asyncio.to_thread(state.profiles.erase, site.name, partition, visitor_id, position)
    except UNAVAILABLE as error:
        detail = "the erasure is recorded and will be carried out when the profile store answers again"
        raise unavailable("store_unavailable", detail) from error
    return Response(status_code=204)
