"""Checking: rows become items or are rejected by place, repeats are counted, warnings are summed up by kind."""

from collections.abc import Mapping

from shopwindow.feeds.checking import by_kind, check_feed, written_items
from shopwindow.feeds.rows import Complaint, Feed, FeedRow


def feed_of(*rows: Mapping[str, object]) -> Feed:
    return Feed("line", [FeedRow(place, dict(fields)) for place, fields in enumerate(rows, start=2)])


def test_of_rows_with_one_id_the_last_counts_and_the_others_are_counted() -> None:
    rows = [{"id": "f1", "title": title, "price": "5 EUR"} for title in ("Round", "Oval", "Square")]
    checked = check_feed(feed_of(*rows, {"id": "f2", "title": "Flat", "price": "6 EUR"}))
    assert [(item.item_id, item.title) for item in checked.items.values()] == [("f1", "Square"), ("f2", "Flat")]
    assert (checked.repeated, checked.places) == (2, {"f1": 4, "f2": 5})
    assert [warning.message for warning in checked.warnings] == [
        "the id 'f1' came before, in line 2: the last one counts",
        "the id 'f1' came before, in line 3: the last one counts",
    ]


def test_what_cannot_be_shown_is_rejected_by_its_place_and_still_named() -> None:
    rows = ({"id": "a"}, {"id": "b", "title": "B"}, {"title": "C", "price": 1}, {"id": "d", "title": "D", "price": "x"})
    checked = check_feed(feed_of(*rows))
    assert [(complaint.place, complaint.code, complaint.item_id) for complaint in checked.rejected] == [
        (2, "item_incomplete", "a"),
        (3, "item_incomplete", "b"),
        (4, "item_id_missing", ""),
        (5, "price_invalid", "d"),
    ]
    assert checked.told_ids == {"a", "b", "d"}
    broken = Feed("line", [], rejected=[Complaint(7, "row_broken", "is broken", "e"), Complaint(8, "row_broken", "is")])
    assert check_feed(broken).told_ids == {"e"}


def test_prices_are_evidence_of_each_other_over_the_whole_feed() -> None:
    rows = ({"id": "a", "title": "A", "price": "1,500 USD"}, {"id": "b", "title": "B", "price": "2,500.00 USD"})
    checked = check_feed(feed_of(*rows))
    assert ([item.price for item in checked.items.values()], checked.warnings) == ([1500.0, 2500.0], [])
    alone = check_feed(feed_of(rows[0]))
    assert [warning.code for warning in alone.warnings] == ["price_guessed"]


def test_items_are_written_as_the_api_takes_them_and_what_no_row_has_is_named() -> None:
    checked = check_feed(feed_of({"id": "a", "title": "A", "price": "5", "category": "X > Y", "link": "/a"}))
    [written] = written_items(checked.items.values())
    assert (written["item_id"], written["price"], list(written["category"])) == ("a", 5.0, ["X", "Y"])
    assert checked.never == ["image_link", "availability", "currency"]


def test_complaints_are_summed_up_the_most_frequent_kind_first() -> None:
    complaints = [Complaint(9, "late", "once"), *(Complaint(place, "odd", f"at {place}") for place in range(2, 10))]
    often, once = by_kind(complaints)
    assert (often.code, often.count, often.places, often.message) == ("odd", 8, (2, 3, 4, 5, 6), "at 2")
    assert (once.code, once.count, once.places) == ("late", 1, (9,))
