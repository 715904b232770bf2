"""/v1/segments and /v1/stages: named rules over profiles, stages of life, and how many visitors are in each."""

import asyncio
import time
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.resource_routes import (
    After,
    Force,
    StoredResourceRoutes,
    page_of,
    refuse_named,
    with_warnings,
)
from api.http.checked_route import CheckedRoute
from api.http.problems import unknown
from api.http.request_body import answer, read_json
from api.http.schemas.catalog import ResourcesAccepted
from api.http.schemas.documenting import answers, body, fields_of, problems
from api.http.schemas.segments import (
    MAX_EXAMPLES,
    Preview,
    PreviewRule,
    SegmentNow,
    Segments,
    SegmentTaken,
    Stages,
)
from api.runtime.authentication import ReadSite, SecretSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import SEGMENTS_AWAY, ask_store, store_errors_translated
from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.base.timestamps import iso
from models.catalog.references import unmet_warnings, written_references
from models.segments.conditions import Facts
from models.segments.lifecycle import STAGES, Thresholds, parse_thresholds, stage_of
from models.segments.profile_lifetime import WIN_BACK_DAYS, least_profile_days
from models.segments.rfm import Cutoffs
from models.segments.segments import (
    MAX_SEGMENTS,
    Segment,
    SegmentRule,
    WrittenSegment,
    parse_segment,
    parse_segment_rule,
)
from store.clock import read_now_s
from store.site.segments import MemberCount

PREVIEW_S: Final = 10.0
"""A preview stops after this long, and says of how many visitors it knows."""
_PORTION: Final = 200


class _SegmentRoutes(StoredResourceRoutes[Segment]):
    """Those of segments: what a rule is about may not have come into the catalog yet."""

    def warnings(self, site: Site, resources: Sequence[Segment]) -> list[dict[str, Any]]:
        found = (
            unmet_warnings(segment.segment_id, written_references(segment.raw), site.assortment)
            for segment in resources
        )
        return list(chain.from_iterable(found)) if site.assortment.items else []


_ROUTES: Final = _SegmentRoutes(
    noun="segment",
    most=MAX_SEGMENTS,
    away=SEGMENTS_AWAY,
    parse=parse_segment,
    id_of=lambda segment: segment.segment_id,
    store=lambda state: state.stores.segments,
)

router = APIRouter(route_class=CheckedRoute)
SegmentId = Annotated[str, Path(description="Its `segment_id`.", examples=["kitchen-lovers"])]


@router.put(
    "/v1/segments",
    tags=["segments"],
    summary="Add or replace segments",
    responses={200: {"model": ResourcesAccepted}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(Segments),
)
async def put_segments(request: Request, site: SecretSite) -> Response:
    """Take many at once: a bad one is rejected with its index, and never fails the rest.

    Visitors are judged by the new rules at once as they move, and all others in the background.
    """
    return await _ROUTES.put_many(request, site)


@router.get(
    "/v1/segments",
    tags=["segments"],
    summary="List segments and their numbers of visitors",
    responses=problems(401, 403, 422, 503),
)
async def get_segments(
    request: Request,
    site: SecretSite,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    after: After = "",
) -> Response:
    """List by id; `counts` has the number of visitors in each."""
    state = state_of(request)
    known = await _segments(state, site)
    tallies = await ask_store(SEGMENTS_AWAY, state.stores.segments.tallies, site.name, state.logs.events.partitions)
    page = page_of(known, after, limit)
    counts = {segment_id: tallies.get(f"segment:{segment_id}", MemberCount(0, 0.0)).visitors for segment_id in page.ids}
    listed = [_written(known[segment_id]) for segment_id in page.ids]
    return answer({"segments": listed, "counts": counts, "total": len(known), "next": page.following})


@router.post(
    "/v1/segments/preview",
    tags=["segments"],
    summary="Say how many visitors a rule holds for, and show some",
    responses={200: {"model": Preview}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(PreviewRule),
)
async def preview_segment(request: Request, site: ReadSite) -> Response:
    """Judge every visitor by a rule, now; nothing is kept."""
    asked = await read_json(request)
    if not isinstance(asked, dict) or set(asked) - fields_of(PreviewRule):
        raise InvalidError("preview_invalid", f"a preview has rule, and perhaps limit, got {show_value(asked)}")
    limit = asked.get("limit", MAX_EXAMPLES)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= MAX_EXAMPLES:
        raise InvalidError(
            "limit_invalid", f"limit must be a whole number from 0 to {MAX_EXAMPLES}, got {show_value(limit)}"
        )
    rule = parse_segment_rule(asked.get("rule"))
    state = state_of(request)
    with store_errors_translated(SEGMENTS_AWAY):
        return answer(await _preview(state, site, rule, limit))


async def _preview(state: State, site: Site, rule: SegmentRule, limit: int) -> dict[str, Any]:
    await site.follow_newest_catalog()
    thresholds = (await asyncio.to_thread(state.stores.segments.segment_config, site.name)).thresholds
    now_s = await read_now_s(state.config.clock, state.stores.redis, site.name)
    started = time.monotonic()
    judged, count, complete = 0, 0, True
    examples: list[dict[str, Any]] = []
    for partition in range(state.logs.events.partitions):
        cursor, seen = 0, set[str]()
        while complete:
            cursor, found = await asyncio.to_thread(
                state.stores.memberships.scan, site.name, partition, cursor, _PORTION
            )
            visitors = [visitor_id for visitor_id, _ in found if visitor_id not in seen]  # a scan may repeat some
            seen.update(visitors)
            profiles = await asyncio.to_thread(state.stores.profiles.load, site.name, partition, visitors)
            for visitor_id, profile in zip(visitors, profiles, strict=True):
                if not profile.events_seen:
                    continue
                judged += 1
                facts = Facts(profile, site.assortment, thresholds, now_s)
                if rule.holds(facts):
                    count += 1
                    if len(examples) < limit:
                        examples.append(_example(visitor_id, rule, facts))
            if cursor == 0:
                break
            complete = time.monotonic() - started < PREVIEW_S
    return {"count": count, "judged": judged, "complete": complete, "examples": examples}


def _example(visitor_id: str, rule: SegmentRule, facts: Facts) -> dict[str, Any]:
    stage, _ = stage_of(facts.profile, facts.thresholds, facts.now_s)
    last_seen = iso(facts.profile.last_at_s)
    return {"visitor_id": visitor_id, "stage": stage, "last_seen": last_seen, "why": rule.why(facts)}


@router.put(
    "/v1/segments/{segment_id}",
    tags=["segments"],
    summary="Add or replace one segment",
    responses={**answers(SegmentTaken), **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(WrittenSegment),
)
async def put_segment(request: Request, segment_id: SegmentId, site: SecretSite) -> Response:
    """Take one; the id in the address counts."""
    segment = await _ROUTES.put_one(request, site, segment_id)
    return answer(with_warnings(_written(segment), _ROUTES.warnings(site, [segment])))


@router.get(
    "/v1/segments/{segment_id}",
    tags=["segments"],
    summary="Read one segment, with its number of visitors",
    responses={**answers(SegmentNow), **problems(401, 403, 404, 503)},
)
async def get_segment(request: Request, segment_id: SegmentId, site: SecretSite) -> Response:
    """Give the rule, how many visitors are in it now, and when one last came or went.

    `settled` is false while visitors are still being judged by a rule that has changed.
    """
    state = state_of(request)
    segment = (await _segments(state, site)).get(segment_id)
    if segment is None:
        raise unknown(site.name, "segment", segment_id)
    store, partitions = state.stores.segments, state.logs.events.partitions
    tally = await ask_store(SEGMENTS_AWAY, store.segment_tally, site.name, partitions, segment_id)
    settled = await ask_store(SEGMENTS_AWAY, store.settled, site.name, partitions)
    return answer({**_written(segment), **_tally(tally), "settled": settled})


@router.delete(
    "/v1/segments/{segment_id}",
    tags=["segments"],
    status_code=204,
    summary="Remove one segment",
    responses=problems(401, 403, 404, 503),
)
async def delete_segment(
    request: Request,
    segment_id: SegmentId,
    site: SecretSite,
    force: Force = False,
) -> Response:
    """Remove one; its visitors leave it in the background. What a rule or a running experiment names stays."""
    if not force:
        await refuse_named(site, "segment", segment_id)
    return await _ROUTES.delete_one(request, site, segment_id)


@router.get(
    "/v1/stages",
    tags=["segments"],
    summary="Give the stages' thresholds and numbers of visitors",
    responses={**answers(Stages), **problems(401, 403, 503)},
)
async def get_stages(request: Request, site: SecretSite) -> Response:
    """Give how many visitors are in each stage of life, and what divides the stages."""
    state = state_of(request)
    store, partitions = state.stores.segments, state.logs.events.partitions
    thresholds = (await ask_store(SEGMENTS_AWAY, store.segment_config, site.name)).thresholds
    tallies = await ask_store(SEGMENTS_AWAY, store.stage_tallies, site.name, partitions)
    settled = await ask_store(SEGMENTS_AWAY, store.settled, site.name, partitions)
    stages = {stage: _tally(tallies[stage]) for stage in STAGES}
    return answer({"thresholds": _thresholds(thresholds), "stages": stages, "settled": settled})


@router.put(
    "/v1/stages",
    tags=["segments"],
    summary="Set the site's thresholds",
    responses=problems(400, 401, 403, 413, 422, 503),
    openapi_extra=body(Thresholds),
)
async def put_stages(request: Request, site: SecretSite) -> Response:
    """Set after how many silent days a visitor is dormant, and lost, and where value scores divide.

    All visitors are judged again.
    """
    thresholds = parse_thresholds(await read_json(request))
    _check_lifetime(thresholds, state_of(request).config.lifetimes.profile_s / DAY_S)
    await ask_store(SEGMENTS_AWAY, state_of(request).stores.segments.put_thresholds, site.name, thresholds)
    return answer(_thresholds(thresholds))


def _check_lifetime(thresholds: Thresholds, lifetime_days: float) -> None:
    """Refuse what would be judged by profiles that have gone."""
    least = least_profile_days(thresholds.lost_after_days, thresholds.recency_days[-1])
    if least > lifetime_days:
        raise InvalidError(
            "thresholds_invalid",
            f"profiles live {lifetime_days:g} days (profile_lifetime_days), and these thresholds need {least:g}: "
            f"lost_after_days is {thresholds.lost_after_days:g}, and {WIN_BACK_DAYS:g} days of winning back come after "
            f"it; the last of recency_days is {thresholds.recency_days[-1]:g}",
        )


async def _segments(state: State, site: Site) -> dict[str, Segment]:
    segment_config = await ask_store(SEGMENTS_AWAY, state.stores.segments.segment_config, site.name)
    return {segment.segment_id: segment for segment in segment_config.segments}


def _written(segment: Segment) -> dict[str, Any]:
    return {"segment_id": segment.segment_id, "name": segment.name, "rule": segment.raw}


def _tally(tally: MemberCount) -> dict[str, Any]:
    return {"count": tally.visitors, "changed_at": iso(tally.changed_at_s) if tally.changed_at_s else None}


def _thresholds(thresholds: Thresholds) -> dict[str, Any]:
    """The days, and those cut-offs that are the site's own."""
    usual = Cutoffs()
    own = {name: getattr(thresholds, name) for name in usual.__struct_fields__}
    return {
        "dormant_after_days": thresholds.dormant_after_days,
        "lost_after_days": thresholds.lost_after_days,
        **{name: value for name, value in own.items() if value != getattr(usual, name)},
    }
