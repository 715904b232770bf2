"""Reports on small shops worked out by hand."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.base.errors import InvalidError
from models.events.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.reports import REPORTS, make_report, parse_day
from store.archive.unarchived import NOTHING_UNARCHIVED, Erased, Unarchived
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill, landing

GOOGLE = "utm_source=google&utm_medium=cpc&utm_campaign=spring"
MAIL = "utm_source=crm&utm_medium=email&utm_campaign=may"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ArchiveWriter]:
    """An empty archive."""
    made = ArchiveWriter(tmp_path / "archive")
    yield made
    made.close()


def table(archive: ArchiveWriter, name: str, key: str, **days: Any) -> dict[Any, dict[str, Any]]:
    """Give a report's rows by one column."""
    return {row[key]: row for row in make_report(archive, SITE, name, **days).records()}


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


def test_segments_share_out_all_revenue(archive: ArchiveWriter) -> None:
    events = [
        event("purchase", f"v{n}", f"01-{1 + day:02} 10:00", ("a", float(n + 1)), transaction_id=f"{n}-{day}")
        for n in range(20)
        for day in range(n + 1)
    ]
    fill(archive, events)
    found = table(archive, "segments", "tier")
    total = found.pop("total")
    assert total["revenue"] == sum((n + 1) ** 2 for n in range(20))
    assert sum(row["share_of_revenue"] for row in found.values()) == pytest.approx(1.0, abs=1e-5)
    assert sum(row["buyers"] for row in found.values()) == total["buyers"] == 20
    assert found["champions"]["share_of_revenue"] > found["champions"]["share_of_buyers"]


def test_cohorts_and_lifetime_value(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            event("purchase", "v1", "01-10 10:00", ("a", 10.0), transaction_id="1"),
            event("purchase", "v2", "01-20 10:00", ("a", 30.0), transaction_id="2"),
            event("purchase", "v1", "03-01 10:00", ("a", 20.0), transaction_id="3"),
        ],
    )
    assert make_report(archive, SITE, "cohorts").rows == [
        ("2026-01", 0, 2, 2, 1.0),
        ("2026-01", 1, 2, 0, 0.0),
        ("2026-01", 2, 2, 1, 0.5),
    ]
    assert [row[-1] for row in make_report(archive, SITE, "lifetime-value").rows] == [20.0, 20.0, 30.0, 30.0]


def test_abandoned_carts(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            event("add_to_cart", "v1", "01-01 10:00", ("a", 10.0)),
            event("purchase", "v1", "01-01 20:00", ("a", 10.0), transaction_id="1"),
            event("add_to_cart", "v2", "01-01 10:00", ("a", 30.0)),
            event("purchase", "v2", "01-03 10:00", ("a", 30.0), transaction_id="2"),
            event("add_to_cart", "v3", "01-01 10:00", ("a", 5.0)),
        ],
    )
    total = table(archive, "carts", "channel")["total"]
    assert (total["carts"], total["bought"], total["abandoned"]) == (3, 1, 2)
    assert (total["abandoned_value"], total["abandonment"]) == (35.0, pytest.approx(2 / 3, abs=1e-5))


def test_satisfaction(archive: ArchiveWriter) -> None:
    scores = [10, 9, 9, 8, 7, 6, 0]
    answers = [event("survey_answered", f"v{n}", "01-01 10:00", nps=score) for n, score in enumerate(scores)]
    answers += [event("survey_answered", f"c{n}", "02-01 10:00", csat=n) for n in range(1, 6)]
    fill(archive, [*answers, event("review_added", "v1", "02-02 10:00", rating=4.5)])
    found = table(archive, "satisfaction", "month")
    january, february, total = found["2026-01"], found["2026-02"], found["total"]
    assert [january[name] for name in ("promoters", "passives", "detractors")] == [3, 2, 2]
    assert january["nps"] == total["nps"] == pytest.approx(100 / 7, abs=1e-5)
    assert (february["csat"], february["csat_mean"], february["rating_mean"]) == (0.4, 3.0, 4.5)


def test_slots_and_strategies_against_the_holdout(archive: ArchiveWriter) -> None:
    def shop(first: int, share: float, clicks: int) -> None:
        events: list[dict[str, Any]] = []
        for n in range(10):
            banner = {"creative_name": "c", "creative_slot": f"hero-{n % 4}", "promotion_id": "k"}
            row = {"decision_id": "d", "item_list_id": "for_you"}
            visitor = f"v{first + n}"
            events.append(event("view_promotion", visitor, "01-01 10:00", **banner))
            events.append(event("view_promotion", visitor, "01-01 10:01", viewable=False, **banner))
            events.append(event("view_item_list", visitor, "01-01 10:02", ("a", 1.0), **row))
            if n < clicks:
                events.append(event("select_promotion", visitor, "01-01 10:03", **banner))
                events.append(event("select_item", visitor, "01-01 10:04", ("a", 1.0), **row))
                events.append(event("purchase", visitor, "01-01 10:05", ("a", 10.0), transaction_id=f"{first}-{n}"))
        fill(archive, events, first, share)

    shop(1, 0.0, clicks=6)
    shop(1000, 1.0, clicks=4)
    for name, key, value in (("slots", "placement", "hero"), ("strategies", "strategy", "for_you")):
        rows = {row["group"]: row for row in make_report(archive, SITE, name).records()}
        assert {row[key] for row in rows.values()} == {value}
        assert [rows["personalized"][figure] for figure in ("impressions", "clicks", "click_rate")] == [10, 6, 0.6]
        assert [rows["holdout"][figure] for figure in ("impressions", "clicks", "lift")] == [10, 4, None]
        assert rows["personalized"]["lift"] == pytest.approx(0.5)
    groups = {row["group"]: row for row in make_report(archive, SITE, "holdout").records()}
    assert groups["personalized"]["revenue_per_visitor"] == 6.0
    assert groups["personalized"]["lift"] == pytest.approx(0.5)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_answers_on_an_empty_archive(archive: ArchiveWriter, name: str) -> None:
    report = make_report(archive, SITE, name)
    assert all(len(row) == len(report.columns) for row in report.rows)


def test_what_does_not_fit_is_named(archive: ArchiveWriter) -> None:
    with pytest.raises(InvalidError, match="'sales'"):
        make_report(archive, SITE, "sales")
    with pytest.raises(InvalidError, match="2026-02-01 is after to 2026-01-01"):
        make_report(archive, SITE, "funnel", date(2026, 2, 1), date(2026, 1, 1))
    with pytest.raises(InvalidError, match=r"from must be a day such as 2026-01-31, got '31\.1\.26'"):
        parse_day("31.1.26", "from")


def test_stages_and_the_flows_between_them(archive: ArchiveWriter) -> None:
    """v0 to v3 look, v0 to v2 order, v0 again, v1 falls asleep and comes back, v3 stays."""
    moves = [
        ("v0", "01-01", "potential", "effective"), ("v1", "01-01", "potential", "effective"),
        ("v2", "01-02", "potential", "effective"), ("v0", "01-05", "effective", "active"),
        ("v1", "02-01", "effective", "dormant"), ("v1", "02-03", "dormant", "active"),
    ]  # fmt: skip
    fill(archive, [event("page_view", f"v{n}", "01-01 00:00") for n in range(4)])
    notices = [
        parse_event(event("page_view", visitor, f"{day} 12:00"), SITE, 1_900_000_000.0) for visitor, day, _, _ in moves
    ]
    rows = [
        row_of(
            0,
            10 + place,
            msgspec.structs.replace(notice, event="stage_changed", params={"from": before, "to": after, "why": "so"}),
            0.0,
        )
        for place, (notice, (_, _, before, after)) in enumerate(zip(notices, moves, strict=True))
    ]
    archive.write(SITE, 0, rows)
    found = table(archive, "stages", "stage")
    stood = {"potential": 1, "effective": 1, "active": 2, "dormant": 0, "lost": 0, "total": 4}
    assert {stage: row["visitors"] for stage, row in found.items()} == stood
    assert (found["effective"]["entered"], found["effective"]["left"]) == (3, 2)
    flows = {(row[0], row[1]): row[2:] for row in make_report(archive, SITE, "stage-flows").rows}
    assert flows[("potential", "effective")] == (3, 3, 1.0)
    assert flows[("effective", "active")] == (1, 1, 0.5)
    in_january = table(archive, "stages", "stage", last_day=date(2026, 1, 31))
    assert (in_january["active"]["visitors"], in_january["effective"]["visitors"]) == (1, 2)
    assert make_report(archive, SITE, "funnel").rows[0][1] == 4, "what the engine tells is no visit"


def test_segments_of_the_shops_own_by_share_of_revenue(archive: ArchiveWriter) -> None:
    told = [("v0", "segment_entered", "loyal"), ("v1", "segment_entered", "loyal"), ("v1", "segment_left", "loyal"),
            ("v2", "segment_entered", "new"), ("v0", "segment_entered", "new")]  # fmt: skip
    fill(
        archive,
        [event("purchase", f"v{n}", "01-02 10:00", ("a", 10.0 * (n + 1)), transaction_id=str(n)) for n in range(4)],
    )
    rows = []
    for place, (visitor, name, segment) in enumerate(told):
        looked = parse_event(event("page_view", visitor, f"01-03 10:{place:02}"), SITE, 1_900_000_000.0)
        notice = msgspec.structs.replace(looked, event=name, params={"segment_id": segment, "why": "so"})
        rows.append(row_of(0, 10 + place, notice, 0.0))
    archive.write(SITE, 0, rows)
    found = table(archive, "segment-revenue", "segment")
    assert {name: (row["visitors"], row["revenue"]) for name, row in found.items()} == {
        "new": (2, 40.0),
        "loyal": (1, 10.0),
        "total": (4, 100.0),
    }
    assert found["new"]["share_of_revenue"] == 0.4


def test_what_is_not_archived_yet_is_in_the_reports_and_counts_once(archive: ArchiveWriter) -> None:
    def rows(first: int, *events: dict[str, Any]) -> list[dict[str, Any]]:
        parsed = (parse_event(event, SITE, 1_900_000_000.0) for event in events)
        return [row_of(0, position, event, 0.0) for position, event in enumerate(parsed, start=first)]

    looked = [event("page_view", f"v{n}", "01-01 10:00") for n in range(6)]
    fill(archive, looked[:4])

    def visits(unarchived: Unarchived) -> int:
        return int(make_report(archive, SITE, "funnel", unarchived=unarchived).rows[0][1])

    assert visits(NOTHING_UNARCHIVED) == 4
    waiting = Unarchived(rows(3, *looked[2:]))
    assert visits(waiting) == 6, "two of them are in both"
    assert visits(Unarchived(rows(5, *looked[4:]), [Erased("v0", 0, 7)])) == 5, "an erasure counts at once"
    assert visits(NOTHING_UNARCHIVED) == 4
    fill(archive, looked[4:], first=5)
    assert visits(waiting) == visits(NOTHING_UNARCHIVED) == 6


def test_tables_are_kept_while_the_archive_does_not_change(archive: ArchiveWriter) -> None:
    fill(archive, [event("page_view", "v0", "01-01 10:00")])
    assert make_report(archive, SITE, "funnel") is make_report(archive, SITE, "funnel")
    before = make_report(archive, SITE, "channels")
    fill(archive, [event("page_view", "v1", "01-02 10:00")], first=2)
    assert make_report(archive, SITE, "channels") != before
    archive.erase(SITE, "v1", 2)
    assert make_report(archive, SITE, "channels") == before
