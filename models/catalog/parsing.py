"""Feed: catalog items, creatives, campaigns and placements as shops write them, checked and made ours.

Items take Google Merchant's attribute names (`id` or `item_id`, `price` as "15.00 EUR" or a number with `currency`,
`product_type` as "Home > Kitchen"); unknown attributes are passed over, since feeds carry many we do not use.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from models.base.errors import InvalidError, show_value
from models.base.ids import parse_segment_id
from models.catalog.feature_hashing import MAX_LEVELS
from models.catalog.resources import (
    AVAILABILITY,
    EVERYBODY,
    MAX_ID_LENGTH,
    RULE_ACTIONS,
    Audience,
    Campaign,
    CatalogItem,
    CatalogResource,
    Creative,
    MerchandisingRule,
    Placement,
    ResourceKind,
)
from models.events.events import parse_amount, parse_time

MAX_TITLE: Final = 500
MAX_DESCRIPTION: Final = 5_000
MAX_LINK: Final = 2_000
MAX_RULE_POSITION: Final = 99
MAX_RULE_WEIGHT: Final = 1e3
MAX_CAMPAIGN_PRIORITY: Final = 100
MAX_LEVEL: Final = 5
MAX_SLOTS: Final = 24
MAX_CREATIVE_ITEMS: Final = 100
MAX_AUDIENCE: Final = 50
DEVICES: Final = ("mobile", "tablet", "desktop")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SPACES = re.compile(r"\s+")
_UNSAFE_LINK = re.compile(r"^\s*(javascript|data|vbscript):", re.IGNORECASE)
_AMOUNT = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-z]{3})?\s*|\s*([A-Za-z]{3})\s+([0-9]+(?:\.[0-9]+)?)\s*")


def parse_item(raw: object) -> CatalogItem:
    """Read one catalog item; raises `InvalidError` naming the attribute and the value.

    >>> parse_item({"id": "a1", "price": "15.00 EUR", "product_type": "Home > Kitchen"}).category
    ('Home', 'Kitchen')
    """
    source = _object(raw, "an item")
    item_id = _identifier(source.get("item_id", source.get("id")), "item_id")
    price, currency = _price(source, "price")
    sale_price, sale_currency = _price(source, "sale_price")
    cost, _ = _price(source, "cost_of_goods_sold")
    given = _line(source, "currency")
    if given and not _CURRENCY.fullmatch(given):
        raise InvalidError(
            "currency_invalid", f"item {item_id!r}: currency must be an ISO 4217 code, got {show_value(given)}"
        )
    currency = given or currency or sale_currency
    if sale_price is not None and price is not None and sale_price > price:
        raise InvalidError(
            "sale_price_invalid", f"item {item_id!r}: sale_price {sale_price:g} is above price {price:g}"
        )
    return CatalogItem(
        item_id=item_id,
        title=_line(source, "title", MAX_TITLE),
        description=_line(source, "description", MAX_DESCRIPTION),
        link=_link(source, "link"),
        image_link=_link(source, "image_link"),
        availability=_availability(source.get("availability"), item_id),
        price=price,
        sale_price=sale_price,
        currency=currency,
        category=_category(source),
        brand=_line(source, "brand"),
        item_group_id=_line(source, "item_group_id"),
        color=_line(source, "color"),
        size=_line(source, "size"),
        gender=_line(source, "gender"),
        age_group=_line(source, "age_group"),
        material=_line(source, "material"),
        pattern=_line(source, "pattern"),
        condition=_line(source, "condition"),
        gtin=_line(source, "gtin"),
        mpn=_line(source, "mpn"),
        cost_of_goods_sold=cost,
        custom_labels=_custom_labels(source),
        is_bundle=_flag(source, "is_bundle", False),
        hidden=_flag(source, "hidden", False),
        available_from_s=_moment(source, ("available_from", "availability_date", "available_from_s"), 0.0),
        expires_at_s=_moment(source, ("expiration_date", "expires_at_s"), math.inf),
    )


def parse_creative(raw: object) -> Creative:
    """Read one creative; raises `InvalidError`."""
    source = _object(raw, "a creative")
    _only(source, Creative.__struct_fields__, "creative")
    return Creative(
        creative_id=_identifier(source.get("creative_id"), "creative_id"),
        campaign_id=_identifier(source.get("campaign_id"), "campaign_id"),
        headline=_line(source, "headline"),
        text=_line(source, "text", MAX_DESCRIPTION),
        image_link=_link(source, "image_link"),
        link=_link(source, "link"),
        category=parse_category(source.get("category"), "category"),
        brand=_line(source, "brand"),
        item_ids=_ids(source, "item_ids"),
        placements=_ids(source, "placements"),
        enabled=_flag(source, "enabled", True),
    )


def parse_campaign(raw: object) -> Campaign:
    """Read one campaign; raises `InvalidError`."""
    source = _object(raw, "a campaign")
    _only(source, (*Campaign.__struct_fields__, "starts_at", "ends_at"), "campaign")
    campaign = Campaign(
        campaign_id=_identifier(source.get("campaign_id"), "campaign_id"),
        name=_line(source, "name"),
        aliases=_ids(source, "aliases"),
        promotional=_flag(source, "promotional", True),
        priority=_whole(source, "priority", 50, 0, MAX_CAMPAIGN_PRIORITY),
        starts_at_s=_moment(source, ("starts_at", "starts_at_s"), 0.0),
        ends_at_s=_moment(source, ("ends_at", "ends_at_s"), math.inf),
        enabled=_flag(source, "enabled", True),
    )
    if campaign.ends_at_s <= campaign.starts_at_s:
        raise InvalidError(
            "ends_at_invalid",
            f"campaign {campaign.campaign_id!r}: ends_at {show_value(source.get('ends_at'))} is not after starts_at",
        )
    return campaign


def parse_placement(raw: object) -> Placement:
    """Read one placement; raises `InvalidError`."""
    source = _object(raw, "a placement")
    _only(source, Placement.__struct_fields__, "placement")
    slots = source.get("slots", 4)
    if not isinstance(slots, int) or isinstance(slots, bool) or not 1 <= slots <= MAX_SLOTS:
        raise InvalidError(
            "slots_invalid", f"slots must be a whole number from 1 to {MAX_SLOTS}, got {show_value(slots)}"
        )
    return Placement(
        placement_id=_identifier(source.get("placement_id"), "placement_id"),
        name=_line(source, "name"),
        slots=slots,
        enabled=_flag(source, "enabled", True),
    )


def parse_merchandising_rule(raw: object) -> MerchandisingRule:
    """Read one rule; raises `InvalidError`."""
    source = _object(raw, "a rule")
    _only(source, (*MerchandisingRule.__struct_fields__, "region", "starts_at", "ends_at"), "rule")
    action = source.get("action")
    if action not in RULE_ACTIONS:
        raise InvalidError(
            "action_invalid", f"action must be one of {', '.join(RULE_ACTIONS)}, got {show_value(action)}"
        )
    price_from, price_to = _price(source, "price_from")[0], _price(source, "price_to")[0]
    rule = MerchandisingRule(
        rule_id=_identifier(source.get("rule_id"), "rule_id"),
        action=action,
        name=_line(source, "name"),
        strategies=_ids(source, "strategies"),
        item_ids=_ids(source, "item_ids"),
        category=parse_category(source.get("category"), "category"),
        brand=_line(source, "brand"),
        label=_line(source, "label"),
        price_from=price_from,
        price_to=price_to,
        availability=_availabilities(source),
        creative_ids=_ids(source, "creative_ids"),
        campaign_ids=_ids(source, "campaign_ids"),
        placements=_ids(source, "placements"),
        devices=_devices(source),
        regions=_regions(source),
        audience=parse_audience(source.get("audience")),
        position=_whole(source, "position", 0, 0, MAX_RULE_POSITION),
        weight=_number(
            source, "weight", 2.0 if action == "boost" else 0.3, 0.0, 1.0 if action == "diversify" else MAX_RULE_WEIGHT
        ),
        most=_whole(source, "most", 1, 1, MAX_RULE_POSITION),
        per_category=_whole(source, "per_category", 0, 0, MAX_LEVEL),
        starts_at_s=_moment(source, ("starts_at", "starts_at_s"), 0.0),
        ends_at_s=_moment(source, ("ends_at", "ends_at_s"), math.inf),
        enabled=_flag(source, "enabled", True),
    )
    if rule.ends_at_s <= rule.starts_at_s:
        raise InvalidError(
            "ends_at_invalid",
            f"rule {rule.rule_id!r}: ends_at {show_value(source.get('ends_at'))} is not after starts_at",
        )
    if price_from is not None and price_to is not None and price_to < price_from:
        raise InvalidError("price_to_invalid", f"rule {rule.rule_id!r}: price_to {price_to} is below {price_from}")
    if rule.about_slots:
        if rule.strategies:
            raise InvalidError("rule_invalid", f"rule {rule.rule_id!r} names both slots and lists: make it two")
        if action == "boost" and rule.weight <= 0:
            raise InvalidError(
                "action_invalid", f"rule {rule.rule_id!r}: boost of {rule.weight:g} cannot be asked of creatives"
            )
        names_creatives = bool(rule.creative_ids or rule.campaign_ids)
        if action == "pin" and not names_creatives:
            raise InvalidError(
                "creative_ids_invalid", f"rule {rule.rule_id!r}: a pin to a slot names creative_ids or campaign_ids"
            )
        if action in ("exclude", "bury") and not names_creatives and not _names_items(rule):
            raise InvalidError(
                "rule_invalid", f"rule {rule.rule_id!r}: {action} must name creatives, or it is about all there are"
            )
        return rule
    if action == "pin" and not rule.item_ids:
        raise InvalidError("item_ids_invalid", f"rule {rule.rule_id!r}: a pin names its items in item_ids, got none")
    if action in ("exclude", "bury") and not _names_items(rule):
        raise InvalidError(
            "rule_invalid", f"rule {rule.rule_id!r}: {action} must name items, or it is about all there are"
        )
    return rule


def parse_audience(raw: object) -> Audience:
    """Read whom something is for: `any`, `all` and `none`, each a list of segments' ids; raises `InvalidError`.

    >>> parse_audience({"any": ["kitchen-lovers"]}).holds(frozenset({"kitchen-lovers"}))
    True
    """
    if raw is None:
        return EVERYBODY
    source = _object(raw, "an audience")
    names = ("any", "all", "none")
    _only(source, names, "audience")
    found: list[tuple[str, ...]] = []
    for name in names:
        value = source.get(name) or ()
        if not isinstance(value, (list, tuple)) or len(value) > MAX_AUDIENCE:
            raise InvalidError(
                "audience_invalid",
                f"audience.{name} must be a list of at most {MAX_AUDIENCE} segments, got {show_value(value)}",
            )
        found.append(tuple(parse_segment_id(element) for element in value))
    return Audience(any_of=found[0], all_of=found[1], none_of=found[2]) if any(found) else EVERYBODY


def _devices(source: Mapping[str, Any]) -> tuple[str, ...]:
    devices = _ids(source, "devices")
    for device in devices:
        if device not in DEVICES:
            raise InvalidError(
                "devices_invalid", f"devices must be some of {', '.join(DEVICES)}, got {show_value(device)}"
            )
    return devices


def _regions(source: Mapping[str, Any]) -> tuple[str, ...]:
    """Read `regions`, or `region` as segments have it: a text or a list."""
    one = source.get("region")
    given = _ids({"region": [one] if isinstance(one, str) else one}, "region")
    return given or _ids(source, "regions")


def _availabilities(source: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_availability(word, source.get("rule_id"), "rule") for word in _ids(source, "availability"))


def _names_items(rule: MerchandisingRule) -> bool:
    named = (rule.item_ids, rule.category, rule.brand, rule.label, rule.availability)
    return any(named) or rule.price_from is not None or rule.price_to is not None


def _whole(source: Mapping[str, Any], field: str, default: int, least: int, most: int) -> int:
    value = source.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidError(
            f"{field}_invalid", f"{field} must be a whole number from {least} to {most}, got {show_value(value)}"
        )
    return value


def _number(source: Mapping[str, Any], field: str, default: float, least: float, most: float) -> float:
    value = source.get(field, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidError(
            f"{field}_invalid", f"{field} must be a number from {least:g} to {most:g}, got {show_value(value)}"
        )
    return float(value)


PARSERS: Final[dict[ResourceKind, Callable[[object], CatalogResource]]] = {
    "items": parse_item,
    "creatives": parse_creative,
    "campaigns": parse_campaign,
    "placements": parse_placement,
    "rules": parse_merchandising_rule,
}


def parse_category(value: object, field: str = "category") -> tuple[str, ...]:
    """Read a category path: "Home > Kitchen", or a list of levels, outermost first.

    >>> parse_category("Home>Kitchen "), parse_category(["Home", "Kitchen"])
    (('Home', 'Kitchen'), ('Home', 'Kitchen'))
    """
    if value is None or value == "":
        return ()
    levels = value.split(">") if isinstance(value, str) else value
    if not isinstance(levels, (list, tuple)) or not all(isinstance(level, str) for level in levels):
        raise InvalidError(
            "category_invalid", f"{field} must be text such as 'Home > Kitchen', got {show_value(value)}"
        )
    cleaned = [_SPACES.sub(" ", level).strip() for level in levels]
    if any(len(level) > 100 or _CONTROL.search(level) for level in cleaned):
        raise InvalidError("category_invalid", f"{field} has a level above 100 characters, got {show_value(value)}")
    return tuple(level for level in cleaned if level)[:MAX_LEVELS]


def _object(raw: object, what: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise InvalidError("object_invalid", f"{what} is a JSON object, got {show_value(raw)}")
    return raw


def _only(source: Mapping[str, Any], names: tuple[str, ...], what: str) -> None:
    for key in source:
        if key not in names:
            raise InvalidError("field_unknown", f"{what} has no field {show_value(key)}; it has {', '.join(names)}")


def _identifier(value: object, field: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise InvalidError(f"{field}_missing", f"{field} is required, got {show_value(value)}")
    if not isinstance(value, str) or len(value) > MAX_ID_LENGTH or _CONTROL.search(value) or value != value.strip():
        raise InvalidError(
            f"{field}_invalid", f"{field} must be 1 to {MAX_ID_LENGTH} printable characters, got {show_value(value)}"
        )
    return value


def _line(source: Mapping[str, Any], field: str, most: int = MAX_TITLE) -> str:
    value = source.get(field)
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InvalidError(f"{field}_invalid", f"{field} must be text, got {show_value(value)}")
    if len(value) > most:
        raise InvalidError(f"{field}_invalid", f"{field} has {len(value)} characters, at most {most}")
    return _SPACES.sub(" ", value).strip()


def _link(source: Mapping[str, Any], field: str) -> str:
    value = _line(source, field, MAX_LINK)
    if _UNSAFE_LINK.match(value):
        raise InvalidError(f"{field}_invalid", f"{field} must be a web address or a path, got {show_value(value)}")
    return value


def _price(source: Mapping[str, Any], field: str) -> tuple[float | None, str]:
    value = source.get(field)
    if value is None or value == "":
        return None, ""
    code = f"{field}_invalid"
    if isinstance(value, dict):  # the Merchant API's form
        currency = value.get("currency", value.get("currencyCode", ""))
        return parse_amount(value.get("value"), field, code), currency if isinstance(currency, str) else ""
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value)
        if not match:
            raise InvalidError(code, f"{field} must be such as '15.00 EUR', got {show_value(value)}")
        amount = (match[1] or match[4]).replace(",", ".")
        return parse_amount(amount, field, code), (match[2] or match[3] or "").upper()
    return parse_amount(value, field, code), ""


def _availability(value: object, named: object, what: str = "item") -> str:
    if value is None or value == "":
        return "in_stock"
    known = value.strip().lower().replace(" ", "_") if isinstance(value, str) else ""
    if known not in AVAILABILITY:
        raise InvalidError(
            "availability_invalid",
            f"{what} {named!r}: availability must be one of {', '.join(AVAILABILITY)}, got {show_value(value)}",
        )
    return known


def _category(source: Mapping[str, Any]) -> tuple[str, ...]:
    for field in ("category", "product_type", "google_product_category"):
        if source.get(field):
            value = source[field]
            if field == "google_product_category" and isinstance(value, (int, float)):
                continue  # a number of Google's own taxonomy says nothing without its table
            if field == "product_type" and isinstance(value, list) and value and ">" in str(value[0]):
                value = value[0]  # several whole paths: the first is the main one
            return parse_category(value, field)
    return ()


def _custom_labels(source: Mapping[str, Any]) -> tuple[str, ...]:
    given = source.get("custom_labels")
    if isinstance(given, (list, tuple)):
        return tuple(_line({"custom_labels": label}, "custom_labels") for label in given[:5])
    return tuple(label for number in range(5) if (label := _line(source, f"custom_label_{number}")))


def _flag(source: Mapping[str, Any], field: str, default: bool) -> bool:
    value = source.get(field)
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("yes", "true", "no", "false"):
        return value.strip().lower() in ("yes", "true")
    raise InvalidError(f"{field}_invalid", f"{field} must be true or false, got {show_value(value)}")


def _moment(source: Mapping[str, Any], fields: tuple[str, ...], default: float) -> float:
    for field in fields:
        value = source.get(field)
        if value is None or value == "":
            continue
        if field.endswith("_s") and value in (0, math.inf):
            return default
        try:
            return parse_time(value, now_s=math.inf)
        except InvalidError as error:
            raise InvalidError(
                f"{field}_invalid", f"{field} must be an ISO 8601 time, got {show_value(value)}"
            ) from error
    return default


def _ids(source: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = source.get(field)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or len(value) > MAX_CREATIVE_ITEMS:
        raise InvalidError(
            f"{field}_invalid", f"{field} must be a list of at most {MAX_CREATIVE_ITEMS}, got {show_value(value)}"
        )
    return tuple(_identifier(element, field) for element in value)
