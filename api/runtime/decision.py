"""Decision: lists and slots for one request's visitor, what was chosen, and what is logged of it."""

import asyncio
from dataclasses import dataclass, field, replace
from secrets import token_urlsafe
from typing import Any, Final

import orjson

from api.http import metrics
from api.http.storage_consent import Denial
from api.intake.log_appender import Incoming
from api.runtime.site import Site
from api.runtime.state import State
from models.base.timestamps import iso
from models.decisions.banner_caps import limits_for, nothing_promoted
from models.decisions.rank import Ranking, RankQuery, rank
from models.decisions.recommend import Query, RecommendedList, recommend
from models.decisions.slots import UNCHANGED, Slate, SlotRequest, fill
from models.decisions.visitor_context import VisitorContext
from models.events.events import encode_event
from models.experiments.assignment import Meeting, VariantAssignments, exposure_event
from models.visitor.holds import STATE_UNAVAILABLE
from models.visitor.profile import Profile
from store.log.log import LogUnavailableError, partition_of

_LOGGED: Final = 100
"""Of the items ranked for a caller, so many stand in the decision log."""


@dataclass(frozen=True, slots=True)
class DecisionSubject:
    """The visitor a decision is made for, as known when the request came.

    `visitor` goes by the id the page sent, `owner_id` is that of the visitor it belongs to. `slot_profile` is what
    slots go by right after a login, so that the login alone changes none of them; None for the same profile. `campaign`
    led to this visit and is running, echoed or not. `assignments` is None where no experiment can be met;
    `site_clock_s` is the site's clock, and `exposed_at_s` when by it an experiment is met (epoch seconds). `degraded`
    says why the stored state could not be had, empty where it could. `token_missing` is whether it may not be told to
    who asks, `denied` why nothing may be stored or read of who asks.
    """

    visitor: VisitorContext
    owner_id: str
    slot_profile: Profile | None
    campaign: str
    assignments: VariantAssignments | None
    is_bot: bool
    site_clock_s: float
    exposed_at_s: float
    degraded: str
    token_missing: bool
    denied: Denial
    freshness_ms: float | None


@dataclass(slots=True)
class Decision:
    """One request's decision; `promoted` counts the promotional creatives chosen so far, `record` all that was."""

    state: State
    site: Site
    subject: DecisionSubject
    decision_id: str = field(default_factory=lambda: token_urlsafe(12))
    record: list[dict[str, Any]] = field(default_factory=list)
    promoted: int = 0

    @property
    def visitor(self) -> VisitorContext:
        """Whom it is made for."""
        return self.subject.visitor

    def asked(self, query: Query) -> Query:
        """Give a query as the visitor's variants make it."""
        assignments = self.subject.assignments
        return query if assignments is None else assignments.query(query)

    def listed(self, query: Query) -> RecommendedList:
        """Answer one query."""
        return recommend(self.site.scored(), self.visitor, query)

    def filled(self, placement_id: str, count: int, left_out: frozenset[str] = frozenset()) -> Slate:
        """Fill one placement; what the contact policy spares the visitor is left out."""
        subject, assignments = self.subject, self.subject.assignments
        if (
            subject.degraded or subject.token_missing
        ) and self.visitor.visitor_id:  # what would hold promotions back cannot be read
            banner_limits = nothing_promoted(self.site.assortment, STATE_UNAVAILABLE)
        else:
            contact = self.visitor.profile.contact_history
            banner_limits = limits_for(
                self.site.policy, contact, self.site.assortment, subject.site_clock_s, self.promoted
            )
        visitor = self.visitor
        if subject.slot_profile is not None:
            visitor = replace(visitor, profile=subject.slot_profile)
        change = UNCHANGED if assignments is None else assignments.placement(placement_id)
        slate = fill(
            self.site.assortment,
            self.site.snapshot.clicks,
            visitor,
            SlotRequest(placement_id, count, left_out, change, banner_limits),
        )
        if banner_limits.why and slate.slots:
            slate = replace(slate, reason=f"{slate.reason}; promotions are held back: {banner_limits.why}")
        self.promoted += sum(slot.creative.creative_id in banner_limits.promotional for slot in slate.slots)
        return slate

    def recommend(self, query: Query) -> RecommendedList:
        """Answer one query, and note it."""
        answer = self.listed(query)
        if self.subject.degraded:
            answer.reason = f"{self.subject.degraded}: {answer.reason}"
        metrics.count_decision(self.site.name, query.strategy, answer.tier)
        items = [chosen.item.item_id for chosen in answer.items]
        self.record.append({"strategy": query.strategy, "tier": answer.tier, "items": items})
        return answer

    def rank(self, query: RankQuery) -> Ranking:
        """Put a caller's items in order, and note it."""
        ranking = rank(self.site.scored(), self.visitor, query)
        metrics.count_decision(self.site.name, "rank", ranking.tier)
        items = [item.item_id for item in ranking.items[:_LOGGED]]
        self.record.append({"strategy": "rank", "tier": ranking.tier, "items": items})
        return ranking

    def fill(self, placement_id: str, count: int, left_out: frozenset[str] = frozenset()) -> Slate:
        """Fill one placement, and note it."""
        slate = self.filled(placement_id, count, left_out)
        metrics.count_decision(self.site.name, f"slots:{placement_id}", slate.tier)
        self.record.append({"placement": placement_id, "tier": slate.tier, "policy": slate.policy, **_logged(slate)})
        return slate

    def head(self) -> dict[str, Any]:
        """What every answer begins with."""
        visitor, subject, profile = self.visitor, self.subject, self.visitor.profile
        known = profile.events_seen > 0
        return {
            "decision_id": self.decision_id,
            "visitor_id": visitor.visitor_id or None,
            "visitor_token_missing": subject.token_missing,
            "personalized": not (why := self._not_personalized_because()),
            "not_personalized_because": why or None,
            "holdout": visitor.holdout,
            "campaign_id": subject.campaign or None,
            "echo": bool(visitor.echo),
            "experiments": self._met(),
            "state": {
                "events_seen": profile.events_seen,
                "as_of": iso(profile.last_at_s) if known else None,
                "age_ms": round((visitor.now_s - profile.accepted_at_s) * 1000, 1) if known else None,
                "freshness_ms": subject.freshness_ms,
            },
        }

    def _not_personalized_because(self) -> str:
        """Why nothing that is kept of the visitor could count; empty where it could."""
        visitor, subject = self.visitor, self.subject
        if subject.denied:
            return subject.denied
        if not visitor.visitor_id:
            return "visitor_missing"
        if subject.degraded:
            return STATE_UNAVAILABLE
        if subject.token_missing:
            return "visitor_token_missing"
        if visitor.holdout:
            return "holdout"
        return "" if visitor.profile.events_seen else "visitor_new"

    def _met(self) -> list[dict[str, str]]:
        met = self.subject.assignments.met if self.subject.assignments is not None else {}
        return [
            {"experiment_id": experiment_id, "variant_id": variant.variant_id}
            for experiment_id, (_, variant) in met.items()
        ]

    def log(self) -> None:
        """Write the decision to the decision log, unwatched: who, what was chosen, with which chance.

        The first time a visitor meets a variant, an event that tells so goes to the event log.
        """
        visitor, assignments = self.visitor, self.subject.assignments
        record = {
            "decision_id": self.decision_id,
            "site": self.site.name,
            "visitor_id": visitor.visitor_id,
            "at_s": visitor.now_s,
            "holdout": visitor.holdout,
            "campaign": self.subject.campaign,
            "echo": visitor.echo,
            "experiments": self._met(),
            "model_version": self.site.snapshot.version,
            "position": visitor.profile.position,
            "chosen": self.record,
        }
        partition = partition_of(self.site.name, visitor.visitor_id, self.state.logs.events.partitions)
        incoming = Incoming(self.site.name, partition, visitor.visitor_id, orjson.dumps(record))
        if not self.state.appenders.decisions.post([incoming]):
            metrics.DECISIONS_UNLOGGED.inc()
        if assignments is not None and assignments.met and not self.subject.is_bot:
            self._expose(assignments)

    def _expose(self, assignments: VariantAssignments) -> None:
        """Append what the visitor met for the first time, as far as this process knows; said twice, it counts once."""
        name, owner_id, visitor = self.site.name, self.subject.owner_id, self.visitor
        partition = partition_of(name, owner_id, self.state.logs.events.partitions)
        meeting = Meeting(
            name, owner_id, visitor.visitor_id, self.decision_id, self.subject.exposed_at_s, visitor.now_s
        )
        exposed = [
            Incoming(name, partition, owner_id, encode_event(exposure_event(experiment, variant, meeting)))
            for experiment, variant in assignments.met.values()
            if self.state.memory.exposed.first(name, visitor.visitor_id, experiment, variant)
        ]
        if exposed:
            task = asyncio.create_task(self._tell(exposed, list(assignments.met)))
            self.state.memory.recording.add(task)
            task.add_done_callback(self.state.memory.recording.discard)

    async def _tell(self, exposed: list[Incoming], experiment_ids: list[str]) -> None:
        """Append; what the log does not take is told again with the visitor's next decision."""
        try:
            await self.state.appenders.exposures.append(exposed)
        except LogUnavailableError:
            self.state.memory.exposed.forget(self.site.name, self.visitor.visitor_id, experiment_ids)
            metrics.EXPOSURES_LOST.inc(len(exposed))


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
