"""Decide: one visitor's state to recommendations and slots, the same way for every endpoint."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

import orjson

from api import metrics
from api.config import ApiConfig
from api.intake import Incoming
from api.site import Site
from api.state import State
from models.catalog import CatalogItem
from models.echo import echoed_campaign, without_echo
from models.holdout import in_holdout
from models.merchandising import Gap, bundle_price
from models.profile import Profile
from models.recommend import Answer, Query, recommend
from models.restraint import restrain
from models.slots import HOLD_S, Slate, fill
from models.steps import Why
from store.client import UNAVAILABLE
from store.clock import read_now_s
from store.log import partition_of
from store.visits import Known, before_login, know


@dataclass(slots=True)
class Deciding:
    """One request's decision: the visitor as known now, and what has been chosen so far.

    `visitor_id` is the id the page sent; `profile` is that of the visitor it belongs to. `campaign` led to this visit
    and is running; `echo` is the same where it is echoed, empty where not. `held` is the profile that slots go by right
    after a login, so that the login alone changes none of them. `clock_s` is the site's clock, `promoted` how many
    promotional creatives were chosen so far.
    """

    state: State
    site: Site
    visitor_id: str
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
    clock_s: float
    promoted: int = 0

    def recommend(self, query: Query) -> Answer:
        """Answer one query."""
        answer = recommend(self.site.shelf(), self.profile, query, self.now_s, holdout=self.holdout, echo=self.echo)
        if self.degraded:
            answer.reason = f"{self.degraded}: {answer.reason}"
        metrics.count_decision(self.site.name, query.strategy, answer.tier)
        items = [one.item.item_id for one in answer.items]
        self.record.append({"strategy": query.strategy, "tier": answer.tier, "items": items})
        return answer

    def fill(self, placement_id: str, count: int, left_out: frozenset[str] = frozenset()) -> Slate:
        """Fill one placement; what the contact policy spares the visitor is left out."""
        restraint = restrain(self.site.policy, self.profile.contact, self.site.assortment, self.clock_s, self.promoted)
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
            restraint=restraint,
        )
        self.promoted += sum(one.creative.creative_id in restraint.promotional for one in slate.slots)
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
            "state": {
                "events_seen": profile.events_seen,
                "as_of": iso(profile.last_at_s) if known else None,
                "age_ms": round((self.now_s - profile.accepted_at_s) * 1000, 1) if known else None,
                "freshness_ms": self.freshness_ms,
            },
        }

    def log(self) -> None:
        """Write the decision to the decision log, unwatched: who, what was chosen, with which chance."""
        snapshot = self.site.snapshot
        record = {
            "decision_id": self.decision_id,
            "site": self.site.name,
            "visitor_id": self.visitor_id,
            "at_s": self.now_s,
            "holdout": self.holdout,
            "campaign": self.campaign,
            "echo": self.echo,
            "model_version": snapshot.version,
            "position": self.profile.position,
            "chosen": self.record,
        }
        partition = partition_of(self.site.name, self.visitor_id, self.state.log.partitions)
        incoming = Incoming(self.site.name, partition, self.visitor_id, orjson.dumps(record))
        if not self.state.decisions.post([incoming]):
            metrics.DECISIONS_UNLOGGED.inc()


async def begin(state: State, site: Site, visitor_id: str) -> Deciding:
    """Learn all there is to know of the visitor, in one round trip; without an answer in time, decide without."""
    known, degraded = await _known(state, site, visitor_id)
    profile = known.profile
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
    return Deciding(
        state=state,
        site=site,
        visitor_id=visitor_id,
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
        clock_s=now_s if state.config.clock == "wall" else await _event_clock_s(state, site, profile),
    )


async def _event_clock_s(state: State, site: Site, profile: Profile) -> float:
    """The site's time by its events: the stored clock, which an event that is still pending moves."""
    try:
        return max(profile.last_at_s, await read_now_s("event", state.redis, site.name))
    except UNAVAILABLE:
        return profile.last_at_s


async def _known(state: State, site: Site, visitor_id: str) -> tuple[Known, str]:
    """The visitor as known now, or a new one and why the stored state could not be had."""
    nobody = Known(visitor_id, Profile(), Profile())
    if not state.breaker.closed(time.monotonic()):
        metrics.DEGRADED.labels("breaker_open").inc()
        return nobody, "visitor state unavailable"
    try:
        async with asyncio.timeout(state.config.redis_deadline_s):
            visit = await state.visits.read(site.name, visitor_id)
    except (TimeoutError, *UNAVAILABLE) as error:
        state.breaker.failed(time.monotonic())
        metrics.DEGRADED.labels(type(error).__name__).inc()
        return nobody, "visitor state unavailable"
    state.breaker.succeeded()
    try:
        await site.follow_catalog(visit.catalog_version)
    except UNAVAILABLE as error:
        metrics.DEGRADED.labels(type(error).__name__).inc()
    return know(visit, site.assortment), ""


def _held(known: Known, now_s: float) -> Profile | None:
    """What slots go by until the window in which the visitor logged in is over, or until they look at something."""
    same_window = int(now_s // HOLD_S) == int(known.device.accepted_at_s // HOLD_S)
    return before_login(known) if known.device.links and same_window else None


def iso(at_s: float) -> str:
    """Give an epoch time as ISO 8601, UTC."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def list_view(query: Query, answer: Answer, config: ApiConfig, *, explain: bool = False) -> dict[str, Any]:
    """Give a list as the API shows it, with each item's whole reckoning if asked, a bundle with its price."""
    return {
        "strategy": query.strategy,
        "tier": answer.tier,
        "reason": answer.reason,
        **(_bundle(answer.companion_of, answer, config) if answer.companion_of is not None else {}),
        **(_gap_view(answer.gap) if answer.gap is not None else {}),
        "items": [
            {
                "item_id": one.item.item_id,
                "position": position,
                "score": one.score,
                "tier": one.tier,
                "reason": one.reason,
                "learner": one.why.learner,
                "because_item_id": one.why.because or None,
                **({"says": _says_view(one.why)} if explain else {}),
                **_display(one.item),
            }
            for position, one in enumerate(answer.items)
        ],
    }


def _gap_view(gap: Gap) -> dict[str, Any]:
    return {"threshold": gap.threshold, "cart_value": gap.cart_value, "missing": gap.missing}


def _says_view(why: Why) -> list[dict[str, Any]]:
    named = why.reckoning.named() if why.reckoning else ()
    return [{"learner": learner, "says": round(says, 4)} for learner, says in named]


def _bundle(companion_of: CatalogItem, answer: Answer, config: ApiConfig) -> dict[str, Any]:
    items = [companion_of, *(one.item for one in answer.items)]
    priced = bundle_price(items, config.bundle_discount, config.bundle_least_margin)
    return {
        "companion_of": companion_of.item_id,
        "joint_price": priced.joint if priced else None,
        "bundle_price": priced.price if priced else None,
        "saving": priced.saving if priced else None,
        "currency": companion_of.currency,
    }


def _logged(slate: Slate) -> dict[str, Any]:
    """Give the eligible creatives once; each slot is [creative, its chance, places in `eligible` it was drawn from]."""
    eligible = slate.slots[0].drawn_from if slate.slots else ()
    place = {creative_id: number for number, creative_id in enumerate(eligible)}
    return {
        "eligible": eligible,
        "slots": [
            [one.creative.creative_id, one.selection_probability, [place[other] for other in one.drawn_from]]
            for one in slate.slots
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
                "creative_id": one.creative.creative_id,
                "campaign_id": one.creative.campaign_id,
                "image_link": one.creative.image_link,
                "link": one.creative.link,
                "headline": one.creative.headline,
                "text": one.creative.text,
                "position": one.position,
                "selection_probability": round(one.selection_probability, 6),
                "reason": one.reason,
            }
            for one in slate.slots
        ],
    }
