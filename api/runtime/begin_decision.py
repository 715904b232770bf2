"""Begin a decision: from a request's visitor id to a decision, the same way for every endpoint."""

import time

from starlette.requests import Request

from api.http import metrics
from api.http.storage_consent import Denial
from api.runtime.asking_bot import asking_bot
from api.runtime.decision import Decision, DecisionSubject
from api.runtime.site import Site
from api.runtime.state import State
from api.runtime.visitor_access import Access
from models.base.bucketing import in_holdout
from models.decisions.page_context import NO_PAGE, PageContext
from models.decisions.slots import HOLD_S
from models.decisions.targeting import targeting_of
from models.decisions.visitor_context import VisitorContext
from models.experiments.assignment import VariantAssignments, assignments_of
from models.visitor.campaign_echo import echoed_campaign, without_echo
from models.visitor.holds import STATE_UNAVAILABLE, hold_words
from models.visitor.profile import Profile
from store.log.log import partition_of
from store.refusals import UNAVAILABLE
from store.visitors.visitor_reads import NO_SEGMENTS, ReadOptions, ResolvedVisitor, VisitorRead, before_login, know


async def begin_decision(
    state: State,
    site: Site,
    visitor_id: str,
    agent: str = "",
    access: Access | None = None,
    *,
    page: PageContext = NO_PAGE,
    denied: Denial = "",
) -> Decision:
    """Learn all there is to know of the visitor, in one round trip; without an answer in time, decide without.

    `agent` is the browser's user agent, where a browser asks. Whom `access` may not see is told of as nobody would be,
    and so is who has `denied` that anything is stored. Where nothing is known, `page` is what the answer goes by.
    """
    if denied:
        visitor_id = ""
    known, visit, degraded = await _known(state, site, visitor_id)
    token_missing = access is not None and not access.may_see(visitor_id, known_owner(known, visit))
    if token_missing:
        known, visit = ResolvedVisitor(visitor_id, Profile(), Profile()), None
    profile = known.profile
    segments, clock_s = (visit.segments, visit.clock_s) if visit is not None else (NO_SEGMENTS, 0.0)
    now_s = time.time()
    freshness_ms: float | None = None
    if profile.events_seen:
        fresh_s = state.memory.freshness.first_use(site.name, known.visitor_id, profile.accepted_at_s, now_s)
        if fresh_s is not None:
            metrics.FRESHNESS_SECONDS.observe(fresh_s)
            freshness_ms = round(fresh_s * 1000, 2)
    holdout = in_holdout(site.name, visitor_id, state.config.holdout_share)
    seen = profile
    if not profile.events_seen and page != NO_PAGE:
        seen = page.profile(site.assortment, now_s)
    found = echoed_campaign(seen, site.assortment, now_s)
    campaign = found.campaign_id if found else ""
    assignments: VariantAssignments | None = None
    if site.assortment.experiments and visitor_id and not holdout:
        assignments = assignments_of(site.assortment.experiments.values(), site.name, visitor_id, segments, now_s)
    by_events = state.config.clock == "event"
    visitor = VisitorContext(
        seen,
        now_s,
        visitor_id,
        holdout=holdout,
        # Of whom nothing is known, nothing is measured.
        echo="" if holdout or (visitor_id and without_echo(site.name, visitor_id)) else campaign,
        known_targeting=targeting_of(seen, segments, assignments.rules if assignments is not None else ()),
    )
    subject = DecisionSubject(
        visitor=visitor,
        owner_id=known.visitor_id,
        slot_profile=_slot_profile(known, now_s),
        campaign=campaign,
        assignments=assignments,
        is_bot=assignments is not None and asking_bot(state.config, site.name, agent) is not None,
        # An event that is still pending moves the site's clock too.
        site_clock_s=max(clock_s, profile.last_at_s) if by_events else now_s,
        # By events' time a visitor's own tells best what comes after: recorded events of others may be ahead of it.
        exposed_at_s=(profile.last_at_s or clock_s or now_s) if by_events else now_s,
        degraded=degraded,
        token_missing=token_missing,
        denied=denied,
        freshness_ms=freshness_ms,
    )
    return Decision(state, site, subject)


def agent_of(request: Request) -> str:
    """Give a request's user agent."""
    return request.headers.get("user-agent", "")


async def _known(state: State, site: Site, visitor_id: str) -> tuple[ResolvedVisitor, VisitorRead | None, str]:
    """The visitor as known now and as read, or a new one and why the stored state could not be had."""
    nobody = ResolvedVisitor(visitor_id, Profile(), Profile())
    breaker = state.memory.breaker_of(partition_of(site.name, visitor_id, state.logs.events.partitions))
    if not breaker.closed(time.monotonic()):
        metrics.DEGRADED.labels("breaker_open").inc()
        return nobody, None, hold_words(STATE_UNAVAILABLE)
    while True:
        options = _options(state, site)
        try:
            visit = await state.stores.visitors.read(
                site.name, visitor_id, options, within_s=state.config.redis_deadline_s
            )
        except (TimeoutError, *UNAVAILABLE) as error:
            breaker.failed(time.monotonic())
            state.topology.refresh_soon()
            metrics.DEGRADED.labels(type(error).__name__).inc()
            return nobody, None, hold_words(STATE_UNAVAILABLE)
        breaker.succeeded()
        try:
            if visit.catalog_version is not None:
                await site.follow_catalog(visit.catalog_version)
        except UNAVAILABLE as error:
            metrics.DEGRADED.labels(type(error).__name__).inc()
        # A catalog that is the first to ask for segments has just been read: read again, with them.
        if options.segments or not site.assortment.asks_segments:
            return know(visit, site.assortment), visit, ""


def known_owner(known: ResolvedVisitor, visit: VisitorRead | None) -> str:
    """The known visitor an id belongs to; empty where it is nobody's yet."""
    if visit is None:
        return ""
    if visit.visitor_id != visit.asked:
        return visit.visitor_id
    return visit.asked if known.profile.user_id or known.profile.joined else ""


def _options(state: State, site: Site) -> ReadOptions:
    """What a decision asks for beside the visitor: segments where rules do, the clock where events move it."""
    return ReadOptions(site.assortment.asks_segments, state.config.clock == "event")


def _slot_profile(known: ResolvedVisitor, now_s: float) -> Profile | None:
    """What slots go by until the window in which the visitor logged in is over, or until they look at something."""
    same_window = int(now_s // HOLD_S) == int(known.device.accepted_at_s // HOLD_S)
    return before_login(known) if known.device.links and same_window else None
