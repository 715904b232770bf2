"""Slot rules: what marketers want of placements, laid over what the policy would draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log

from models.catalog import Creative, Rule
from models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class SlotRules:
    """What holds for one placement: creatives left out or kept for when nothing else is left, by id; the creative that
    stands at a position for sure; and by how much a creative's log odds of a click are raised."""

    excluded: frozenset[str] = frozenset()
    buried: frozenset[str] = frozenset()
    pins: dict[int, str] = field(default_factory=dict)
    raised: dict[str, float] = field(default_factory=dict)


def slot_rules(
    rules: Iterable[Rule], creatives: Sequence[Creative], placement_id: str, viewer: Viewer, now_s: float
) -> SlotRules:
    """Give what the rules that name creatives or campaigns say of these creatives in a placement.

    Of two pins to one position the rule with the lower id holds.
    """
    excluded: set[str] = set()
    buried: set[str] = set()
    pins: dict[int, str] = {}
    raised: dict[str, float] = {}
    for rule in sorted(rules, key=lambda one: one.rule_id):
        if not rule.about_slots or (rule.placements and placement_id not in rule.placements):
            continue
        if not viewer.meets(rule, now_s):
            continue
        own = [
            one.creative_id
            for one in creatives
            if one.creative_id in rule.creative_ids or one.campaign_id in rule.campaign_ids
        ]
        match rule.action:
            case "exclude":
                excluded.update(own)
            case "bury":
                buried.update(own)
            case "boost":
                raised.update((one, raised.get(one, 0.0) + log(rule.weight)) for one in own)
            case "pin":
                order = sorted(own, key=lambda one: (_place(rule, one), one))
                for place, creative_id in enumerate(order, start=rule.position):
                    pins.setdefault(place, creative_id)
            case _:
                pass  # the parser refuses caps and diversity of creatives
    return SlotRules(frozenset(excluded), frozenset(buried), pins, raised)


def _place(rule: Rule, creative_id: str) -> int:
    return rule.creative_ids.index(creative_id) if creative_id in rule.creative_ids else len(rule.creative_ids)
