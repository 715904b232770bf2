"""Output: texts are printed as they are, whatever they hold."""

import orjson
import pytest

from shopwindow.commands.output import print_json, print_table, progress_bar


def test_what_looks_like_markup_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id", "why"), [("[red]v1[/red]", "[1] of 2")], title="[bold]visitors[/bold]", width=60)
    printed = capsys.readouterr().out
    for text in ("[red]v1[/red]", "[1] of 2", "[bold]visitors[/bold]"):
        assert text in printed


def test_lines_are_as_wide_as_asked_for_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("text",), [("word " * 60,)], width=200)
    assert 190 < max(len(line) for line in capsys.readouterr().out.splitlines()) <= 200


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
