"""Slots: which creatives fill a placement, with the exact chance each had of being chosen.

Slots are filled one after another without replacement by inverse gap weighting [1]_: a creative whose predicted click
rate lies Δ below the best gets 1 / (K + γΔ), the best gets the rest, and a share of it all is spread evenly. The draw
for a slot depends on visitor, placement, position and hold window only, so the same visitor in the same state keeps the
same slate.

.. [1] Foster and Rakhlin, "Beyond UCB: Optimal and Efficient Contextual Bandits with Regression Oracles", ICML 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import sqrt
from typing import Final

from models.affinity import affinity, bucket_of, latest_items
from models.assortment import Assortment
from models.catalog import Creative
from models.clicks import ClickWeights, click_features
from models.profile import Profile, recent_items
from models.recommend import history_tier
from models.steps import Tier

GAMMA_START: Final = 1_500.0
GAMMA_GROWTH: Final = 10.0
"""γ = start + growth · √events: the more is learned, the closer to the best."""
UNIFORM_SHARE: Final = 0.01
HOLD_S: Final = 600.0
"""Within such a window a visitor in the same state sees the same slate."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One filled position, from 0. `selection_probability` is the chance, 0 to 1, that this creative had of being drawn
    here, given the creatives in the positions before it."""

    creative: Creative
    position: int
    selection_probability: float
    reason: str


@dataclass(frozen=True, slots=True)
class Slate:
    """A placement's slots, and how they were chosen."""

    tier: Tier
    reason: str
    slots: list[Slot]


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
    items = (assortment.items.get(item_id) for item_id in creative.item_ids)
    return any(item is not None and item.sellable(now_s) for item in items)


def fill(
    assortment: Assortment,
    clicks: ClickWeights,
    events_learned: int,
    profile: Profile,
    visitor_id: str,
    placement_id: str,
    count: int,
    now_s: float,
    *,
    holdout: bool = False,
    left_out: frozenset[str] = frozenset(),
) -> Slate:
    """Fill `count` slots of a placement for a visitor; fewer only where fewer creatives are eligible."""
    candidates = eligible(assortment, placement_id, now_s, left_out)
    if not candidates:
        return Slate("static", "no creative is eligible", [])
    recent = [] if holdout else recent_items(profile)
    if not recent:
        why = "holdout, not personalized: even rotation" if holdout else "new visitor: even rotation of creatives"
        predicted = {creative.creative_id: 0.0 for creative in candidates}
        shares: dict[str, float] = {}
        tier: Tier = "static"
    else:
        latest = latest_items(recent, assortment)
        shares = {one.creative_id: affinity(one, latest) for one in candidates}
        predicted = {
            one.creative_id: clicks.predict(click_features(one.creative_id, bucket_of(shares[one.creative_id])))
            for one in candidates
        }
        tier, why = history_tier(profile), "by what you looked at and what others clicked"
    gamma = GAMMA_START + GAMMA_GROWTH * sqrt(max(events_learned, 0))
    window = int(now_s // HOLD_S)
    slots: list[Slot] = []
    used_campaigns: set[str] = set()
    while candidates and len(slots) < count:
        fresh = [one for one in candidates if one.campaign_id not in used_campaigns] or candidates
        chances = inverse_gap([predicted[one.creative_id] for one in fresh], gamma)
        place = _draw(chances, _uniform(visitor_id, placement_id, len(slots), window))
        creative = fresh[place]
        if not recent:
            reason = why
        elif shares[creative.creative_id] > 0:
            reason = f"you looked at {_subject(creative)} lately"
        else:
            reason = "shown to learn who likes it" if place != chances.index(max(chances)) else "others click it"
        slots.append(Slot(creative, len(slots), chances[place], reason))
        used_campaigns.add(creative.campaign_id)
        candidates.remove(creative)
    return Slate(tier, why, slots)


def inverse_gap(predicted: Sequence[float], gamma: float) -> list[float]:
    """Give each arm's chance, which sum to 1; equal predictions give equal chances.

    >>> inverse_gap([0.1, 0.1], gamma=100.0)
    [0.5, 0.5]
    """
    count = len(predicted)
    best = max(range(count), key=lambda arm: (predicted[arm], -arm))
    chances = [1.0 / (count + gamma * (predicted[best] - value)) for value in predicted]
    chances[best] = 0.0
    chances[best] = 1.0 - sum(chances)
    return [(1.0 - UNIFORM_SHARE) * chance + UNIFORM_SHARE / count for chance in chances]


def _uniform(visitor_id: str, placement_id: str, position: int, window: int) -> float:
    text = f"{visitor_id}\x1f{placement_id}\x1f{position}\x1f{window}"
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56


def _draw(chances: Sequence[float], uniform: float) -> int:
    reached = 0.0
    for arm, chance in enumerate(chances):
        reached += chance
        if uniform < reached:
            return arm
    return len(chances) - 1


def _subject(creative: Creative) -> str:
    if creative.category:
        return creative.category[-1]
    return creative.brand or "its products"
