"""Buyer reports on small shops worked out by hand."""

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from models.segments.rfm import Cutoffs
from store.archive.report_source import ReportSettings
from store.archive.reports import make_report
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill, table

GOOGLE = "utm_source=google&utm_medium=cpc&utm_campaign=spring"
MAIL = "utm_source=crm&utm_medium=email&utm_campaign=may"


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


def test_stages_and_the_flows_between_them(archive: ArchiveWriter) -> None:
    """v0 to v3 look, v0 to v2 order, v0 again, v1 falls asleep and comes back, v3 stays."""
    moves = [
        ("v0", "01-01", "potential", "effective"), ("v1", "01-01", "potential", "effective"),
        ("v2", "01-02", "potential", "effective"), ("v0", "01-05", "effective", "active"),
        ("v1", "02-01", "effective", "dormant"), ("v1", "02-03", "dormant", "active"),
    ]  # fmt: skip
    fill(archive, [event("page_view", f"v{n}", "01-01 00:00") for n in range(4)])
    notices = [
        parse_event(event("page_view", visitor, f"{day} 12:00"), SITE, 1_790_000_000.0) for visitor, day, _, _ in moves
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
        looked = parse_event(event("page_view", visitor, f"01-03 10:{place:02}"), SITE, 1_790_000_000.0)
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


def test_months_are_those_of_the_sites_time_zone(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            event("purchase", "v1", "06-30 23:30", ("a", 10.0), transaction_id="1"),
            event("survey_answered", "v1", "06-30 23:40", nps=9),
            event("survey_answered", "v2", "06-02 10:00", nps=3),
        ],
    )
    berlin = ReportSettings(zone=ZoneInfo("Europe/Berlin"))
    for settings, month in ((ReportSettings(), "2026-06"), (berlin, "2026-07")):
        assert make_report(archive, SITE, "cohorts", settings=settings).rows[0][0] == month
        months = table(archive, "satisfaction", "month", settings=settings)
        assert months[month]["promoters"] == 1


def test_tiers_in_reports_are_those_that_segments_have(archive: ArchiveWriter) -> None:
    fill(
        archive,
        [
            event("purchase", "v1", "01-10 10:00", ("a", 60.0), transaction_id="1"),
            event("purchase", "v1", "03-01 10:00", ("a", 60.0), transaction_id="2"),
            event("purchase", "v2", "03-01 10:00", ("a", 10.0), transaction_id="3"),
            event("page_view", "v3", "03-02 10:00"),
        ],
    )
    assert table(archive, "segments", "tier").keys() == {"active", "new", "total"}
    own = ReportSettings(Cutoffs(frequency_orders=(2.0, 3.0, 4.0, 5.0), monetary_revenue=(20.0, 50.0, 100.0, 110.0)))
    found = table(archive, "segments", "tier", settings=own)
    assert found.keys() == {"loyal", "new", "total"}
    march = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}
    found = table(archive, "segments", "tier", settings=own, **march)
    assert (found["loyal"]["buyers"], found["loyal"]["orders"], found["loyal"]["revenue"]) == (1, 1, 60.0)
