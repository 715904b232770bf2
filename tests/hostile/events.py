"""Hostile events: good ones, of which something has been made wrong."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

_DEPTHS: Final = ("@d3@", "@d90@", "@d110@", "@d260@", "@d900@", "@d5000@")
RAW: Final = {
    **{name: '[{"a":' * (int(name[2:-1]) // 2) + "1" + "}]" * (int(name[2:-1]) // 2) for name in _DEPTHS},
    "@huge@": "1" * 5_000,
    "@far@": "1e400",
    "@least@": "-1e-400",
    "@nothing@": "undefined",
    "@twice@": '{"a": 1, "a": {"a": NaN}}',
    "@zero@": "-0.0",
    "@half@": '"\\ud800"',
    "@halves@": '"\\udc00\\ud800x"',
}
"""What no value of Python's is written as, by what stands for it."""
GOOD: Final[tuple[dict[str, Any], ...]] = (
    {"event": "page_view", "params": {"page_location": "https://shop.example/?utm_source=a&utm_medium=b"}},
    {"event": "view_item", "items": [{"item_id": "p1", "item_name": "Pot", "price": 9.5, "item_category": "Home"}]},
    {"event": "view_item_list", "items": [{"item_id": f"p{number}", "index": number} for number in range(5)]},
    {"event": "add_to_cart", "items": [{"item_id": "p2", "quantity": 2}], "params": {"currency": "EUR", "value": 20}},
    {"event": "search", "params": {"search_term": "kettle"}, "context": {"userAgent": "Mozilla/5.0 (X11) Firefox"}},
    {
        "event": "purchase",
        "params": {"transaction_id": "o-1", "value": 30.0, "currency": "EUR", "coupon": "X"},
        "items": [{"item_id": "p3", "price": "10,00 €", "quantity": 3, "discount": 1}],
    },
    {"event": "purchase", "params": {"transaction_id": "o-3", "value": "12,50", "items": [{"item_id": "p1"}]}},
    {"event": "refund", "params": {"transaction_id": "o-1", "value": 10}, "items": [{"item_id": "p3"}]},
    {"event": "view_promotion", "items": [{"item_id": "p1", "creative_name": "c1", "creative_slot": "hero-1"}]},
    {"event": "login", "user_id": "u-1", "context": {"geo": {"country": "DE"}, "device": {"category": "mobile"}}},
    {"event": "birthday_given", "params": {"birthday": "1990-04-23"}},
    {"event": "review_added", "params": {"rating": "4/5", "comment": "nice"}, "items": [{"item_id": "p1"}]},
    {"event": "email_clicked", "params": {"message_id": "1-" + "a" * 24, "campaign": "spring"}},
    {"event": "campaign_cost", "params": {"cost": "12.50 USD", "campaign": "spring"}},
    {"event": "Order Completed", "params": {"order_id": "o-2", "products": [{"product_id": "p1"}], "revenue": 5}},
)
_NUMBERS: Final = (
    0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**300, 1e-320, 1e15, 1e308,
    1.7976931348623157e308,
    float("nan"), float("inf"), float("-inf"), *(name for name in RAW if name not in _DEPTHS),
)  # fmt: skip
_TEXTS: Final = (
    "", " ", "\0", "\x7f", "null", "undefined", "[object Object]", "guest", "0", "-1", "1e999", "NaN", "∞", "٣", "½",
    "' OR 1=1", "{{user_id}}", "$(id)", "../../etc/passwd", "<script>", "\r\nX: y", "\u202e", "\ufeff", "\u0301" * 50,
    "\ufdfa" * 20, "🏳️‍🌈" * 20, "ß" * 150, "İ" * 150, "a" * 129, "-" * 100, "-" * 3_000,
    " " * 3_000, "1" * 3_000, "1." * 1_500,
    "9999-12-31T23:59:59.999999999Z", "0000-00-00", "2026-02-30", "1970-01-01", "20260101", "1e12", "now", "24:00",
    "Thu, 01 Jan 1970 00:00:00 GMT", "2026-01-01T00:00:00+99:99", "visitor\nforged",
    "a:b:c", "{", "}", "%00", "*", "?",
)  # fmt: skip
_NAMES: Final = ("", " ", "é", "a" * 3_000, "__proto__", "constructor", "a.b", "0", "\0", "items", "event", "$", "-")


def hostile_events(random: Random, number: int) -> Iterator[dict[str, Any]]:
    """Give so many, one to three things wrong with each."""
    for _ in range(number):
        event = copy.deepcopy(random.choice(GOOD))
        event["visitor_id"] = f"h{random.randrange(200)}"
        if random.random() < 0.5:
            event |= {"event_id": f"e{random.randrange(10**9)}", "timestamp": "2026-01-31T12:00:00Z", "session_id": "s"}
        for _ in range(random.randint(1, 3)):
            _spoil(random, event)
        yield event


def _spoil(random: Random, event: dict[str, Any]) -> None:
    """Make something wrong somewhere in an event."""
    place: Any = event
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = random.choice(keys)
        if not isinstance(place[key], (dict, list)) or random.random() < 0.3:
            break
        place = place[key]
    what = random.random()
    if not keys or what < 0.1:
        if isinstance(place, dict):
            place[random.choice(_NAMES)] = _value(random)
        else:
            place.append(_value(random))
    elif what < 0.2:
        del place[key]
    elif what < 0.3 and isinstance(place, dict):
        place[random.choice(_NAMES)] = place.pop(key)
    else:
        place[key] = _value(random)


def _value(random: Random) -> Any:
    kind = random.random()
    if kind < 0.35:
        return random.choice(_TEXTS)
    if kind < 0.65:
        return random.choice(_NUMBERS)
    if kind < 0.8:
        return random.choice((None, True, False, [], {}, [[]], [None], {"": None}, [{}], {"value": "1"}))
    if kind < 0.9:
        return random.choice(_DEPTHS)
    if kind < 0.95:
        return [random.choice(_NUMBERS) for _ in range(random.choice((2, 250)))]
    return {f"k{place}": random.choice(_TEXTS) for place in range(random.choice((2, 60)))}


def written(events: list[dict[str, Any]]) -> bytes:
    """Write a body of events, with what JSON does not have."""
    text = json.dumps({"events": events})
    for stands_for, raw in RAW.items():
        text = text.replace(f'"{stands_for}"', raw)
    return text.encode()
