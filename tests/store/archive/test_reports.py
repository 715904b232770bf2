"""Reports: what is asked, what is not archived yet, and what is kept between two."""

from datetime import date
from typing import Any

import pytest

from models.base.errors import InvalidError
from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.reports import REPORTS, make_report, parse_day
from store.archive.unarchived import NOTHING_UNARCHIVED, Erased, Unarchived
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill

GOOGLE = "utm_source=google&utm_medium=cpc&utm_campaign=spring"
MAIL = "utm_source=crm&utm_medium=email&utm_campaign=may"


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


def test_what_is_not_archived_yet_is_in_the_reports_and_counts_once(archive: ArchiveWriter) -> None:
    def rows(first: int, *events: dict[str, Any]) -> list[dict[str, Any]]:
        parsed = (parse_event(event, SITE, 1_790_000_000.0) for event in events)
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
