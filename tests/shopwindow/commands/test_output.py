"""Output: texts are printed as they are, whatever they hold."""

import orjson
import pytest
from rich.cells import cell_len

from shopwindow.commands.output import print_json, print_table, progress_bar


def test_what_looks_like_markup_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id", "why"), [("[red]v1[/red]", "[1] of 2")], title="[bold]visitors[/bold]")
    printed = capsys.readouterr().out
    for text in ("[red]v1[/red]", "[1] of 2", "[bold]visitors[/bold]"):
        assert text in printed


def test_what_is_no_terminal_gets_a_row_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("id", "text"), [("v-1", "word " * 60), ("v-2", "")])
    lines = [line for line in capsys.readouterr().out.splitlines() if "v-" in line]
    assert [line.count("word") for line in lines] == [60, 0]


@pytest.mark.parametrize("columns", [30, 60, 200])
def test_a_table_fits_its_width_and_splits_no_id(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    first, second = "visitor-" + "7" * 15, "商店-0123456789"
    print_table(("id", "meaning"), [(first, "what it says of itself, in some words"), (second, "")], title="All of it")
    printed = capsys.readouterr().out
    assert max(cell_len(line) for line in printed.splitlines()) <= max(columns, 55)
    assert "All of it" in printed
    for text in (first, second, "itself"):
        assert printed.count(text) == 1
    assert ("┃" in printed) == (columns >= 60)
    if columns < 60:
        assert printed.splitlines()[2:5] == [f"id       {first}", "meaning  what it says of itself, in some words", ""]


def test_json_is_one_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json({"rows": [1, 2], "name": "a\nb"})
    printed = capfdbinary.readouterr().out
    assert printed.count(b"\n") == 1
    assert orjson.loads(printed) == {"rows": [1, 2], "name": "a\nb"}


def test_nothing_is_counted_or_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    def count() -> int:
        raise AssertionError("counted")

    with progress_bar("events", count) as progress:
        progress(5)
    assert capsys.readouterr().err.strip() == ""
