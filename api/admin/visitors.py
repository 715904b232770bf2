"""/v1/visitors: one visitor's profile explained, and erased."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.visitors import Visitor
from api.runtime.authentication import SecretSite
from api.runtime.decision_views import list_view
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import PROFILES_AWAY, store_errors_translated
from models.base.bucketing import in_holdout
from models.base.durations import DAY_S
from models.base.errors import show_value
from models.base.timestamps import iso
from models.decisions import recommend
from models.decisions.visitor_context import VisitorContext
from models.events.intake.parsing import parse_visitor_id
from models.events.subjects import creative_of
from models.events.traffic_source import Touch
from models.segments.conditions import Facts
from models.segments.lifecycle import stage_of
from models.segments.membership import Membership, SegmentConfig
from models.segments.rfm import scores_of, tier_of
from models.visitor.contact_history import plain_contact
from models.visitor.explain_interests import explain_interests
from models.visitor.order_history import History, interval_s
from models.visitor.profile import COUNTED, Profile, encode_profile
from store.clock import read_now_s
from store.log.log import partition_of
from store.visitors.visitor_reads import know

router = APIRouter(tags=["visitors"], route_class=CheckedRoute)
VisitorId = Annotated[str, Path(description="A visitor id.", examples=["v-1042"])]


@router.get(
    "/v1/visitors/{visitor_id:path}",
    summary="Explain a visitor",
    responses={200: {"model": Visitor}, **problems(401, 403, 404, 503)},
)
async def get_visitor(
    request: Request,
    visitor_id: VisitorId,
    site: SecretSite,
    limit: Annotated[int, Query(ge=0, le=recommend.MAX_LIMIT, description="Items of `for_you` to show.")] = 5,
) -> Response:
    """Show what is kept of a visitor, what it means, and what `for_you` makes of it."""
    return answer(await explain_visitor(state_of(request), site, parse_visitor_id(visitor_id), limit))


async def explain_visitor(state: State, site: Site, visitor_id: str, limit: int) -> dict[str, Any]:
    """Tell what is kept of a visitor; raises `ProblemError` where nobody knows them."""
    with store_errors_translated(PROFILES_AWAY):
        visit = await state.stores.visitors.read(site.name, visitor_id)
        if visit.catalog_version is not None:
            await site.follow_catalog(visit.catalog_version)
    partition = partition_of(site.name, visit.visitor_id, state.logs.events.partitions)
    kept = visit.kept[visit.visitor_id].profile
    position, events_stored = kept.position, kept.events_seen
    known = know(visit, site.assortment)
    profile = known.profile
    if profile.events_seen == 0:
        raise ProblemError(404, "visitor_unknown", f"site {site.name!r} knows no visitor {show_value(visitor_id)}")
    with store_errors_translated(PROFILES_AWAY):
        segment_config = await asyncio.to_thread(state.stores.segments.segment_config, site.name)
        membership = await asyncio.to_thread(state.stores.memberships.get, site.name, partition, known.visitor_id)
        clock_s = await read_now_s(state.config.clock, state.stores.redis, site.name)
    if state.config.clock == "event":
        clock_s = max(clock_s, profile.last_at_s)  # an event that is still pending moves the clock
    facts = Facts(profile, site.assortment, segment_config.thresholds, clock_s)
    query = recommend.Query("for_you", limit=max(limit, 1))
    now_s = time.time()
    found = recommend.recommend(site.scored(), VisitorContext(profile, now_s), query)
    return {
        "visitor_id": visitor_id,
        "holdout": in_holdout(site.name, visitor_id, state.config.holdout_share),
        "devices": sorted({joined.device_id for joined in profile.joined}),
        **_view(profile, site),
        "bot": profile.is_bot,
        "stage": _stage(facts, membership),
        "segments": _segments(facts, segment_config, membership),
        "value": _value(facts, profile.history),
        "opinion": _satisfaction(profile),
        "interests": explain_interests(profile, site.assortment),
        "for_you": list_view(query, found, state.config, explain=True) if limit else None,
        "storage": {
            "partition": partition,
            "position": position,
            "pending_events": profile.events_seen - events_stored,
            "profile_bytes": len(encode_profile(profile)),
        },
    }


def _view(profile: Profile, site: Site) -> dict[str, Any]:
    session = profile.session
    return {
        "user_id": profile.user_id or None,
        "device": profile.device or None,
        "region": profile.region or None,
        "first_seen": iso(profile.first_at_s),
        "last_seen": iso(profile.last_at_s),
        "events_seen": profile.events_seen,
        "sessions": profile.sessions,
        "session": {
            "session_id": session.session_id or None,
            "started_at": iso(session.started_at_s),
            "last_at": iso(session.last_at_s),
            "events": session.events,
        },
        "contact": plain_contact(profile.contact_history, site.policy.low_rating),
        "counts": {name: count for name, count in zip(COUNTED, profile.counts, strict=True) if count},
        "first_touch": _touch(profile.first_touch),
        "last_touch": _touch(profile.last_touch),
        "recent_items": [
            {
                **_subject(seen.item_id, site),
                "event": seen.event,
                "at": iso(seen.at_s),
            }
            for seen in reversed(profile.recent)
        ],
        "cart": [
            {
                "item_id": line.item_id,
                "quantity": line.quantity,
                "price": line.price,
                "currency": line.currency or None,
                "at": iso(line.at_s),
            }
            for line in profile.cart
        ],
        "bought": [
            {"item_id": bought.item_id, "order_id": bought.order_id, "at": iso(bought.at_s)}
            for bought in profile.bought
        ],
        "habits": [
            {
                "item_id": item_purchases.item_id,
                "count": item_purchases.count,
                "first_at": iso(item_purchases.first_at_s),
                "last_at": iso(item_purchases.last_at_s),
                "every_days": round(gap_s / DAY_S, 1) if (gap_s := interval_s(item_purchases)) is not None else None,
            }
            for item_purchases in sorted(
                profile.history.item_purchases,
                key=lambda item_purchases: (-item_purchases.count, -item_purchases.last_at_s, item_purchases.item_id),
            )
        ],
    }


def _stage(facts: Facts, membership: Membership | None) -> dict[str, Any]:
    stage, why = stage_of(facts.profile, facts.thresholds, facts.now_s)
    known = membership is not None and membership.stage == stage
    return {"stage": stage, "why": why, "since": iso(membership.stage_since_s) if membership and known else None}


def _segments(facts: Facts, segment_config: SegmentConfig, membership: Membership | None) -> list[dict[str, Any]]:
    """The segments the visitor is in now; `since` comes with the stream, a moment later."""
    since = {member.segment_id: member.since_s for member in membership.members} if membership else {}
    return [
        {
            "segment_id": segment.segment_id,
            "name": segment.name,
            "why": segment.rule.why(facts),
            "since": iso(since[segment.segment_id]) if segment.segment_id in since else None,
        }
        for segment in segment_config.segments
        if segment.rule.holds(facts)
    ]


def _value(facts: Facts, history: History) -> dict[str, Any]:
    order_value = facts.order_value
    recency, frequency, monetary = scores_of(order_value, facts.thresholds, facts.now_s)
    claimed = sum(1 for order in history.set_aside if order.claimed)
    return {
        "tier": tier_of(recency, frequency, monetary, order_value.orders),
        "recency": recency,
        "frequency": frequency,
        "monetary": monetary,
        "orders": order_value.orders,
        "orders_claimed": claimed,
        "lifetime_value": round(order_value.revenue, 2),
        "average_basket": round(order_value.average_basket, 2),
        "currency": order_value.currency or None,
        "other_currencies": {
            other.currency: {"orders": other.amounts, "lifetime_value": round(other.total, 2)}
            for other in order_value.others
        },
        "units": order_value.units,
        "sale_share": round(order_value.sale_share, 4),
        "first_order_at": iso(order_value.first_at_s) if order_value.orders else None,
        "last_order_at": iso(order_value.last_at_s) if order_value.orders else None,
    }


def _satisfaction(profile: Profile) -> dict[str, Any] | None:
    satisfaction = profile.satisfaction
    if satisfaction is None:
        return None
    said = {kind: getattr(satisfaction, kind) for kind in satisfaction.__struct_fields__}
    told = {kind: {"value": entry.value, "at": iso(entry.at_s)} for kind, entry in said.items() if entry is not None}
    return {"mood": satisfaction.latest[0] if satisfaction.latest else None, **told}


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
        "at": iso(touch.at_s),
    }
