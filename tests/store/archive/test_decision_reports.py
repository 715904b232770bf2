"""Decision reports on small shops worked out by hand."""

from typing import Any

import pytest

from store.archive.reports import make_report
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event, fill

GOOGLE = "utm_source=google&utm_medium=cpc&utm_campaign=spring"
MAIL = "utm_source=crm&utm_medium=email&utm_campaign=may"


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
