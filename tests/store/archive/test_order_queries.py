"""Order queries: reports and profiles take the same things for orders, whatever is told of them and in which order."""

import random
from typing import Any

import pytest

from models.events.currency import SiteCurrency
from models.events.events import order_id_of
from models.visitor.order import Order, new_order, settle, take_in_event
from models.visitor.order_value import order_value_of, sold_reduced
from models.visitor.profile import Profile, apply_one, first_time
from store.archive.report_source import ReportSettings, ReportSource
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill, parsed, table

BEGAN_S = 1_780_000_000.0
MAKES = ("order_created", "order_paid", "purchase", "purchase")
UNDOES = ("order_cancelled", "order_returned", "refund", "refund")


def random_events(
    seed: int, visitors: int = 1, currencies: tuple[str, ...] = (), claimed: float = 0.0
) -> list[dict[str, Any]]:
    """Events of a few orders in the order they arrive: late, twice, in parts, with and without items and amounts.

    Each names one of the currencies, if any; of purchases the share `claimed` is told by browsers that claim them.
    """
    random_of = random.Random(seed)
    made: list[dict[str, Any]] = []
    for number in range(40):
        makes = random_of.random() < 0.6
        name = random_of.choice(MAKES if makes else UNDOES)
        order_field = "transaction_id" if name in ("purchase", "refund") else "order_id"
        params: dict[str, Any] = {order_field: "o" + random_of.choice("abcdef")}
        if random_of.random() < 0.5:
            params["value"] = random_of.choice([0, 10, 19.9, 30.05, 50, 90])
        if currencies and (named := random_of.choice(currencies)):
            params["currency"] = named
        items = [
            {
                "item_id": item_id,
                "quantity": random_of.choice([1, 1, 2, 3]),
                **({"price": random_of.choice([5, 9.99, 30])} if random_of.random() < 0.7 else {}),
            }
            for item_id in random_of.sample(["a", "b", "c", "d"], random_of.choice([int(name == "purchase"), 1, 2, 3]))
        ]
        told: dict[str, Any] = {
            "event": name,
            "visitor_id": f"v{random_of.randrange(visitors)}",
            "timestamp": BEGAN_S + 60 * number + random_of.choice([0, 0, 0, -7_200.5]),
            "params": params,
            **({"items": items} if items else {}),
            **({"event_id": f"e{random_of.randrange(60)}"} if random_of.random() < 0.5 else {}),
        }
        if name == "purchase" and claimed and random_of.random() < claimed:
            told["is_claimed"] = True
        if name == "order_cancelled" and not items and random_of.random() < 0.7:
            continue
        made.append(told)
        if random_of.random() < 0.2:
            made.append({**told, "items": items[::-1]} if items else told)
    return made


def orders_of(archive: ArchiveWriter) -> dict[str, tuple[str, float, float]]:
    """What reports take for orders: by id, whose, units and revenue."""
    with archive.reading(SITE) as reading:
        rows = ReportSource(reading, 0.0, 4e9).select("SELECT order_id, visitor_id, units, revenue FROM orders")
    return {order_id: (visitor_id, units, revenue) for order_id, visitor_id, units, revenue in rows}


def profile_after(events: list[dict[str, Any]]) -> Profile:
    """The profile of a visitor who sent all of these."""
    profile = Profile()
    for told in events:
        read = parsed(told)
        if first_time(profile, read.event_id):
            apply_one(profile, read, sold_reduced)
    return profile


@pytest.mark.parametrize("seed", range(60))
def test_a_profile_and_the_reports_take_the_same_for_orders(archive: ArchiveWriter, seed: int) -> None:
    events = random_events(seed)
    fill(archive, events)
    profile = profile_after(events)
    told_by_profile = {order.order_id: order for order in profile.history.orders if order.paid}
    told_by_reports = orders_of(archive)
    assert told_by_profile.keys() == told_by_reports.keys()
    for order_id, (_, units, revenue) in told_by_reports.items():
        order = told_by_profile[order_id]
        assert order.units == pytest.approx(units)
        assert order.cents / 100 == pytest.approx(revenue, abs=0.02)
    total = sum(revenue for _, _, revenue in told_by_reports.values())
    assert profile.order_value.revenue == pytest.approx(total, abs=0.1)
    assert profile.order_value.orders == len(told_by_reports)


@pytest.mark.parametrize("seed", range(60))
def test_a_profile_and_the_reports_take_the_same_for_confirmed(archive: ArchiveWriter, seed: int) -> None:
    events = random_events(seed, currencies=("EUR", "EUR", "USD", "") if seed % 2 else (), claimed=0.7)
    fill(archive, events)
    told_by_profile = {order.order_id: order for order in profile_after(events).history.orders if order.paid}
    reckons = ReportSettings(currency=SiteCurrency(base="EUR", rates={"USD": 1.0}))
    with archive.reading(SITE) as reading:
        rows = ReportSource(reading, 0.0, 4e9, reckons).select("SELECT order_id, units, revenue FROM orders")
    assert told_by_profile.keys() == {order_id for order_id, _, _ in rows}
    for order_id, units, revenue in rows:
        order = told_by_profile[order_id]
        assert order.units == pytest.approx(units)
        assert order.cents / 100 == pytest.approx(revenue, abs=0.02)


def test_orders_that_are_claimed_alone_are_none_and_what_a_server_says_counts(archive: ArchiveWriter) -> None:
    def claim(order_id: str, price: float, **fields: Any) -> dict[str, Any]:
        made = event("purchase", "v", "01-01 10:00", ("a", price), transaction_id=order_id, value=price)
        return {**made, "is_claimed": True, **fields}

    fill(
        archive,
        [
            claim("invented", 999_999_999.0),
            claim("confirmed", 20.0),
            event("order_paid", "v", "01-01 11:00", order_id="confirmed"),
            claim("corrected", 999_999_999.0, event_id="both"),
            {**event("purchase", "v", "01-01 09:00", ("b", 30.0), transaction_id="corrected"), "event_id": "both"},
            claim("corrected", 999_999_999.0, timestamp="2026-01-02T00:00:00Z"),
        ],
    )
    assert orders_of(archive) == {"confirmed": ("v", 1.0, 20.0), "corrected": ("v", 1.0, 30.0)}


@pytest.mark.parametrize("seed", range(20))
def test_an_order_told_by_several_visitors_is_one(archive: ArchiveWriter, seed: int) -> None:
    events = [{**told, "event_id": ""} for told in random_events(seed, visitors=3, claimed=0.3 * (seed % 2))]
    fill(archive, events)
    orders: dict[str, Order] = {}
    for told in map(parsed, events):
        order = orders.setdefault(order_id_of(told), new_order(order_id_of(told), told.at_s))
        take_in_event(order, told, sold_reduced)
    settled = {order_id: settle(order) for order_id, order in orders.items()}
    kept = {order_id for order_id, left in settled.items() if orders[order_id].paid and not left.void}
    told_by_reports = orders_of(archive)
    assert told_by_reports.keys() == kept
    for order_id, (_, units, revenue) in told_by_reports.items():
        left = settled[order_id]
        assert sum(left.units.values()) == pytest.approx(units)
        assert left.cents / 100 == pytest.approx(revenue, abs=0.02)


@pytest.mark.parametrize("seed", range(60))
def test_profiles_and_reports_keep_the_same_currencies_apart(archive: ArchiveWriter, seed: int) -> None:
    events = random_events(seed, currencies=("EUR", "EUR", "EUR", "USD", "JPY", ""))
    fill(archive, events)
    profile = profile_after(events)
    reckons = SiteCurrency(base="EUR", rates={"USD": 0.5})
    settings = ReportSettings(currency=reckons)
    with archive.reading(SITE) as reading:
        rows = ReportSource(reading, 0.0, 4e9, settings).select(
            "SELECT order_id, other_currency, revenue, other_revenue FROM orders"
        )
    told_by_profile = {order.order_id: order for order in profile.history.orders if order.paid}
    assert told_by_profile.keys() == {order_id for order_id, *_ in rows}
    for order_id, other, revenue, other_revenue in rows:
        order = told_by_profile[order_id]
        amount, currency = reckons.reckoned(order.cents / 100, order.currency)
        assert currency == (other or "EUR")
        assert amount == pytest.approx(other_revenue if other else revenue, abs=0.02)
    value = order_value_of(profile.history, reckons)
    assert value.revenue == pytest.approx(sum(revenue for *_, revenue, _ in rows), abs=0.1)
    assert sum(sums.total for sums in value.others) == pytest.approx(sum(row[3] for row in rows), abs=0.1)


def many_undos(seed: int) -> list[dict[str, Any]]:
    """One order of many lines, given back bit by bit: more often than is remembered event by event."""
    random_of = random.Random(seed)
    names = [f"item {number}" for number in range(12)]
    bought = {
        "event": "purchase",
        "visitor_id": "v",
        "timestamp": BEGAN_S,
        "params": {"order_id": "o", "currency": "EUR"},
        "items": [{"item_id": name, "price": 10 + place, "quantity": 8} for place, name in enumerate(names)],
    }
    told: list[dict[str, Any]] = [bought]
    for number in range(70):
        params: dict[str, Any] = {"order_id": "o", "transaction_id": "o"}
        if random_of.random() < 0.3:
            params["value"] = random_of.choice([1.5, 4, 10])
        if random_of.random() < 0.2:
            params["currency"] = random_of.choice(["EUR", "USD"])
        named = random_of.sample(names, random_of.choice([1, 1, 2] if "value" not in params else [0, 1, 2]))
        items = [
            {"item_id": name, **({"price": 11.5} if random_of.random() < 0.5 else {}), "quantity": 1} for name in named
        ]
        undo = {
            "event": random_of.choice(["refund", "refund", "order_returned", "order_cancelled"]),
            "visitor_id": "v",
            "timestamp": BEGAN_S + 60 + number,
            "params": params,
            "items": items,
            **({"event_id": f"e{number}"} if random_of.random() < 0.8 else {}),
        }
        if undo["event"] == "order_cancelled" and not items:
            continue
        told.append(undo)
        if random_of.random() < 0.2:
            told.append(random_of.choice(told[1:]))
    told.remove(bought)
    told.insert(random_of.randrange(len(told)), bought)
    return told


@pytest.mark.parametrize("seed", range(30))
def test_an_order_given_back_in_many_bits_is_the_same_in_profile_and_reports(archive: ArchiveWriter, seed: int) -> None:
    events = many_undos(seed)
    fill(archive, events)
    orders = [order for order in profile_after(events).history.orders if order.paid]
    told_by_reports = list(orders_of(archive).values())
    assert len(orders) == len(told_by_reports)
    for order, (_, units, revenue) in zip(orders, told_by_reports, strict=True):
        assert order.units == pytest.approx(units)
        assert order.cents / 100 == pytest.approx(revenue, abs=0.1)


def bought_and(*undos: dict[str, Any]) -> list[dict[str, Any]]:
    """An order of three cups at 30 and a lid at 10, and what became of it."""
    bought = event("purchase", "v", "03-01 10:00", transaction_id="V", value=100)
    bought["items"] = [{"item_id": "cup", "price": 30, "quantity": 3}, {"item_id": "lid", "price": 10}]
    return [bought, *undos]


def undo(name: str, *items: tuple[str, float | None, float], **params: Any) -> dict[str, Any]:
    told = event(name, "desk", "03-02 10:00", order_id="V", **params)
    told["items"] = [{"item_id": item_id, "price": price, "quantity": pieces} for item_id, price, pieces in items]
    return told


@pytest.mark.parametrize(
    ("undos", "units", "revenue"),
    [
        ([undo("refund", ("cup", 30, 5))], 1, 10),
        ([undo("refund", ("cup", None, 5))], 1, 10),
        ([undo("refund", ("cup", 30, 2)), undo("refund", ("cup", 30, 3))], 1, 10),
        ([undo("refund", ("cup", 30, 2)), undo("refund", ("cup", None, 2))], 1, 10),
        ([undo("order_returned", ("cup", 30, 3)), undo("order_cancelled", ("cup", 30, 2))], 1, 10),
        ([undo("refund", ("cup", 30, 3), value=95)], 1, 5),
        ([undo("order_returned", ("cup", 30, 3)), undo("refund", ("lid", 10, 1), value=10)], None, None),
        ([undo("order_returned", ("cup", 30, 1)), undo("refund", ("lid", 10, 1))], 2, 60),
        ([undo("order_returned", ("cup", 30, 1)), undo("refund", ("cup", 30, 1), ("lid", 10, 1))], 2, 60),
        ([undo("order_returned", ("cup", 30, 1)), undo("refund", value=30)], 3, 70),
        ([undo("order_returned", ("cup", 30, 1)), undo("refund", value=45)], 3, 55),
        ([undo("refund", ("mug", 30, 1))], 4, 70),
    ],
)
def test_what_is_given_back_is_given_back_line_by_line(
    archive: ArchiveWriter, undos: list[dict[str, Any]], units: float | None, revenue: float | None
) -> None:
    events = bought_and(*undos)
    fill(archive, events)
    in_reports = [(units, round(revenue, 6)) for _, units, revenue in orders_of(archive).values()]
    in_profile = [(order.units, order.cents / 100) for order in profile_after(events).history.orders]
    assert in_reports == in_profile == ([] if units is None else [(units, revenue)])


def test_a_page_loaded_again_and_a_server_that_tells_too_make_no_second_order(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            event("page_view", "browser", "03-01 10:00"),
            event("purchase", "browser", "03-01 10:01", ("mug", 12.0), ("pan", 28.0), transaction_id="T", value=40),
            event("purchase", "browser", "03-01 10:09", ("pan", 28.0), ("mug", 12.0), transaction_id="T", value=40),
            event("purchase", "customer", "03-01 10:10", ("mug", 12.0), ("pan", 28.0), transaction_id="T", value=43.5),
            event("refund", "helpdesk", "03-04 10:00", ("mug", 12.0), transaction_id="T"),
        ],
    )
    [(whose, units, revenue)] = orders_of(archive).values()
    assert (whose, units, round(revenue, 6)) == ("browser", 1.0, 31.5)
    total = table(archive, "channels", "channel")["total"]
    assert (total["orders"], total["revenue"]) == (1, 31.5)


def test_partial_refunds_are_told_apart_by_their_event_ids(archive: ArchiveWriter) -> None:
    def refund(event_id: str, at: str) -> dict[str, Any]:
        return {**event("refund", "v", at, ("cup", 8.0), transaction_id="U", value=8), "event_id": event_id}

    bought = event("purchase", "v", "03-01 10:00", transaction_id="U", value=24)
    bought["items"] = [{"item_id": "cup", "price": 8, "quantity": 3}]
    told = [bought, refund("first", "03-02 10:00"), refund("second", "03-03 10:00"), refund("second", "03-04 10:00")]
    fill(archive, told)
    [(_, units, revenue)] = orders_of(archive).values()
    assert (units, round(revenue, 6)) == (1.0, 8.0)
