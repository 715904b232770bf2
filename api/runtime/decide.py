"""Decide: one visitor's state to recommendations and slots, the same way for every endpoint."""

import asyncio
import time
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any

import orjson
from starlette.requests import Request

from api.http import metrics
from api.http.config import ApiConfig
from api.runtime.log_appender import Incoming
from api.runtime.site import Site
from api.runtime.state import State
from models.base.bucketing import in_holdout
from models.base.timestamps import iso
from models.catalog.resources import CatalogItem
from models.decisions.banner_caps import limits_for
from models.decisions.ladder import Reason
from models.decisions.merchandising import Gap, bundle_price
from models.decisions.recommend import Query, RecommendedList, recommend
from models.decisions.slots import HOLD_S, UNCHANGED, Slate, fill
from models.decisions.targeting import TargetingContext, targeting_of
from models.events.bots import is_bot
from models.events.events import encode_event
from models.experiments.assignment import VariantAssignments, assignments_of, exposure_event
from models.visitor.campaign_echo import echoed_campaign, without_echo
from models.visitor.profile import Profile
from store.client import UNAVAILABLE
from store.log.log import LogUnavailableError, partition_of
from store.visitors.visitor_reads import NO_SEGMENTS, ReadOptions, ResolvedVisitor, VisitorRead, before_login, know


@dataclass(slots=True)
class Decision:
    """One request's decision: the visitor as known now, and what has been chosen so far.

    `visitor_id` is the id the page sent; `owner_id` and `profile` are those of the visitor it belongs to. `campaign`
    led to this visit and is running; `echo` is the same where it is echoed, empty where not. `held` is the profile that
    slots go by right after a login, so that the login alone changes none of them. `assignments` is None where no
    experiment can be met; `clock_s` is the site's clock, `exposed_at_s` when by it an experiment is met; `promoted` is
    how many promotional creatives were chosen so far.
    """

    state: State
    site: Site
    visitor_id: str
    owner_id: str
    profile: Profile
    now_s: float
    holdout: bool
    campaign: str
    echo: str
    held: Profile | None
    degraded: str
    freshness_ms: float | None
    decision_id: str
    record: list[dict[str, Any]]
    targeting: TargetingContext
    assignments: VariantAssignments | None
    bot: bool
    exposed_at_s: float
    clock_s: float
    promoted: int = 0

    def asked(self, query: Query) -> Query:
        """Give a query as the visitor's variants make it."""
        return query if self.assignments is None else self.assignments.query(query)

    def listed(self, query: Query) -> RecommendedList:
        """Answer one query."""
        return recommend(
            self.site.scored(),
            self.profile,
            query,
            self.now_s,
            holdout=self.holdout,
            echo=self.echo,
            targeting=self.targeting,
        )

    def filled(self, placement_id: str, count: int, left_out: frozenset[str] = frozenset()) -> Slate:
        """Fill one placement; what the contact policy spares the visitor is left out."""
        banner_limits = limits_for(
            self.site.policy, self.profile.contact, self.site.assortment, self.clock_s, self.promoted
        )
        slate = fill(
            self.site.assortment,
            self.site.snapshot.clicks,
            self.held or self.profile,
            self.visitor_id,
            placement_id,
            count,
            self.now_s,
            holdout=self.holdout,
            left_out=left_out,
            echo=self.echo,
            targeting=self.targeting,
            change=UNCHANGED if self.assignments is None else self.assignments.placement(placement_id),
            banner_limits=banner_limits,
        )
        if banner_limits.why and slate.slots:
            slate = replace(slate, reason=f"{slate.reason}; promotions are held back: {banner_limits.why}")
        self.promoted += sum(slot.creative.creative_id in banner_limits.promotional for slot in slate.slots)
        return slate

    def recommend(self, query: Query) -> RecommendedList:
        """Answer one query, and note it."""
        answer = self.listed(query)
        if self.degraded:
            answer.reason = f"{self.degraded}: {answer.reason}"
        metrics.count_decision(self.site.name, query.strategy, answer.tier)
        items = [chosen.item.item_id for chosen in answer.items]
        self.record.append({"strategy": query.strategy, "tier": answer.tier, "items": items})
        return answer

    def fill(self, placement_id: str, count: int, left_out: frozenset[str] = frozenset()) -> Slate:
        """Fill one placement, and note it."""
        slate = self.filled(placement_id, count, left_out)
        metrics.count_decision(self.site.name, f"slots:{placement_id}", slate.tier)
        self.record.append({"placement": placement_id, "tier": slate.tier, "policy": slate.policy, **_logged(slate)})
        return slate

    def head(self) -> dict[str, Any]:
        """What every answer begins with."""
        profile = self.profile
        known = profile.events_seen > 0
        return {
            "decision_id": self.decision_id,
            "visitor_id": self.visitor_id or None,
            "holdout": self.holdout,
            "campaign_id": self.campaign or None,
            "echo": bool(self.echo),
            "experiments": self._met(),
            "state": {
                "events_seen": profile.events_seen,
                "as_of": iso(profile.last_at_s) if known else None,
                "age_ms": round((self.now_s - profile.accepted_at_s) * 1000, 1) if known else None,
                "freshness_ms": self.freshness_ms,
            },
        }

    def _met(self) -> list[dict[str, str]]:
        met = self.assignments.met if self.assignments is not None else {}
        return [
            {"experiment_id": experiment_id, "variant_id": variant.variant_id}
            for experiment_id, (_, variant) in met.items()
        ]

    def log(self) -> None:
        """Write the decision to the decision log, unwatched: who, what was chosen, with which chance.

        The first time a visitor meets a variant, an event that tells so goes to the event log.
        """
        snapshot = self.site.snapshot
        record = {
            "decision_id": self.decision_id,
            "site": self.site.name,
            "visitor_id": self.visitor_id,
            "at_s": self.now_s,
            "holdout": self.holdout,
            "campaign": self.campaign,
            "echo": self.echo,
            "experiments": self._met(),
            "model_version": snapshot.version,
            "position": self.profile.position,
            "chosen": self.record,
        }
        partition = partition_of(self.site.name, self.visitor_id, self.state.log.partitions)
        incoming = Incoming(self.site.name, partition, self.visitor_id, orjson.dumps(record))
        if not self.state.decisions.post([incoming]):
            metrics.DECISIONS_UNLOGGED.inc()
        if self.assignments is not None and self.assignments.met and not self.bot:
            self._expose(self.assignments)

    def _expose(self, assignments: VariantAssignments) -> None:
        """Append what the visitor met for the first time, as far as this process knows; said twice, it counts once."""
        name, owner_id = self.site.name, self.owner_id
        partition = partition_of(name, owner_id, self.state.log.partitions)
        exposed = [
            Incoming(
                name,
                partition,
                owner_id,
                encode_event(
                    exposure_event(
                        experiment,
                        variant,
                        site=name,
                        visitor_id=owner_id,
                        sender_id=self.visitor_id,
                        decision_id=self.decision_id,
                        at_s=self.exposed_at_s,
                        now_s=self.now_s,
                    )
                ),
            )
            for experiment, variant in assignments.met.values()
            if self.state.exposed.first(name, self.visitor_id, experiment, variant)
        ]
        if exposed:
            task = asyncio.create_task(self._tell(exposed, list(assignments.met)))
            self.state.telling.add(task)
            task.add_done_callback(self.state.telling.discard)

    async def _tell(self, exposed: list[Incoming], experiment_ids: list[str]) -> None:
        """Append; what the log does not take is told again with the visitor's next decision."""
        try:
            await self.state.exposures.append(exposed)
        except LogUnavailableError:
            self.state.exposed.forget(self.site.name, self.visitor_id, experiment_ids)
            metrics.EXPOSURES_LOST.inc(len(exposed))


async def begin(state: State, site: Site, visitor_id: str, agent: str = "") -> Decision:
    """Learn all there is to know of the visitor, in one round trip; without an answer in time, decide without.

    `agent` is the browser's user agent, where a browser asks.
    """
    known, visit, degraded = await _known(state, site, visitor_id)
    profile = known.profile
    segments, clock_s = (visit.segments, visit.clock_s) if visit is not None else (NO_SEGMENTS, 0.0)
    now_s = time.time()
    freshness_ms: float | None = None
    if profile.events_seen:
        fresh_s = state.freshness.first_use(site.name, known.visitor_id, profile.accepted_at_s, now_s)
        if fresh_s is not None:
            metrics.FRESHNESS_SECONDS.observe(fresh_s)
            freshness_ms = round(fresh_s * 1000, 2)
    holdout = in_holdout(site.name, visitor_id, state.config.holdout_share)
    found = echoed_campaign(profile, site.assortment, now_s)
    campaign = found.campaign_id if found else ""
    assignments: VariantAssignments | None = None
    if site.assortment.experiments and visitor_id and not holdout:
        assignments = assignments_of(site.assortment.experiments.values(), site.name, visitor_id, segments, now_s)
    return Decision(
        state=state,
        site=site,
        visitor_id=visitor_id,
        owner_id=known.visitor_id,
        profile=profile,
        now_s=now_s,
        holdout=holdout,
        campaign=campaign,
        echo="" if holdout or without_echo(site.name, visitor_id) else campaign,
        held=_held(known, now_s),
        degraded=degraded,
        freshness_ms=freshness_ms,
        decision_id=token_urlsafe(12),
        record=[],
        targeting=targeting_of(profile, segments, assignments.rules if assignments is not None else ()),
        assignments=assignments,
        bot=assignments is not None and is_bot(agent),
        # By events' time a visitor's own tells best what comes after: recorded events of others may be ahead of it.
        exposed_at_s=(profile.last_at_s or clock_s or now_s) if state.config.clock == "event" else now_s,
        # An event that is still pending moves the site's clock too.
        clock_s=max(clock_s, profile.last_at_s) if state.config.clock == "event" else now_s,
    )


def agent_of(request: Request) -> str:
    """Give a request's user agent."""
    return request.headers.get("user-agent", "")


async def _known(state: State, site: Site, visitor_id: str) -> tuple[ResolvedVisitor, VisitorRead | None, str]:
    """The visitor as known now and as read, or a new one and why the stored state could not be had."""
    nobody = ResolvedVisitor(visitor_id, Profile(), Profile())
    if not state.breaker.closed(time.monotonic()):
        metrics.DEGRADED.labels("breaker_open").inc()
        return nobody, None, "visitor state unavailable"
    while True:
        options = _options(state, site)
        try:
            visit = await state.visits.read(site.name, visitor_id, options, within_s=state.config.redis_deadline_s)
        except (TimeoutError, *UNAVAILABLE) as error:
            state.breaker.failed(time.monotonic())
            metrics.DEGRADED.labels(type(error).__name__).inc()
            return nobody, None, "visitor state unavailable"
        state.breaker.succeeded()
        try:
            await site.follow_catalog(visit.catalog_version)
        except UNAVAILABLE as error:
            metrics.DEGRADED.labels(type(error).__name__).inc()
        # A catalog that is the first to ask for segments has just been read: read again, with them.
        if options.segments or not site.assortment.asks_segments:
            return know(visit, site.assortment), visit, ""


def _options(state: State, site: Site) -> ReadOptions:
    """What a decision asks for beside the visitor: segments where rules do, the clock where events move it."""
    return ReadOptions(site.assortment.asks_segments, state.config.clock == "event")


def _held(known: ResolvedVisitor, now_s: float) -> Profile | None:
    """What slots go by until the window in which the visitor logged in is over, or until they look at something."""
    same_window = int(now_s // HOLD_S) == int(known.device.accepted_at_s // HOLD_S)
    return before_login(known) if known.device.links and same_window else None


def list_view(query: Query, answer: RecommendedList, config: ApiConfig, *, explain: bool = False) -> dict[str, Any]:
    """Give a list as the API shows it, with each item's whole reckoning if asked, a bundle with its price."""
    return {
        "strategy": query.strategy,
        "tier": answer.tier,
        "reason": answer.reason,
        **(_bundle(answer.companion_of, answer, config) if answer.companion_of is not None else {}),
        **(_gap_view(answer.gap) if answer.gap is not None else {}),
        "items": [
            {
                "item_id": chosen.item.item_id,
                "position": position,
                "score": chosen.score,
                "tier": chosen.tier,
                "reason": chosen.reason,
                "learner": chosen.why.learner,
                "because_item_id": chosen.why.because or None,
                **({"says": _says_view(chosen.why)} if explain else {}),
                **_display(chosen.item),
            }
            for position, chosen in enumerate(answer.items)
        ],
    }


def _gap_view(gap: Gap) -> dict[str, Any]:
    return {"threshold": gap.threshold, "cart_value": gap.cart_value, "missing": gap.missing}


def _says_view(why: Reason) -> list[dict[str, Any]]:
    named = why.contributions.named() if why.contributions else ()
    return [{"learner": learner, "says": round(says, 4)} for learner, says in named]


def _bundle(companion_of: CatalogItem, answer: RecommendedList, config: ApiConfig) -> dict[str, Any]:
    items = [companion_of, *(chosen.item for chosen in answer.items)]
    priced = bundle_price(items, config.bundle_discount, config.bundle_least_margin)
    return {
        "companion_of": companion_of.item_id,
        "joint_price": priced.joint if priced else None,
        "bundle_price": priced.price if priced else None,
        "saving": priced.saving if priced else None,
        "currency": companion_of.currency,
    }


def _logged(slate: Slate) -> dict[str, Any]:
    """Give the eligible creatives once; each slot is [creative, its chance, places in `eligible` it was drawn from].

    A pinned creative was drawn from itself alone, so that no one slot names all.
    """
    eligible = tuple(dict.fromkeys(creative_id for slot in slate.slots for creative_id in slot.drawn_from))
    place = {creative_id: number for number, creative_id in enumerate(eligible)}
    return {
        "eligible": eligible,
        "slots": [
            [slot.creative.creative_id, slot.selection_probability, [place[other] for other in slot.drawn_from]]
            for slot in slate.slots
        ],
    }


def _display(item: CatalogItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "price": item.price,
        "sale_price": item.sale_price,
        "currency": item.currency,
        "image_link": item.image_link,
        "link": item.link,
        "availability": item.availability,
        "brand": item.brand,
        "category": " > ".join(item.category),
        "item_group_id": item.item_group_id,
    }


def slate_view(slate: Slate) -> dict[str, Any]:
    """Give a placement's slots as the API shows them."""
    return {
        "tier": slate.tier,
        "reason": slate.reason,
        "slots": [
            {
                "creative_id": slot.creative.creative_id,
                "campaign_id": slot.creative.campaign_id,
                "image_link": slot.creative.image_link,
                "link": slot.creative.link,
                "headline": slot.creative.headline,
                "text": slot.creative.text,
                "position": slot.position,
                "selection_probability": round(slot.selection_probability, 6),
                "reason": slot.reason,
            }
            for slot in slate.slots
        ],
    }
