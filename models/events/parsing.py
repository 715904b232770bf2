"""Parsing of events: the only door. Whatever `parse_event` lets through is valid, and the log holds nothing else."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from models.base.errors import InvalidError, show_value
from models.base.texts import CONTROL_CHARACTER, CURRENCY_CODE, is_printable
from models.base.timestamps import parse_time
from models.events.events import Event, EventItem, promotions_of, score_of
from models.events.names import (
    ITEM_EVENTS,
    NOTICES,
    ORDER_EVENTS,
    PROMOTION_EVENTS,
    SCORES,
    SEARCH_EVENTS,
    TRANSACTION_EVENTS,
)
from models.events.segment_spec import translated

MAX_VISITOR_ID: Final = 128
MAX_TEXT: Final = 500
MAX_ITEM_TEXT: Final = 150
MAX_EVENT_ITEMS: Final = 200
MAX_PARAMS: Final = 50
MAX_QUANTITY: Final = 1_000_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_PARAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}")
EVENT_FIELDS: Final = frozenset(
    {"event", "visitor_id", "event_id", "user_id", "session_id", "timestamp", "params", "items", "context"}
)
_CATEGORY_KEYS: Final = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")


def parse_event(raw: object, site: str, accepted_at_s: float) -> Event:
    """Check one event as it came from outside.

    Parameters
    ----------
    raw
        What JSON decoding gave: `event` and `visitor_id`, and perhaps `event_id`, `user_id`, `session_id`,
        `timestamp`, `params`, `items`, `context`. Segment's event names are read as ours
        (`models.events.segment_spec`).
    site
        The site its key belongs to.
    accepted_at_s
        Now, in epoch seconds; also the event's time when it names none.

    Raises
    ------
    InvalidError
        With the field, the value and a code such as `visitor_id_invalid`.

    >>> parse_event({"event": "page_view", "visitor_id": "v1"}, site="demo", accepted_at_s=1_700_000_000.0).at_s
    1700000000.0
    """
    if not isinstance(raw, dict):
        raise InvalidError("event_invalid", f"an event is a JSON object, got {show_value(raw)}")
    raw = translated(raw)
    for key in raw:
        if key not in EVENT_FIELDS:
            raise InvalidError("field_unknown", f"field {show_value(key)} is not known; put your own data into params")
    name = raw.get("event")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidError(
            "event_name_invalid",
            f"event must be 1 to 40 of A-Z a-z 0-9 _, starting with a letter, got {show_value(name)}",
        )
    if name in NOTICES:
        raise InvalidError("event_name_reserved", f"event {name} is told by the engine itself, and taken from nobody")
    visitor_id = _identifier(raw, "visitor_id", required=True)
    params = _params(raw.get("params"), "params")
    event = Event(
        site=site,
        event=name,
        visitor_id=visitor_id,
        at_s=parse_time(raw.get("timestamp"), accepted_at_s),
        accepted_at_s=accepted_at_s,
        event_id=_identifier(raw, "event_id"),
        user_id=_identifier(raw, "user_id"),
        session_id=_identifier(raw, "session_id"),
        params=params,
        items=_items(raw.get("items"), "items"),
        context=_params(raw.get("context"), "context"),
    )
    _check_meaning(event)
    return event


def parse_visitor_id(value: object) -> str:
    """Check a visitor id; raises `InvalidError`."""
    return _identifier({"visitor_id": value}, "visitor_id", required=True)


def _identifier(raw: Mapping[str, object], field: str, *, required: bool = False) -> str:
    value = raw.get(field)
    if value is None and not required:
        return ""
    if required and (value is None or value == ""):
        raise InvalidError(f"{field}_missing", f"{field} is required, got {show_value(value)}")
    if not is_printable(value, MAX_VISITOR_ID):
        raise InvalidError(
            f"{field}_invalid",
            f"{field} must be text of 1 to {MAX_VISITOR_ID} printable characters, got {show_value(value)}",
        )
    return value


def _params(raw: object, field: str) -> dict[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InvalidError(f"{field}_invalid", f"{field} must be a JSON object, got {show_value(raw)}")
    if len(raw) > MAX_PARAMS:
        raise InvalidError(f"{field}_invalid", f"{field} has {len(raw)} members, at most {MAX_PARAMS}")
    for name in raw:
        if not _PARAM_NAME.fullmatch(name):
            raise InvalidError(f"{field}_invalid", f"{field} has a member named {show_value(name)}")
    return raw


def _items(raw: object, field: str) -> tuple[EventItem, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise InvalidError("items_invalid", f"{field} must be a JSON array, got {show_value(raw)}")
    if len(raw) > MAX_EVENT_ITEMS:
        raise InvalidError("items_invalid", f"{field} has {len(raw)} elements, at most {MAX_EVENT_ITEMS}")
    return tuple(_item(item, f"{field}[{index}]") for index, item in enumerate(raw))


def _item(raw: object, field: str) -> EventItem:
    if not isinstance(raw, dict):
        raise InvalidError("item_invalid", f"{field} must be a JSON object, got {show_value(raw)}")
    name = _text(raw, "item_name", field)
    item_id = raw.get("item_id")
    if isinstance(item_id, int) and not isinstance(item_id, bool):
        item_id = str(item_id)
    if item_id is None or item_id == "":
        item_id = name
    if not isinstance(item_id, str) or not item_id:
        raise InvalidError("item_id_missing", f"{field} needs item_id or item_name, got {show_value(raw)}")
    if len(item_id) > MAX_ITEM_TEXT or CONTROL_CHARACTER.search(item_id):
        raise InvalidError(
            "item_id_invalid",
            f"{field}.item_id must be 1 to {MAX_ITEM_TEXT} printable characters, got {show_value(item_id)}",
        )
    quantity = raw.get("quantity", 1)
    if isinstance(quantity, str) and quantity.isdecimal() and len(quantity) <= 20:  # int() refuses thousands of digits
        quantity = int(quantity)
    if isinstance(quantity, float) and quantity.is_integer():
        quantity = int(quantity)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidError(
            "quantity_invalid",
            f"{field}.quantity must be a whole number from 1 to {MAX_QUANTITY}, got {show_value(quantity)}",
        )
    price = raw.get("price")
    index = raw.get("index")
    return EventItem(
        item_id=item_id,
        name=name,
        brand=_text(raw, "item_brand", field),
        category=tuple(level for key in _CATEGORY_KEYS if (level := _text(raw, key, field))),
        variant=_text(raw, "item_variant", field),
        price=None if price is None else parse_amount(price, f"{field}.price", "price_invalid"),
        discount=_discount(raw.get("discount")),
        quantity=quantity,
        index=index if isinstance(index, int) and not isinstance(index, bool) else None,
        promotion_id=_text(raw, "promotion_id", field),
        creative_name=_text(raw, "creative_name", field),
        creative_slot=_text(raw, "creative_slot", field),
    )


def _discount(value: object) -> float:
    """An amount, where it is one: what is none says nothing, and spoils no order."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e12:
        return float(value)
    return 0.0


def _text(raw: Mapping[str, object], key: str, field: str) -> str:
    value = raw.get(key)
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidError("item_invalid", f"{field}.{key} must be text of at most {MAX_TEXT}, got {show_value(value)}")
    return value


def parse_amount(value: object, field: str, code: str) -> float:
    """Read an amount of money: a number, or digits as text; 0 or more, finite. Raises `InvalidError`."""
    amount: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        amount = float(value) if abs(value) < 1e15 else None
    elif isinstance(value, str):
        try:
            amount = float(value)
        except ValueError:
            amount = None
    if amount is None or not math.isfinite(amount) or not 0 <= amount < 1e12:
        raise InvalidError(code, f"{field} must be a number of 0 or more, got {show_value(value)}")
    return amount


def _check_meaning(event: Event) -> None:
    """Refuse an event that lacks what its name promises."""
    name, params = event.event, event.params
    if name in ITEM_EVENTS and not event.items:
        raise InvalidError("items_missing", f"{name} needs at least one element in items")
    if name in ORDER_EVENTS:
        _check_order(name, params)
    if name in SEARCH_EVENTS and not (isinstance(params.get("search_term"), str) and params["search_term"].strip()):
        raise InvalidError(
            "search_term_missing", f"{name} needs params.search_term, got {show_value(params.get('search_term'))}"
        )
    if name in PROMOTION_EVENTS and not promotions_of(event):
        raise InvalidError("creative_name_missing", f"{name} needs creative_name, on its items or in params")
    if name in SCORES:
        _check_scores(name, params)
    if name == "birthday_given" or params.get("birthday") is not None:
        _check_birthday(name, params.get("birthday"))
    if name == "campaign_cost":
        _check_cost(params)
    for field in ("dwell_ms", "engagement_time_msec", "value"):
        if params.get(field) is not None:
            parse_amount(params[field], f"params.{field}", f"{field}_invalid")
    currency = params.get("currency")
    if currency is not None and not (isinstance(currency, str) and CURRENCY_CODE.fullmatch(currency)):
        raise InvalidError("currency_invalid", f"params.currency must be an ISO 4217 code, got {show_value(currency)}")


def _check_order(name: str, params: Mapping[str, Any]) -> None:
    """Refuse an event of an order that does not name it."""
    order = params.get("transaction_id", params.get("order_id"))
    if not isinstance(order, (str, int)) or isinstance(order, bool) or not str(order) or len(str(order)) > 128:
        needs = "transaction_id" if name in TRANSACTION_EVENTS else "order_id"
        raise InvalidError(
            f"{needs}_missing", f"{name} needs params.{needs} (1 to 128 characters), got {show_value(order)}"
        )


def _check_scores(name: str, params: Mapping[str, Any]) -> None:
    """Refuse an answer off its scale, and an event without any answer."""
    given = [(field, least, most) for field, least, most in SCORES[name] if params.get(field) is not None]
    if not given:
        field, least, most = SCORES[name][0]
        wanted = " or ".join(f"params.{field} ({low} to {high})" for field, low, high in SCORES[name])
        raise InvalidError(f"{field}_missing", f"{name} needs {wanted}, got {show_value(params.get(field))}")
    for field, least, most in given:
        score = score_of(params, field)
        halves = field == "rating" and score is not None and (2 * score).is_integer()
        if score is None or not least <= score <= most or not (score.is_integer() or halves):
            kind = "a number" if field == "rating" else "a whole number"
            raise InvalidError(
                f"{field}_invalid",
                f"params.{field} must be {kind} from {least} to {most}, got {show_value(params[field])}",
            )


def _check_birthday(name: str, value: object) -> None:
    """Refuse a birthday that is no ISO date."""
    if isinstance(value, str) and len(value) == 10:
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    code = "birthday_missing" if value is None else "birthday_invalid"
    raise InvalidError(code, f"{name}: params.birthday must be an ISO date such as 1990-04-23, got {show_value(value)}")


def _check_cost(params: Mapping[str, Any]) -> None:
    """Refuse a cost without amount, or of nothing."""
    if params.get("cost") is None:
        raise InvalidError("cost_missing", f"campaign_cost needs params.cost, got {show_value(params.get('cost'))}")
    parse_amount(params["cost"], "params.cost", "cost_invalid")
    if not any(isinstance(params.get(field), str) and params[field] for field in ("campaign", "source", "medium")):
        raise InvalidError("campaign_missing", "campaign_cost needs params.campaign, params.source or params.medium")
