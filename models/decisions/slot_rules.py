"""Slot rules: what marketers want of placements, laid over what the policy would draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final, NamedTuple

from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem, Creative, MerchandisingRule
from models.decisions.targeting import TargetingContext

SPREAD_LOGIT: Final = 6.0
"""By how much log odds fall for a creative like one before it, where a rule wants all the diversity there is."""


class CreativeCap(NamedTuple):
    """At most `most` of these creatives in the placement, or of each category at a level, 1 the outermost."""

    creative_ids: frozenset[str]
    most: int
    per_category: int


@dataclass(frozen=True, slots=True)
class SlotRules:
    """What holds for one placement: creatives left out or kept for when nothing else is left, by id; the creative that
    stands at a position for sure; by how much a creative's log odds of a click are raised; caps; and by how much they
    are lowered by likeness to the creatives before, 0 to 1 of `SPREAD_LOGIT`."""

    excluded: frozenset[str] = frozenset()
    buried: frozenset[str] = frozenset()
    pins: dict[int, str] = field(default_factory=dict)
    raised: dict[str, float] = field(default_factory=dict)
    caps: tuple[CreativeCap, ...] = ()
    spread: dict[str, float] = field(default_factory=dict)

    def admits(self, creative: Creative, before: Sequence[Creative]) -> bool:
        """Whether a placement that has these has room for one more like this."""
        return all(
            sum(
                other.creative_id in cap.creative_ids and _alike_to(cap.per_category, other, creative)
                for other in before
            )
            < cap.most
            for cap in self.caps
            if creative.creative_id in cap.creative_ids
        )

    def lift(self, creative: Creative, before: Sequence[Creative]) -> float:
        """Give what is added to a creative's log odds, given those that stand before it."""
        return self.raised.get(creative.creative_id, 0.0) + self.spread_of(creative, before)

    def spread_of(self, creative: Creative, before: Sequence[Creative]) -> float:
        """Give by how much its likeness to those before it lowers a creative's log odds; 0 or below."""
        wanted = self.spread.get(creative.creative_id, 0.0)
        if not wanted or not before:
            return 0.0
        return -wanted * SPREAD_LOGIT * max(creative_similarity(creative, other) for other in before)


NO_RULES: Final = SlotRules()
"""A placement that no rule is about."""


def creative_similarity(one: Creative, other: Creative) -> float:
    """Say how much two creatives are about the same, 0 to 1: the levels of category they share, the brand, the items.

    >>> home = Creative(creative_id="a", campaign_id="k", category=("Home", "Kitchen"))
    >>> bath = Creative(creative_id="b", campaign_id="k", category=("Home", "Bath"))
    >>> creative_similarity(home, home), creative_similarity(home, bath)
    (1.0, 0.5)
    """
    shared = 0
    for mine, theirs in zip(one.category, other.category, strict=False):
        if mine != theirs:
            break
        shared += 1
    levels = max(len(one.category), len(other.category))
    by_category = shared / levels if levels else 0.0
    by_brand = 0.5 if one.brand and one.brand.casefold() == other.brand.casefold() else 0.0
    union = len({*one.item_ids, *other.item_ids})
    by_items = len(set(one.item_ids) & set(other.item_ids)) / union if union else 0.0
    return max(by_category, by_brand, by_items)


def slot_rules(
    rules: Iterable[MerchandisingRule],
    creatives: Sequence[Creative],
    placement_id: str,
    targeting: TargetingContext,
    now_s: float,
    assortment: Assortment,
) -> SlotRules:
    """Give what the rules about slots say of these creatives in a placement.

    Of two pins to one position the rule with the lower id holds.
    """
    excluded: set[str] = set()
    buried: set[str] = set()
    pins: dict[int, str] = {}
    raised: dict[str, float] = {}
    caps: list[CreativeCap] = []
    spread: dict[str, float] = {}
    held = [
        rule
        for rule in sorted(rules, key=lambda rule: rule.rule_id)
        if rule.about_slots
        and (not rule.placements or placement_id in rule.placements)
        and targeting.meets(rule, now_s)
    ]
    if not held:
        return NO_RULES
    for rule in held:
        own = [creative.creative_id for creative in creatives if _is_about(rule, creative, assortment, now_s)]
        match rule.action:
            case "exclude":
                excluded.update(own)
            case "bury":
                buried.update(own)
            case "boost":
                raised.update((creative_id, raised.get(creative_id, 0.0) + log(rule.weight)) for creative_id in own)
            case "cap":
                caps.append(CreativeCap(frozenset(own), rule.most, rule.per_category))
            case "diversify":
                spread.update((creative_id, max(spread.get(creative_id, 0.0), rule.weight)) for creative_id in own)
            case "pin":
                order = sorted(own, key=lambda creative_id: (_place(rule, creative_id), creative_id))
                for place, creative_id in enumerate(order, start=rule.position):
                    pins.setdefault(place, creative_id)
    return SlotRules(frozenset(excluded), frozenset(buried), pins, raised, tuple(caps), spread)


def _is_about(rule: MerchandisingRule, creative: Creative, assortment: Assortment, now_s: float) -> bool:
    """Whether a creative carries all a rule names: itself, its campaign, or what it is about; a rule that names none of
    these is about every creative."""
    named = creative.creative_id in rule.creative_ids or creative.campaign_id in rule.campaign_ids
    if (rule.creative_ids or rule.campaign_ids) and not named:
        return False
    about = [item for item_id in creative.item_ids if (item := assortment.item_of(item_id)) is not None]
    categories = (creative.category, *(item.category for item in about))
    if rule.category and not any(_below(rule.category, category) for category in categories):
        return False
    brands = (creative.brand, *(item.brand for item in about))
    if rule.brand and not any(brand.casefold() == rule.brand.casefold() for brand in brands):
        return False
    wants_items = rule.item_ids or rule.label or rule.availability
    if not wants_items and rule.price_from is None and rule.price_to is None:
        return True
    return any(_carries(rule, item, assortment, now_s) for item in about)


def _below(path: tuple[str, ...], category: tuple[str, ...]) -> bool:
    """Whether a category is a path or lies below it; a single name is found at any level."""
    if len(path) == 1 and category[:1] != path:
        return path[0].casefold() in (level.casefold() for level in category)
    return category[: len(path)] == path


def _carries(rule: MerchandisingRule, item: CatalogItem, assortment: Assortment, now_s: float) -> bool:
    price = assortment.price_in(assortment.main_currency, item, now_s)
    return (
        (not rule.item_ids or not {item.item_id, item.item_group_id or item.item_id}.isdisjoint(rule.item_ids))
        and (not rule.label or rule.label.casefold() in (own.casefold() for own in item.custom_labels))
        and (not rule.availability or item.availability in rule.availability)
        and (rule.price_from is None or (price is not None and price >= rule.price_from))
        and (rule.price_to is None or (price is not None and price <= rule.price_to))
    )


def _alike_to(level: int, one: Creative, other: Creative) -> bool:
    """Whether two creatives count under the same cap: all do where it asks for no level of category."""
    return not level or one.category[:level] == other.category[:level]


def _place(rule: MerchandisingRule, creative_id: str) -> int:
    return rule.creative_ids.index(creative_id) if creative_id in rule.creative_ids else len(rule.creative_ids)
