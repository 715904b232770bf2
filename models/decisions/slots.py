"""Slots: which creatives fill a placement, with the exact chance each had of being chosen.

Slots are filled one after another without replacement, each by Thompson sampling whose chances are told exactly
(`models.bandit.thompson`) from what the click model expects of each creative and how sure it is. The draw depends on
visitor, placement, position, hold window and creative only, and moves as little as the chances do: the same visitor in
the same state keeps the same slate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import exp, log
from struct import iter_unpack
from typing import Final, NamedTuple

from models.bandit.click_context import arrival_of, context_of
from models.bandit.click_weights import ClickWeights, Terms
from models.bandit.creative_affinity import AFFINITY_BUCKETS, bucket_of, latest_items
from models.bandit.thompson import chances
from models.catalog.assortment import Assortment
from models.catalog.resources import Creative, SlotChange
from models.decisions.banner_caps import FREE, BannerLimits
from models.decisions.ladder import DecisionTier
from models.decisions.recommend import history_tier
from models.decisions.slot_rules import NO_RULES, SlotRules, slot_rules
from models.decisions.visitor_context import VisitorContext
from models.visitor.campaign_echo import SLOT_SHARE
from models.visitor.profile import Profile, recent_items

SLOT_POLICY: Final = "gaussian-thompson/1"
"""Logged with every slate: what the probabilities were made by. The model's version is logged beside it."""
RANDOM_POLICY: Final = "random/1"
FIXED_POLICY: Final = "fixed/1"
UNCHANGED: Final = SlotChange()
HOLD_S: Final = 600.0
"""Within such a window a visitor in the same state sees the same slate."""

_DRAWS_A_DIGEST: Final = 8
_SAME: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Slot:
    """One filled position, from 0. `selection_probability` is the chance, 0 to 1, that this creative had of being drawn
    here, given the creatives in the positions before it; `drawn_from` are the ids it was drawn from."""

    creative: Creative
    position: int
    selection_probability: float
    reason: str
    drawn_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slate:
    """A placement's slots, and how they were chosen."""

    tier: DecisionTier
    reason: str
    slots: list[Slot]
    policy: str = SLOT_POLICY


class Draw(NamedTuple):
    """What slots are drawn from: without terms every candidate is as likely as any other. `why` is the reason told."""

    candidates: list[Creative]
    terms: Mapping[str, Terms] | None
    ruled: SlotRules
    why: str


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """What is to be filled: `count` slots of a placement, without the creatives in `left_out`.

    `change` is what an experiment's variant makes of the placement; `banner_limits` is what the contact policy spares
    the visitor.
    """

    placement_id: str
    count: int
    left_out: frozenset[str] = frozenset()
    change: SlotChange = UNCHANGED
    banner_limits: BannerLimits = FREE


def eligible(
    assortment: Assortment, placement_id: str, now_s: float, left_out: frozenset[str] = frozenset()
) -> list[Creative]:
    """Creatives that may fill a placement now, by id: enabled, of a running campaign, of something in stock."""
    return [
        creative
        for creative_id, creative in sorted(assortment.creatives.items())
        if creative.enabled
        and creative_id not in left_out
        and (not creative.placements or placement_id in creative.placements)
        and (campaign := assortment.campaigns.get(creative.campaign_id)) is not None
        and campaign.running(now_s)
        and _in_stock(assortment, creative, now_s)
    ]


def _in_stock(assortment: Assortment, creative: Creative, now_s: float) -> bool:
    if not creative.item_ids:
        return True
    variants = (variant for item_id in creative.item_ids for variant in assortment.item_groups.members(item_id))
    return any(assortment.items[variant].sellable(now_s) for variant in variants)


def fill(assortment: Assortment, clicks: ClickWeights, visitor: VisitorContext, request: SlotRequest) -> Slate:
    """Fill a placement for a visitor; fewer slots than asked only where fewer creatives are eligible.

    No campaign comes twice before every eligible campaign has come once. Visitors of the holdout, and everybody before
    anything is learned or known of them, see an even rotation. In the first slot the creatives of the campaign stand
    that is echoed, but for a share that keeps all in play.
    """
    banner_limits, change, echo = request.banner_limits, request.change, visitor.echo
    candidates = eligible(assortment, request.placement_id, visitor.now_s, request.left_out | banner_limits.left_out)
    ruled, told = NO_RULES, visitor.known_targeting
    if assortment.rules or (told is not None and told.rules):
        targeting = visitor.targeting
        rules = (*assortment.rules.values(), *targeting.rules)
        ruled = slot_rules(rules, candidates, request.placement_id, targeting, visitor.now_s, assortment)
        candidates = [candidate for candidate in candidates if candidate.creative_id not in ruled.excluded]
    if change.creative_ids:
        candidates = [candidate for candidate in candidates if candidate.creative_id in change.creative_ids]
    if not candidates:
        why = f", promotions are held back: {banner_limits.why}" if banner_limits.why else ""
        return Slate("static", f"no creative is eligible{why}", [])
    if change.policy == "fixed":
        return _fixed(candidates, ruled, request)
    if change.policy == "random":
        why = "even rotation by an experiment"
        slots = _draw_slots(Draw(candidates, None, ruled, why), visitor, request)
        return Slate("static", why, slots, RANDOM_POLICY)
    recent = [] if visitor.holdout else recent_items(visitor.profile)
    if visitor.holdout or not (recent or clicks.impressions or echo):
        why = "holdout, not personalized: even rotation" if visitor.holdout else "nothing is known yet: even rotation"
        slots = _draw_slots(Draw(candidates, None, ruled, why), visitor, request)
        return Slate("static", why, slots)
    terms = click_terms(candidates, clicks, visitor.profile, assortment, visitor.now_s)
    tier, why = history_tier(visitor.profile), "by what you looked at and what others clicked"
    if not recent:
        tier, why = "popular", "new visitor: by what others clicked"
    if any(candidate.campaign_id == echo for candidate in candidates):
        tier, why = ("segment" if not recent else tier), f"you came by the campaign {echo}"
    slots = _draw_slots(Draw(candidates, terms, ruled, why), visitor, request)
    return Slate(tier, why, slots)


def _fixed(candidates: Sequence[Creative], ruled: SlotRules, request: SlotRequest) -> Slate:
    """Stand creatives in the order given, then by id; buried ones come last, and pinned ones in their places."""
    order, banner_limits = request.change.creative_ids, request.banner_limits
    place = {creative_id: number for number, creative_id in enumerate(order)}
    ranked = sorted(
        candidates,
        key=lambda candidate: (
            candidate.creative_id in ruled.buried,
            place.get(candidate.creative_id, len(order)),
            candidate.creative_id,
        ),
    )
    kept: list[Creative] = []
    for creative in ranked:
        if ruled.admits(creative, kept):
            kept.append(creative)
    ranked = kept
    for position, creative_id in sorted(ruled.pins.items()):
        pinned = [creative for creative in ranked if creative.creative_id == creative_id]
        ranked = [creative for creative in ranked if creative.creative_id != creative_id]
        ranked[position:position] = pinned
    why = "in the order an experiment fixes"
    promotional = [creative for creative in ranked if creative.creative_id in banner_limits.promotional]
    spared = [] if banner_limits.room is None else promotional[banner_limits.room :]
    ranked = [creative for creative in ranked if creative not in spared]
    ids = tuple(creative.creative_id for creative in ranked)
    slots = [
        Slot(creative, position, 1.0, why, ids[position:]) for position, creative in enumerate(ranked[: request.count])
    ]
    return Slate("static", why, slots, FIXED_POLICY)


def click_terms(
    candidates: Sequence[Creative], clicks: ClickWeights, profile: Profile, assortment: Assortment, now_s: float
) -> dict[str, Terms]:
    """Give what the click model knows of each creative for this visitor at this hour, by creative id."""
    latest = latest_items(recent_items(profile), assortment)
    arrival = arrival_of(profile.device, profile.last_touch)
    contexts = {
        (bucket, echo): context_of(bucket, arrival, arrival.campaign if echo else "", now_s)
        for bucket in AFFINITY_BUCKETS
        for echo in (False, True)
    }
    shares = dict.fromkeys((candidate.creative_id for candidate in candidates), 0.0)
    for item, weight in latest:
        for creative_id in assortment.creatives_about(item):
            if creative_id in shares:
                shares[creative_id] += weight
    return {
        candidate.creative_id: clicks.terms(
            candidate.creative_id,
            contexts[bucket_of(shares[candidate.creative_id]), candidate.campaign_id == arrival.campaign],
        )
        for candidate in candidates
    }


def _draw_slots(draw: Draw, visitor: VisitorContext, request: SlotRequest) -> list[Slot]:
    """Draw slot after slot."""
    candidates, terms, ruled, banner_limits, count = (
        draw.candidates,
        draw.terms,
        draw.ruled,
        request.banner_limits,
        request.count,
    )
    echo = visitor.echo if terms is not None else ""
    room = len(candidates) if banner_limits.room is None else banner_limits.room
    window = int(visitor.now_s // HOLD_S)
    positions = min(count, len(candidates))
    draws = {
        candidate.creative_id: _waits(
            visitor.visitor_id, request.placement_id, window, candidate.creative_id, positions
        )
        for candidate in candidates
    }
    average = _average(terms) if terms else None
    left, slots = list(candidates), list[Slot]()
    used_campaigns: set[str] = set()
    while len(slots) < count:
        position = len(slots)
        before: list[Creative] = []
        pinned: list[Creative] = []
        open_to_all = left
        if ruled is not NO_RULES:
            before = [slot.creative for slot in slots]
            left = [creative for creative in left if ruled.admits(creative, before)]
            pinned = [creative for creative in left if creative.creative_id == ruled.pins.get(position)]
            later = {creative_id for at, creative_id in ruled.pins.items() if position < at < count}
            unpinned = [creative for creative in left if creative.creative_id not in later] or left
            open_to_all = [creative for creative in unpinned if creative.creative_id not in ruled.buried] or unpinned
        if not left:
            break
        fresh = (
            pinned
            or [creative for creative in open_to_all if creative.campaign_id not in used_campaigns]
            or open_to_all
        )
        if terms is None or average is None:
            shares = [1.0 / len(fresh)] * len(fresh)
            if ruled.spread:
                shares = _even([ruled.spread_of(creative, before) for creative in fresh])
        else:
            found = [terms[creative.creative_id] for creative in fresh]
            scores = [term.score for term in found]
            if ruled is not NO_RULES:
                scores = [score + ruled.lift(candidate, before) for score, candidate in zip(scores, fresh, strict=True)]
            shares = chances(scores, [term.deviation for term in found])
            if echo and position == 0:
                shares = _echoed(shares, [creative.campaign_id == echo for creative in fresh])
        # Of exponential waiting times with these rates, each is the shortest with just these chances.
        waits = [draws[creative.creative_id][position] / share for creative, share in zip(fresh, shares, strict=True)]
        place = waits.index(min(waits))
        creative, reason = fresh[place], draw.why
        if terms is not None and average is not None:
            best = max(terms[creative.creative_id].score for creative in fresh)
            reason = _reason(creative, terms[creative.creative_id], average, best)
            if echo and position == 0 and creative.campaign_id == echo:
                reason = "you came by its campaign"
        if pinned:
            reason = "pinned by a rule"
        drawn_from = tuple(creative.creative_id for creative in fresh)
        slots.append(Slot(creative, position, shares[place], reason, drawn_from))
        used_campaigns.add(creative.campaign_id)
        left.remove(creative)
        room -= creative.creative_id in banner_limits.promotional
        if room <= 0:
            left = [creative for creative in left if creative.creative_id not in banner_limits.promotional]
    return slots


def _even(lowered: list[float]) -> list[float]:
    """Give everyone the same share, but for those whose log odds a rule lowers.

    >>> _even([0.0, 0.0]), _even([0.0, -log(3.0)])
    ([0.5, 0.5], [0.75, 0.25])
    """
    weights = [exp(log_odds) for log_odds in lowered]
    whole = sum(weights)
    return [round(weight / whole, 15) for weight in weights]


def _echoed(shares: list[float], own: list[bool]) -> list[float]:
    """Give `SLOT_SHARE` to the campaign's own, as they share it among themselves, and the rest to all as it was.

    >>> _echoed([0.5, 0.25, 0.25], [False, True, True])
    [0.05, 0.475, 0.475]
    """
    total = sum(share for share, mine in zip(shares, own, strict=True) if mine)
    if not total:
        return shares
    return [
        round((1.0 - SLOT_SHARE) * share + (SLOT_SHARE * share / total if mine else 0.0), 15)
        for share, mine in zip(shares, own, strict=True)
    ]


def _waits(visitor_id: str, placement_id: str, window: int, creative_id: str, positions: int) -> list[float]:
    """Give a unit exponential waiting time for each position, the same whenever it is asked for."""
    found: list[float] = []
    while len(found) < positions:
        text = f"{visitor_id}\x1f{placement_id}\x1f{window}\x1f{creative_id}\x1f{len(found)}"
        digest = blake2b(text.encode(), digest_size=8 * _DRAWS_A_DIGEST).digest()[: 8 * (positions - len(found))]
        # The upper 53 bits, and half a step more: never 0.
        found += [-log(((number >> 11) + 0.5) / 2**53) for (number,) in iter_unpack(">Q", digest)]
    return found


def _average(terms: Mapping[str, Terms]) -> Terms:
    affinity = campaign = creative = common = deviation = 0.0
    for term in terms.values():
        affinity += term.affinity
        campaign += term.campaign
        creative += term.creative
        common += term.common
        deviation += term.deviation
    count = len(terms)
    return Terms(affinity / count, campaign / count, creative / count, common / count, deviation / count)


def _reason(creative: Creative, terms: Terms, average: Terms, best: float) -> str:
    """Name what speaks most for a creative, against the average of those eligible; chance, if it is more than that.

    The gap to the best expected one is what only the wish to learn can have bridged.
    """
    speaks = {
        f"you looked at {_subject(creative)} lately": terms.affinity - average.affinity,
        "you came by its campaign": terms.campaign - average.campaign,
        "others click it": terms.creative - average.creative,
        "shown to learn who likes it": best - terms.score,
    }
    reason, most = max(speaks.items(), key=lambda spoken: spoken[1])
    return reason if most > _SAME else "shown in turn with others as good"


def _subject(creative: Creative) -> str:
    if creative.category:
        return creative.category[-1]
    return creative.brand or "its products"
