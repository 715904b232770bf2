"""Channel reports on small shops worked out by hand."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from store.archive.report_source import ReportSettings
from store.archive.reports import make_report
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill, landing, table

GOOGLE = "utm_source=google&utm_medium=cpc&utm_campaign=spring"
MAIL = "utm_source=crm&utm_medium=email&utm_campaign=may"


def test_channels_tell_visits_orders_cost_and_three_attributions(archive: ArchiveWriter) -> None:
    """v1: paid search, then email, then direct with an order of 60. v2: email with an order of 40. v3: paid search."""
    fill(
        archive,
        [
            landing("v1", "01-01 10:00", GOOGLE),
            event("view_item", "v1", "01-01 10:01", ("a", 20.0)),
            landing("v1", "01-02 10:00", MAIL),
            event("add_to_cart", "v1", "01-02 10:01", ("a", 20.0)),
            event("page_view", "v1", "01-03 10:00"),
            event("purchase", "v1", "01-03 10:02", ("a", 20.0), ("b", 40.0), transaction_id="1"),
            landing("v2", "01-03 11:00", MAIL),
            event("purchase", "v2", "01-03 11:01", ("a", 20.0), transaction_id="2", value=40.0),
            landing("v3", "01-04 10:00", GOOGLE),
            event("campaign_cost", "shop", "01-05 00:00", cost=30, source="google", medium="cpc", campaign="spring"),
        ],
    )
    found = table(archive, "channels", "channel")
    assert found.keys() == {"paid_search", "email", "direct", "total"}
    paid, email, direct, total = (found[name] for name in ("paid_search", "email", "direct", "total"))
    assert [paid[name] for name in ("visits", "product_views", "carts", "orders", "revenue")] == [2, 1, 0, 0, 0.0]
    assert [email[name] for name in ("visits", "product_views", "carts", "orders", "revenue")] == [2, 0, 1, 1, 40.0]
    assert [direct[name] for name in ("visits", "orders", "revenue", "conversion")] == [1, 1, 60.0, 1.0]
    assert (paid["first_touch_revenue"], paid["last_touch_revenue"]) == (60.0, 0.0)
    assert (email["first_touch_revenue"], email["last_touch_revenue"]) == (40.0, 100.0)
    assert direct["last_touch_orders"] == 0
    # Ways: paid, email, order; email, order; paid, nothing. An order is reached by 2/3 times 1/2 + 1/3 = 2/3;
    # without paid by 1/3, without email by none: effects 1/2 and 1.
    assert paid["markov_revenue"] == pytest.approx(100 / 3, abs=1e-5)
    assert email["markov_orders"] == pytest.approx(4 / 3, abs=1e-5)
    assert (paid["cost"], email["cost"]) == (30.0, 0.0)
    assert paid["return_on_cost"] == pytest.approx((100 / 3 - 30) / 30, abs=1e-5)
    assert email["return_on_cost"] is None
    assert (total["visits"], total["orders"], total["revenue"], total["markov_revenue"]) == (5, 2, 100.0, 100.0)
    by_campaign = table(archive, "campaigns", "campaign")
    assert by_campaign["may"]["orders"] == 1
    assert by_campaign["spring"]["cost"] == 30.0
    funnel = [row[1] for row in make_report(archive, SITE, "funnel").rows]
    assert funnel == [5, 1, 1, 0, 2]
    january_third = {"first_day": date(2026, 1, 3), "last_day": date(2026, 1, 3)}
    that_day = table(archive, "channels", "channel", **january_third)
    assert (that_day["total"]["visits"], that_day["total"]["orders"], that_day["total"]["cost"]) == (2, 2, 0.0)
    assert that_day["paid_search"]["first_touch_revenue"] == 60.0  # the way there began before


def test_an_order_counts_once_however_often_it_is_told(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            event("order_created", "v1", "01-01 10:00", ("a", 10.0), order_id="1"),
            event("order_paid", "v1", "01-01 10:05", order_id="1"),
            event("purchase", "v1", "01-01 10:06", ("a", 10.0), transaction_id="1"),
            event("purchase", "v1", "01-01 10:07", ("a", 10.0), transaction_id="1"),  # the page is loaded again
            {**event("purchase", "v1", "01-01 10:08", ("b", 5.0), transaction_id="1"), "event_id": "e"},  # a line more
            {**event("purchase", "v1", "01-01 10:08", ("b", 5.0), transaction_id="1"), "event_id": "e"},  # a retry
            event("order_created", "v2", "01-01 10:00", ("a", 10.0), order_id="2"),  # never paid
            event("order_created", "v3", "01-01 10:00", ("a", 7.0), order_id="3"),
            event("order_paid", "v3", "01-01 10:00", order_id="3"),
            event("purchase", "v4", "01-01 10:00", ("a", 10.0), transaction_id="4"),
            event("order_cancelled", "v4", "01-02 10:00", order_id="4"),
            event("purchase", "v5", "01-01 10:00", ("a", 10.0), ("b", 20.0), transaction_id="5"),
            event("refund", "v5", "01-02 10:00", ("a", 10.0), transaction_id="5"),
            event("order_returned", "v5", "01-03 10:00", ("a", 10.0), order_id="5"),
        ],
    )
    total = table(archive, "channels", "channel")["total"]
    assert (total["orders"], total["revenue"]) == (3, 15.0 + 7.0 + 20.0)


def test_what_servers_tell_makes_no_visit_and_their_orders_come_of_the_visit_before(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            landing("v1", "01-01 10:00", GOOGLE),
            event("order_created", "v1", "01-01 10:05", ("a", 30.0), order_id="1"),
            event("order_paid", "v1", "01-03 09:00", order_id="1"),
            event("order_shipped", "v1", "01-04 09:00", order_id="1"),
            event("review_added", "v1", "01-20 09:00", ("a", 30.0), rating=5),
            landing("v2", "01-05 10:00", MAIL),
            event("order_paid", "v2", "01-09 10:00", order_id="2", value=12),  # told by the server alone
            event("order_paid", "v3", "01-09 10:00", order_id="3", value=7),  # nobody saw this one on the site
            event("consent_updated", "v4", "01-09 10:00", marketing=True),
        ],
    )
    found = table(archive, "channels", "channel")
    assert {name: (row["visits"], row["orders"], row["revenue"]) for name, row in found.items()} == {
        "paid_search": (1, 1, 30.0),
        "email": (1, 1, 12.0),
        "off_site": (0, 1, 7.0),
        "total": (2, 3, 49.0),
    }
    funnel = [row[1] for row in make_report(archive, SITE, "funnel").rows]
    assert (funnel[0], funnel[-1]) == (2, 2)


def test_a_click_told_by_the_mail_tool_and_the_visit_it_leads_to_are_one(archive: ArchiveWriter) -> None:
    def with_session(told: dict[str, Any], session_id: str) -> dict[str, Any]:
        return {**told, "session_id": session_id}

    fill(
        archive,
        [
            with_session(event("page_view", "v1", "01-01 10:00"), "old"),
            event("email_clicked", "v1", "01-09 10:00", campaign="may"),
            with_session(landing("v1", "01-09 10:01", MAIL), "new"),
            event("email_clicked", "v2", "01-09 10:00", campaign="may"),
            with_session(event("page_view", "v2", "01-09 10:02"), "plain"),  # the landing page told no campaign
        ],
    )
    found = table(archive, "channels", "channel")
    assert {name: row["visits"] for name, row in found.items()} == {"email": 2, "direct": 1, "total": 3}


def test_days_are_those_of_the_sites_time_zone(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", "v1", "06-30 22:30"), event("page_view", "v2", "07-01 12:00")])
    days = {"first_day": date(2026, 7, 1), "last_day": date(2026, 7, 1)}
    assert table(archive, "channels", "channel", **days)["total"]["visits"] == 1
    berlin = ReportSettings(zone=ZoneInfo("Europe/Berlin"))
    assert table(archive, "channels", "channel", **days, settings=berlin)["total"]["visits"] == 2


def test_bots_are_told_apart_and_counted_nowhere_else(archive: ArchiveWriter) -> None:
    def by(agent: str, *told: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**sent, "context": {"userAgent": agent}} for sent in told]

    shopper = [
        event("view_item", "v1", "02-01 10:00", ("a", 9.0)),
        event("add_to_cart", "v1", "02-01 10:01", ("a", 9.0)),
    ]
    views = [event("view_item", "crawler", f"02-01 11:{minute:02}", ("b", 9.0)) for minute in range(7)]
    carts = [event("add_to_cart", "robot", f"02-01 12:{minute:02}", ("b", 9.0)) for minute in range(2)]
    clicked = event("page_view", "v1", "02-01 10:02")
    bought = event("purchase", "v1", "02-01 10:03", ("a", 9.0), transaction_id="1")
    fill(
        archive,
        [
            *shopper,
            *by("Mozilla/5.0 (compatible; Googlebot/2.1)", *views, clicked),
            *by("HeadlessChrome/122.0", *carts),
            *by("python-requests/2.32", bought),
        ],
    )
    assert table(archive, "bots", "class") == {
        "search": {"class": "search", "events": 8, "visitors": 2, "page_views": 1, "product_views": 7,
                   "added_to_carts": 0, "impressions": 0},
        "tool": {"class": "tool", "events": 2, "visitors": 1, "page_views": 0, "product_views": 0,
                 "added_to_carts": 2, "impressions": 0},
    }  # fmt: skip
    assert [row["visits"] for row in table(archive, "funnel", "step").values()] == [1, 1, 1, 0, 1]
    for name, key, figure in (
        ("carts", "channel", "carts"),
        ("holdout", "group", "visitors"),
        ("stages", "stage", "visitors"),
    ):
        rows = table(archive, name, key)
        assert sum(row[figure] for label, row in rows.items() if label != "total") == 1
