"""Seeded histories of visitors who share devices: logins late and in the wrong order, orders told twice, erasures."""

from random import Random
from typing import Any, NamedTuple

import msgspec

from models.events.events import Event, EventItem
from models.segments.segments import Segment, parse_segment
from tests.models.makers import START_S

_DAY_S = 86_400.0
_SITE = "shop"
_RULES: dict[str, Any] = {
    "buyers": {"orders": {"min": 1}},
    "carts": {"all": [{"stage": "effective"}, {"orders": {"pattern": "none"}}]},
    "hour": {"activity": {"seen_within_days": 1 / 24}},
    "unhappy": {"satisfaction": {"complained": True}},
}
_NAMES = (
    ["view_item"] * 10
    + ["add_to_cart"] * 6
    + ["remove_from_cart"] * 3
    + ["page_view", "search", "add_to_wishlist", "begin_checkout", "select_promotion"]
    + ["view_promotion"] * 2
    + ["purchase"] * 4
    + ["order_created", "order_paid", "refund", "refund", "order_cancelled", "order_returned"]
    + ["complaint_made", "complaint_resolved", "email_unsubscribed", "email_subscribed", "email_sent"]
    + ["survey_answered", "review_added", "sign_up", "email_clicked", "order_shipped"]
)
_OF_ORDERS = frozenset(
    {"purchase", "order_created", "order_paid", "refund", "order_cancelled", "order_returned", "order_shipped"}
)
_OF_WHOLE_ORDERS = frozenset({"refund", "order_cancelled", "order_paid"})
_WITHOUT_ITEMS = frozenset({"login", "logout", "page_view", "search", "sign_up"})


class Erasure(NamedTuple):
    """A visitor is erased with the devices named, of which somebody else holds some."""

    user_id: str
    devices: tuple[str, ...]
    at_s: float


Step = list[Event] | Erasure


class History(NamedTuple):
    """What comes in, request by request, and every id there is."""

    steps: list[Step]
    ids: list[str]


def segments() -> list[Segment]:
    """Rules that hang on sums, on money, on time and on sessions."""
    return [parse_segment({"segment_id": name, "rule": rule}) for name, rule in _RULES.items()]


def make_history(seed: int, *, events: int = 160, erasures: bool = True) -> History:
    """Several users on several devices, some of them shared; what is told late, again, or in the wrong order."""
    random = Random(seed)
    users = [f"u{number}" for number in range(random.randint(2, 4))]
    devices = [f"d{number}" for number in range(random.randint(3, 6))]
    orders = [f"o{number}" for number in range(random.randint(4, 10))]
    tellers = {order: random.choice(devices) for order in orders}
    span_s = random.choice([2_000.0, 20_000.0, 5 * _DAY_S])
    told: list[tuple[float, Event]] = []
    for number in range(events):
        at_s = START_S + round(random.uniform(0.0, span_s), 1)
        event = _event(random, number, at_s, users, devices, orders, tellers)
        late_s = random.choice([random.uniform(0, span_s / 10), random.uniform(0, span_s)])
        arrives_s = at_s + (late_s if random.random() < 0.2 else random.uniform(0.0, 2.0))
        told.append((arrives_s, event))
        if random.random() < 0.05:
            told.append((arrives_s + random.uniform(0.0, span_s / 20), event))  # a client's retry
    told.sort(key=lambda entry: entry[0])
    steps: list[Step] = []
    held: dict[str, set[str]] = {}
    place = 0
    while place < len(told):
        size = random.choice([1, 1, 1, 2, 3, 8])
        batch = told[place : place + size]
        place += size
        now_s = batch[-1][0]
        steps.append([msgspec.structs.replace(event, accepted_at_s=now_s) for _, event in batch])
        for _, event in batch:
            if event.user_id and event.user_id != event.visitor_id:
                held.setdefault(event.user_id, set()).add(event.visitor_id)
        if erasures and random.random() < 0.02:
            user = random.choice(users)
            steps.append(Erasure(user, tuple(sorted(held.pop(user, ()))), now_s))
    return History(steps, [*users, *devices])


def _event(
    random: Random,
    number: int,
    at_s: float,
    users: list[str],
    devices: list[str],
    orders: list[str],
    tellers: dict[str, str],
) -> Event:
    name, device, user_id = random.choice(_NAMES), random.choice(devices), ""
    if random.random() < 0.12:
        name = random.choice(["login", "login", "logout"])
        user_id = random.choice(users) if name == "login" else ""
    elif random.random() < 0.1:
        device = user_id = random.choice(users)  # a server that knows its customer
    params = _params(random, name)
    if name in _OF_ORDERS:
        params["order_id"] = order = random.choice(orders)
        if random.random() < 0.7 and not user_id:
            device = tellers[order]
    return Event(
        site=_SITE,
        event=name,
        visitor_id=device,
        user_id=user_id,
        at_s=at_s,
        accepted_at_s=at_s,
        event_id=f"e{number}" if random.random() < 0.95 else "",
        session_id=f"s{device}{int((at_s - START_S) // 3000)}" if random.random() < 0.5 else "",
        params=params,
        items=_items(random, name),
        context=_context(random),
    )


def _params(random: Random, name: str) -> dict[str, object]:
    params: dict[str, object] = {}
    if name in _OF_ORDERS and random.random() < 0.7:
        params |= {"value": random.randint(1, 90), "currency": random.choice(["EUR", "EUR", "USD"])}
    if name == "survey_answered":
        params["nps"] = random.randint(0, 10)
    if name == "review_added":
        params["rating"] = random.randint(1, 5)
    if name.startswith("complaint") and random.random() < 0.5:
        params["case_id"] = f"case{random.randint(0, 3)}"
    if name in ("view_promotion", "select_promotion"):
        params |= {"creative_name": f"c{random.randint(0, 5)}", "promotion_id": f"k{random.randint(0, 2)}"}
    if name in ("email_sent", "email_clicked"):
        params["campaign"] = f"mail{random.randint(0, 3)}"
    return params


def _context(random: Random) -> dict[str, object]:
    context: dict[str, object] = {}
    if random.random() < 0.1:
        context["campaign"] = {"source": "ads", "medium": "cpc", "name": f"n{random.randint(0, 4)}"}
    if random.random() < 0.2:
        context["userAgent"] = random.choice(["Mozilla/5.0 (iPhone) Mobile", "Mozilla/5.0 (Windows NT 10.0)"])
    if random.random() < 0.03:
        context["userAgent"] = "GPTBot/1.2"
    return context


def _items(random: Random, name: str) -> tuple[EventItem, ...]:
    if name in _WITHOUT_ITEMS or name.startswith(("email", "complaint")):
        return ()
    if name in _OF_WHOLE_ORDERS and random.random() < 0.5:
        return ()
    return tuple(
        EventItem(
            item_id=f"i{random.randrange(12)}",
            category=(f"c{random.randrange(4)}",),
            price=float(random.randint(3, 40)),
            quantity=random.choice([1, 1, 2, 3]),
        )
        for _ in range(random.randint(1, 3))
    )
