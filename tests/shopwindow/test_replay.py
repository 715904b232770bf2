"""Replay: rows of an event file become events, each once, and every one of them is accounted for."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from shopwindow.files import FileError
from shopwindow.replay import COLUMNS, EVENT_NAMES, Account, event_of_row, item_of, levels_of, read_rows

PATH = Path("events.csv")
ROW = {
    "ts": "1700000000.5",
    "session_id": "s1",
    "visitor_id": "v1",
    "item_id": "i1",
    "event_type": "view",
    "category": "home.kitchen.kettles",
    "brand": "brisa",
    "price": "39.9",
    "quantity": "2",
}


def made(**changed: str) -> dict[str, Any]:
    """The event of a row."""
    return event_of_row(PATH, 7, {**ROW, **changed})


def test_a_row_is_an_event_of_one_item() -> None:
    item = {
        "item_id": "i1",
        "item_category": "home",
        "item_category2": "kitchen",
        "item_category3": "kettles",
        "item_brand": "brisa",
        "price": "39.9",
        "quantity": "2",
    }
    found = made()
    assert (found["event"], found["visitor_id"], found["session_id"], found["items"]) == (
        "view_item",
        "v1",
        "s1",
        [item],
    )
    assert (found["timestamp"], "params" in found) == (1_700_000_000.5, False)
    bare = made(category="", brand="", price="", quantity="", visitor_id="")
    assert (bare["items"], bare["visitor_id"]) == ([{"item_id": "i1"}], "s1")
    assert [made(event_type=kind)["event"] for kind in EVENT_NAMES] == list(EVENT_NAMES.values())
    assert made(event_type="purchase")["params"] == {"transaction_id": "s1"}


@pytest.mark.parametrize("column", COLUMNS)
def test_the_same_row_has_the_same_id_and_any_other_another(column: str) -> None:
    other = {"event_type": "cart", "ts": "1700000001"}.get(column, "other")
    assert made()["event_id"] == made()["event_id"]
    assert made(**{column: other})["event_id"] != made()["event_id"]


def test_values_that_run_together_are_told_apart() -> None:
    assert made(session_id="ab", visitor_id="c")["event_id"] != made(session_id="a", visitor_id="bc")["event_id"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"event_type": "stare"}, "line 7: event_type has value 'stare'"),
        ({"ts": "noon"}, "line 7: ts has value 'noon'"),
    ],
)
def test_a_row_that_is_no_event_is_named_by_its_line(changed: dict[str, str], named: str) -> None:
    with pytest.raises(FileError, match=named):
        made(**changed)


@pytest.mark.parametrize(
    ("category", "levels"),
    [
        ("a > b.c >  > d", ["a", "b.c", "d"]),
        ("a..b.", ["a", "b"]),
        ("a.b.c.d.e.f.g", ["a", "b", "c", "d", "e"]),
        (" ", []),
    ],
)
def test_a_category_has_at_most_five_levels_and_no_empty_one(category: str, levels: list[str]) -> None:
    assert levels_of(category) == levels


def test_an_item_is_called_by_what_the_event_tells_of_it() -> None:
    told = item_of(made(category="home.tea_kettles"))
    assert told == {
        "item_id": "i1",
        "title": "brisa tea kettles i1",
        "category": ["home", "tea_kettles"],
        "brand": "brisa",
        "price": "39.9",
    }
    assert item_of(made(category="", brand="", price="")) == {
        "item_id": "i1",
        "title": "item i1",
        "category": [],
        "brand": "",
    }


def write(path: Path, text: str) -> Path:
    """Write a file, packed where its name says so."""
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["events.csv", "events.csv.gz"])
def test_rows_come_with_their_line_and_one_cut_short_lacks_values(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ",".join(COLUMNS) + "\n" + ",".join(ROW.values()) + '\n1,"two\nlines",v2\n')
    (first_line, first), (second_line, second) = read_rows(path)
    assert (first_line, first) == (2, ROW)
    assert (second_line, second["session_id"], second["visitor_id"], second["price"]) == (4, "two\nlines", "v2", "")


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("events.csv", b"ts,item_id\n1,2\n", "has no column session_id, visitor_id"),
        ("events.csv", b"", "has no column ts"),
        ("events.csv.gz", b"no gzip", "cannot be read"),
        ("events.csv.gz", gzip.compress(b"ts\n" * 1_000)[:-12], "cannot be read|has no column"),
        ("events.csv", ",".join(COLUMNS).encode() + b"\n\xff\xfe\n", "cannot be read"),
    ],
)
def test_a_file_that_holds_no_events_is_named(tmp_path: Path, name: str, content: bytes, named: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError, match=named) as found:
        list(read_rows(path))
    assert str(path) in str(found.value)


def test_what_was_accepted_and_is_nowhere_is_lost() -> None:
    account = Account(rows=10, accepted=9, rejected=1, applied=5, duplicates=2, dead_letters=1)
    assert account.lost == 1
    assert account.figures()["lost"] == 1
    assert account.figures()["rejections"] == []
