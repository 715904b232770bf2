"""Shopper report: rates by arm, and few examples of many errors."""

from shopwindow.sample.shopper_report import MAX_REJECTION_EXAMPLES, ShopperReport


def test_rates_are_of_each_arm_and_none_where_nothing_was_shown() -> None:
    report = ShopperReport()
    report.slot_impressions["personalized"], report.slot_clicks["personalized"] = 8, 2
    report.list_impressions["holdout"], report.list_clicks["holdout"] = 4, 1
    assert report.click_rate == {"personalized": 0.25, "holdout": None}
    assert report.list_click_rate == {"personalized": None, "holdout": 0.25}


def test_every_error_is_counted_and_the_first_are_kept() -> None:
    report = ShopperReport()
    for number in range(MAX_REJECTION_EXAMPLES + 5):
        report.add_error(f"error {number}")
    assert report.errors == MAX_REJECTION_EXAMPLES + 5
    assert report.error_examples == [f"error {number}" for number in range(MAX_REJECTION_EXAMPLES)]
