"""Parsing of an event's items: a line that can be read is kept, whatever is odd about the rest of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from models.base.suggestions import one_slip_from
from models.base.texts import CONTROL_CHARACTER, is_printable
from models.events.amounts import MAX_QUANTITY, MOST_MONEY, read_amount, read_currency_code, read_quantity
from models.events.events import EventItem
from models.events.intake.event_warnings import EventWarnings
from models.events.names import ORDER_EVENTS, UNDONE_EVENTS

MAX_TEXT: Final = 500
MAX_ITEM_TEXT: Final = 150
MAX_EVENT_ITEMS: Final = 200
_MOST_WHOLE: Final = 2.0**53
"""Floats beyond it have lost digits: no id can be told from one."""
_CATEGORY_KEYS: Final = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")
_PLAIN_FIELDS: Final = {
    "item_id": "item_id", "item_name": "name", "item_brand": "brand", "item_category": "item_category",
    "item_variant": "variant", "promotion_id": "promotion_id", "creative_name": "creative_name",
    "creative_slot": "creative_slot",
}  # fmt: skip
_KNOWN_FIELDS: Final = frozenset(
    {
        *_PLAIN_FIELDS, *_CATEGORY_KEYS, "price", "quantity", "currency", "index", "discount", "affiliation", "coupon",
        "item_list_id", "item_list_name", "location_id", "promotion_name",
    }
)  # fmt: skip
"""Fields of an item that GA4 has."""
_MAX_FIELD_NAME: Final = 1 + max(map(len, _KNOWN_FIELDS))
_DEEPER_LEVELS: Final = frozenset(_CATEGORY_KEYS[1:])
_ODD_FIELDS: Final = frozenset({"discount", "index"})
_NUMBERS: Final = (int, float)
_BY_QUANTITY: Final = ORDER_EVENTS | {"add_to_cart", "remove_from_cart"}
"""Events in which a line of 0 says that there is none of it; elsewhere the quantity says nothing."""
_TAKEN_OUT: Final = UNDONE_EVENTS | {"remove_from_cart"}
"""Events of what goes away: -1 of it means 1."""


class ReadItems(NamedTuple):
    """The lines that were kept. `left_out` is what the others come to, such as a discount told as a line below 0; None
    where none had a price. `currency` is the event's, else the first that a line named. `only_zeros` where there were
    lines and each said that there is none of it."""

    items: tuple[EventItem, ...] = ()
    left_out: float | None = None
    currency: str = ""
    only_zeros: bool = False


NO_ITEMS: Final = ReadItems()


def read_items(raw: object, event_name: str, currency: str, warnings: EventWarnings) -> ReadItems:
    """Read an event's items; what is none is left out with a warning.

    `currency` is the one the event names, before those of its items; empty for none. A price whose text names another
    stays in that.
    """
    if raw is None:
        return NO_ITEMS
    if isinstance(raw, dict) and raw:
        warnings.add("items", "read_as", raw, "is one item, and was read as an array of it")
        raw = [raw]
    if not isinstance(raw, list):
        warnings.add("items", "dropped", raw, "is no JSON array, and was left out")
        return NO_ITEMS
    if len(raw) > MAX_EVENT_ITEMS:
        warnings.add("items", "shortened", len(raw), f"elements are more than the {MAX_EVENT_ITEMS} that were kept")
    found: list[EventItem] = []
    left_out: float | None = None
    main = currency
    only_zeros = bool(raw)
    for index, item in enumerate(raw):
        if index < MAX_EVENT_ITEMS and (plain := _plain_item(item, None if currency else main)) is not None:
            found.append(plain)
            only_zeros = False
            continue
        line = _read_line(item, f"items[{index}]", event_name, warnings)
        named = line.currency or ("" if currency else _currency_of(item, f"items[{index}]", warnings))
        main = main or named
        only_zeros = only_zeros and line.is_zero
        if line.item is not None and len(found) < MAX_EVENT_ITEMS:
            other = named not in ("", main) and line.item.price is not None
            found.append(msgspec.structs.replace(line.item, currency=named) if other else line.item)
        elif line.worth and named in ("", main):
            left_out = (left_out or 0.0) + line.worth
    return ReadItems(tuple(found), left_out, main, only_zeros)


def _currency_of(raw: object, field: str, warnings: EventWarnings) -> str:
    """Give the currency that a line names beside its price."""
    value = raw.get("currency") if isinstance(raw, dict) else None
    return "" if value in (None, "") else read_currency_code(value, f"{field}.currency", warnings)


def _field_meant(name: object) -> str:
    """The item field that a name is one slip away from; empty for a known one, and for one of the shop's own."""
    return _slip_of(name) if isinstance(name, str) and len(name) <= _MAX_FIELD_NAME else ""


@lru_cache(maxsize=4_096)
def _slip_of(name: str) -> str:
    return "" if name in _KNOWN_FIELDS else one_slip_from(name, sorted(_KNOWN_FIELDS))


def _plain_item(raw: object, currency: str | None) -> EventItem | None:  # noqa: C901 - one pass: most events come this way
    """Read a line that has nothing odd about it, as most have not, at once; None for any other.

    `currency` is the one lines have named so far; None where they need not name any.
    """
    if type(raw) is not dict:
        return None
    made: dict[str, Any] = {}
    deep = False
    for key, value in raw.items():
        ours = _PLAIN_FIELDS.get(key)
        if ours is None:
            if key == "price":
                if type(value) in _NUMBERS and 0 <= value < MOST_MONEY:
                    made["price"] = float(value)
                elif value is not None:
                    return None
            elif key == "quantity":
                if type(value) is not int or not 0 < value <= MAX_QUANTITY:
                    return None
                made["quantity"] = value
            elif key == "index" and type(value) is int:
                made["index"] = value
            elif key in _DEEPER_LEVELS:
                if value is not None and (type(value) is not str or len(value) > MAX_TEXT):
                    return None
                deep = True
            elif (
                key in _ODD_FIELDS
                or _field_meant(key)
                or (key == "currency" and currency is not None and value and value != currency)
            ):
                return None
        elif type(value) is str and len(value) <= MAX_TEXT:
            made[ours] = value
        elif value is not None:
            return None
    if not is_printable(made.get("item_id"), MAX_ITEM_TEXT) or not made["item_id"]:
        return None
    if deep:
        made.pop("item_category", None)
        made["category"] = tuple(level for key in _CATEGORY_KEYS if (level := raw.get(key)))
    elif "item_category" in made:
        made["category"] = (category,) if (category := made.pop("item_category")) else ()
    return EventItem(**made)


class _Line(NamedTuple):
    """A line: its item, None where it is left out, what it comes to, and whether it says that there is none of it."""

    item: EventItem | None
    worth: float = 0.0
    currency: str = ""
    is_zero: bool = False


def _read_line(raw: object, field: str, event_name: str, warnings: EventWarnings) -> _Line:
    if not isinstance(raw, dict):
        warnings.add(field, "dropped", raw, "is no JSON object, and was left out")
        return _Line(None)
    price, quantity, currency = raw.get("price"), raw.get("quantity", 1), ""
    if price is not None and not (type(price) in (int, float) and 0 <= price < MOST_MONEY):
        price, currency = read_amount(price, f"{field}.price", warnings)
    if not (type(quantity) is int and 0 < quantity < 1_000):
        quantity = read_quantity(quantity, f"{field}.quantity", warnings)
    if quantity <= 0 or (price is not None and price < 0):
        quantity, price = _with_sign(quantity, price, field, event_name, warnings)
    worth = (price or 0.0) * quantity
    if quantity <= 0 or (price is not None and price < 0):
        return _Line(None, worth, currency, is_zero=quantity == 0)
    item_id = _item_id(raw, field, warnings)
    if not item_id:
        return _Line(None, worth, currency)
    for name in raw:
        if (meant := _field_meant(name)) and meant not in raw:
            warnings.add(field, "unknown", name, f"is read by nobody; did you mean {meant}?")
    index = raw.get("index")
    item = EventItem(
        item_id=item_id,
        name=_text(raw, "item_name", field, warnings),
        brand=_text(raw, "item_brand", field, warnings),
        category=_category(raw, field, warnings),
        variant=_text(raw, "item_variant", field, warnings),
        price=None if price is None else float(price),
        discount=_discount(raw.get("discount"), field, warnings),
        quantity=quantity,
        index=index if isinstance(index, int) and not isinstance(index, bool) else None,
        promotion_id=_text(raw, "promotion_id", field, warnings),
        creative_name=_text(raw, "creative_name", field, warnings),
        creative_slot=_text(raw, "creative_slot", field, warnings),
    )
    return _Line(item, worth, currency)


def _with_sign(
    quantity: float, price: float | None, field: str, event_name: str, warnings: EventWarnings
) -> tuple[float, float | None]:
    """Say what 0 and less mean in an event: quantity and price below 0 stay where the line is to be left out."""
    if event_name in _TAKEN_OUT and (quantity < 0 or (price is not None and price < 0)):
        warnings.add(field, "read_as", (quantity, price), "(quantity, price) was read without its sign: it goes away")
        quantity, price = abs(quantity), None if price is None else abs(price)
    if quantity <= 0 and event_name not in _BY_QUANTITY:
        warnings.add(f"{field}.quantity", "read_as", quantity, "is no quantity here, and was read as 1")
        quantity = 1
    if quantity <= 0:
        warnings.add(f"{field}.quantity", "dropped", quantity, "is none of it: the line was left out")
    elif price is not None and price < 0:
        if event_name in ORDER_EVENTS:
            done = "is no product's, and counts as a discount: the line was left out"
            warnings.add(f"{field}.price", "dropped", price, done)
        else:
            warnings.add(f"{field}.price", "dropped", price, "is below 0, and was left out")
            price = None
    return quantity, price


def _item_id(raw: Mapping[str, object], field: str, warnings: EventWarnings) -> str:
    """An item's id, or its name where it has none; empty, with a warning, where it has neither."""
    for key in ("item_id", "item_name"):
        value = raw.get(key)
        if value is None or value == "":
            continue
        text = text_of_id(value)
        if text is not None and len(text) <= MAX_ITEM_TEXT and not CONTROL_CHARACTER.search(text):
            if text != value and isinstance(value, str):
                warnings.add(f"{field}.{key}", "read_as", value, "was read without the spaces around it")
            return text
        if key == "item_id":
            done = f"is no id of 1 to {MAX_ITEM_TEXT} printable characters: the line was left out"
            warnings.add(f"{field}.{key}", "dropped", value, done)
            return ""
    warnings.add(field, "dropped", raw, "has neither item_id nor item_name, and was left out")
    return ""


def text_of_id(value: object) -> str | None:
    """Give an id as text: a number's digits, a text without spaces around it; None for what is no id.

    >>> text_of_id(17), text_of_id(17.0), text_of_id(" a "), text_of_id(True), text_of_id(1e20)
    ('17', '17', 'a', None, None)
    """
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**60 else None
    if isinstance(value, float) and abs(value) < _MOST_WHOLE:
        return str(int(value)) if value.is_integer() else repr(value)
    return None


def _category(raw: Mapping[str, Any], field: str, warnings: EventWarnings) -> tuple[str, ...]:
    levels = raw.get("item_category")
    if isinstance(levels, (list, tuple)):
        named = {f"item_category[{place}]": level for place, level in enumerate(levels[: len(_CATEGORY_KEYS)])}
        return tuple(text for key in named if (text := _text(named, key, field, warnings)))
    return tuple(level for key in _CATEGORY_KEYS if key in raw and (level := _text(raw, key, field, warnings)))


def _discount(value: object, field: str, warnings: EventWarnings) -> float:
    """An amount, where it is one: what is none says nothing, and spoils no order."""
    if value is None or value == "":
        return 0.0
    amount = read_amount(value, f"{field}.discount", warnings).value
    return amount if amount is not None and amount > 0 else 0.0


def _text(raw: Mapping[str, Any], key: str, field: str, warnings: EventWarnings) -> str:
    value = raw.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            warnings.add(f"{field}.{key}", "shortened", value, f"was cut to {MAX_TEXT} characters")
        return value[:MAX_TEXT]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)[:MAX_TEXT]
    warnings.add(f"{field}.{key}", "dropped", value, "is no text, and was left out")
    return ""
