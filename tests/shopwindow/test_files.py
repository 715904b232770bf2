"""Files: display definitions and recorded events, and errors that name the file and the place."""

from pathlib import Path

import pytest

from shopwindow.files import FileError, read_display
from shopwindow.replay import COLUMNS, event_of_row, item_of, read_rows

ROW = {
    "ts": "1569888000",
    "session_id": "s1",
    "visitor_id": "v1",
    "item_id": "i1",
    "event_type": "view",
    "category": "shoes.boots",
    "brand": "tall",
    "price": "19.5",
    "quantity": "",
}


def feed(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere\.yaml cannot be read"):
        read_display(tmp_path / "nowhere.yaml")


def test_display_documents_add_up(tmp_path: Path) -> None:
    text = "placements:\n- placement_id: hero\n---\n---\nplacements:\n- placement_id: side\ncampaigns: []\n"
    found = read_display(feed(tmp_path, "display.yaml", text))
    assert found == {"placements": [{"placement_id": "hero"}, {"placement_id": "side"}], "campaigns": []}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: [", "not YAML"),
        ("- 1", "[1]"),
        ("banners: []", "'banners'"),
        ("placements: hero", "'hero'"),
        ("", "holds none"),
        (b"\xff", "not YAML"),
        ("a: !!python/object/apply:os.getcwd []", "not YAML"),
    ],
)
def test_a_bad_display_file_is_named(text: str | bytes, named: str, tmp_path: Path) -> None:
    path = feed(tmp_path, "display.yaml", text)
    with pytest.raises(FileError) as found:
        read_display(path)
    assert str(path) in str(found.value)
    assert named in str(found.value)


def test_a_row_is_an_event_whose_id_is_the_rows_own(tmp_path: Path) -> None:
    event = event_of_row(tmp_path, 2, ROW)
    assert (event["event"], event["visitor_id"], event["timestamp"]) == ("view_item", "v1", 1_569_888_000.0)
    assert event["items"] == [
        {"item_id": "i1", "item_category": "shoes", "item_category2": "boots", "item_brand": "tall", "price": "19.5"}
    ]
    assert event_of_row(tmp_path, 9, dict(ROW))["event_id"] == event["event_id"]
    assert event_of_row(tmp_path, 9, {**ROW, "quantity": "1"})["event_id"] != event["event_id"]
    assert event_of_row(tmp_path, 2, {**ROW, "visitor_id": ""})["visitor_id"] == "s1"
    assert event_of_row(tmp_path, 2, {**ROW, "event_type": "purchase"})["params"] == {"transaction_id": "s1"}
    assert item_of(event)["title"] == "tall boots i1"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"ts,item_id\n1,a\n", "no column session_id"),
        (b"\xff", "cannot be read"),
        (",".join(COLUMNS).encode() + b"\n1,s,v,i,stare,,,,\n", "line 2: event_type has value 'stare'"),
        (",".join(COLUMNS).encode() + b"\nnow,s,v,i,view,,,,\n", "line 2: ts has value 'now'"),
        (",".join(COLUMNS).encode() + b"\n1,s,v,i,view,,,,\n2,s\n", "line 3: event_type has value ''"),
        (",".join(COLUMNS).encode() + b'\n1,s,v,i,view,,"' + b"x" * 200_000 + b'",,\n', "cannot be read"),
    ],
)
def test_a_bad_event_file_is_named_with_the_line(data: bytes, named: str, tmp_path: Path) -> None:
    path = feed(tmp_path, "events.csv", data)
    with pytest.raises(FileError) as found:
        _ = [event_of_row(path, line, row) for line, row in read_rows(path)]
    assert str(path) in str(found.value)
    assert named in str(found.value)


def test_a_row_cut_short_lacks_values_only(tmp_path: Path) -> None:
    path = feed(tmp_path, "events.csv", ",".join(COLUMNS) + "\n1569888000,s,v,i,view\n")
    [(line, row)] = read_rows(path)
    assert event_of_row(path, line, row)["items"] == [{"item_id": "i"}]
