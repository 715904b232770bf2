"""Rule parsing: what a marketer wants of lists and slots, and whom it is for, as shops write it."""

import math
from typing import Final, get_args

from models.base.errors import InvalidError, show_value
from models.base.fields import Fields, parse_object
from models.base.ids import parse_segment_id
from models.catalog.feed_fields import MAX_LISTED_IDS, FeedFields, parse_availability, parse_category
from models.catalog.resources import EVERYBODY, RULE_ACTIONS, Audience, MerchandisingRule
from models.catalog.strategies import parse_strategy
from models.events.device import Device

MAX_RULE_POSITION: Final = 99
MAX_RULE_WEIGHT: Final = 1e3
MAX_LEVEL: Final = 5
MAX_AUDIENCE: Final = 50
DEVICES: Final = get_args(Device)

_FIELDS: Final = (*MerchandisingRule.__struct_fields__, "region", "starts_at", "ends_at")


def parse_merchandising_rule(raw: object) -> MerchandisingRule:
    """Read one rule; raises `InvalidError`."""
    fields = FeedFields(parse_object(raw, "a rule", _FIELDS))
    action = fields.choice("action", None, RULE_ACTIONS)
    usual_weight = 2.0 if action == "boost" else 0.3
    most_weight = 1.0 if action == "diversify" else MAX_RULE_WEIGHT
    rule = MerchandisingRule(
        rule_id=fields.identifier("rule_id"),
        action=action,
        name=fields.line("name"),
        strategies=tuple(parse_strategy(strategy) for strategy in fields.ids("strategies", MAX_LISTED_IDS)),
        item_ids=fields.ids("item_ids", MAX_LISTED_IDS),
        category=parse_category(fields.source.get("category")),
        brand=fields.line("brand"),
        label=fields.line("label"),
        price_from=fields.price_amount("price_from"),
        price_to=fields.price_amount("price_to"),
        availability=_availabilities(fields),
        creative_ids=fields.ids("creative_ids", MAX_LISTED_IDS),
        campaign_ids=fields.ids("campaign_ids", MAX_LISTED_IDS),
        placements=fields.ids("placements", MAX_LISTED_IDS),
        devices=_devices(fields),
        regions=_regions(fields),
        audience=parse_audience(fields.source.get("audience")),
        position=fields.whole("position", 0, 0, MAX_RULE_POSITION),
        weight=fields.number("weight", usual_weight, 0.0, most_weight),
        most=fields.whole("most", 1, 1, MAX_RULE_POSITION),
        per_category=fields.whole("per_category", 0, 0, MAX_LEVEL),
        starts_at_s=fields.moment(("starts_at", "starts_at_s"), 0.0),
        ends_at_s=fields.moment(("ends_at", "ends_at_s"), math.inf),
        enabled=fields.flag("enabled", True),
    )
    if rule.ends_at_s <= rule.starts_at_s:
        ends_at = show_value(fields.source.get("ends_at"))
        raise InvalidError("ends_at_invalid", f"rule {rule.rule_id!r}: ends_at {ends_at} is not after starts_at")
    if rule.price_from is not None and rule.price_to is not None and rule.price_to < rule.price_from:
        raise InvalidError(
            "price_to_invalid", f"rule {rule.rule_id!r}: price_to {rule.price_to} is below {rule.price_from}"
        )
    if rule.about_slots:
        _check_slot_rule(rule)
    else:
        _check_list_rule(rule)
    return rule


def parse_audience(raw: object) -> Audience:
    """Read whom something is for: `any`, `all` and `none`, each a list of segments' ids; raises `InvalidError`.

    >>> parse_audience({"any": ["kitchen-lovers"]}).holds(frozenset({"kitchen-lovers"}))
    True
    """
    if raw is None:
        return EVERYBODY
    names = ("any", "all", "none")
    source = parse_object(raw, "an audience", names)
    fields = Fields({name: source.get(name) or () for name in names}, "audience.", "audience_invalid")
    of_any, of_all, of_none = (
        tuple(parse_segment_id(segment_id) for segment_id in fields.array(name, MAX_AUDIENCE)) for name in names
    )
    if not (of_any or of_all or of_none):
        return EVERYBODY
    return Audience(any_of=of_any, all_of=of_all, none_of=of_none)


def _check_slot_rule(rule: MerchandisingRule) -> None:
    """Refuse a rule about slots that names lists too, or cannot mean anything."""
    named = f"rule {rule.rule_id!r}"
    if rule.strategies:
        raise InvalidError("rule_invalid", f"{named} names both slots and lists: make it two")
    if rule.action == "boost" and rule.weight <= 0:
        raise InvalidError("action_invalid", f"{named}: boost of {rule.weight:g} cannot be asked of creatives")
    names_creatives = bool(rule.creative_ids or rule.campaign_ids)
    if rule.action == "pin" and not names_creatives:
        raise InvalidError("creative_ids_invalid", f"{named}: a pin to a slot names creative_ids or campaign_ids")
    if rule.action in ("exclude", "bury") and not names_creatives and not _names_items(rule):
        raise InvalidError("rule_invalid", f"{named}: {rule.action} must name creatives, or it is about all there are")


def _check_list_rule(rule: MerchandisingRule) -> None:
    """Refuse a rule about lists that pins or removes nothing by name."""
    named = f"rule {rule.rule_id!r}"
    if rule.action == "pin" and not rule.item_ids:
        raise InvalidError("item_ids_invalid", f"{named}: a pin names its items in item_ids, got none")
    if rule.action in ("exclude", "bury") and not _names_items(rule):
        raise InvalidError("rule_invalid", f"{named}: {rule.action} must name items, or it is about all there are")


def _names_items(rule: MerchandisingRule) -> bool:
    named = (rule.item_ids, rule.category, rule.brand, rule.label, rule.availability)
    return any(named) or rule.price_from is not None or rule.price_to is not None


def _devices(fields: FeedFields) -> tuple[str, ...]:
    devices = fields.ids("devices", MAX_LISTED_IDS)
    for device in devices:
        if device not in DEVICES:
            raise fields.refused("devices", f"must be some of {', '.join(DEVICES)}", device)
    return devices


def _regions(fields: FeedFields) -> tuple[str, ...]:
    """Read `regions`, or `region` as segments have it: a text or a list."""
    region = fields.source.get("region")
    given = FeedFields({"region": [region] if isinstance(region, str) else region}).ids("region", MAX_LISTED_IDS)
    return given or fields.ids("regions", MAX_LISTED_IDS)


def _availabilities(fields: FeedFields) -> tuple[str, ...]:
    named = f"rule {fields.source.get('rule_id')!r}"
    return tuple(parse_availability(word, named) for word in fields.ids("availability", MAX_LISTED_IDS))
