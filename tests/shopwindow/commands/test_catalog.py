"""Feeds brought in and taken back: bad rows are named, odd fields summed up, a whole feed takes off what is gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.shopwindow.commands.cli import run, run_piped, said


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, at: dict[str, str]) -> Iterator[None]:
    """No product is left by a test for the next."""
    yield
    run(tmp_path, "delete", "items", "a", "b", "c", "d", *(f"p{number}" for number in range(25)), **at)


def feed_of(tmp_path: Path, *rows: str, head: str = "id,title,price") -> Path:
    path = tmp_path / "feed.csv"
    path.write_text("\n".join([head, *rows, ""]))
    return path


def imported(tmp_path: Path, at: dict[str, str], *arguments: object) -> dict[str, Any]:
    result = run(tmp_path, "import", "catalog", *arguments, "--json", **at)
    report: dict[str, Any] = orjson.loads(result.stdout)
    assert result.returncode == (1 if report["rejected"] else 0), result.stderr
    return report


def test_a_bad_product_is_named_by_its_line_and_fails_no_other(tmp_path: Path, at: dict[str, str]) -> None:
    feed = feed_of(tmp_path, "a,Boot,15.00 EUR", "b,Shoe,cheap", "c,Sock,3.00 EUR", "d,,4.00 EUR", "a,Boots,16.00 EUR")
    report = imported(tmp_path, at, feed)
    assert [report[name] for name in ("accepted", "rejected", "repeated", "removed")] == [2, 2, 1, 0]
    assert [(error["line"], error["item_id"], error["code"]) for error in report["errors"]] == [
        (3, "b", "price_invalid"),
        (5, "d", "item_incomplete"),
    ]
    assert [(warning["line"], warning["code"]) for warning in report["warnings"]] == [(6, "item_id_repeated")]
    result = run(tmp_path, "import", "catalog", feed, **at)
    assert (result.returncode, result.stdout) == (
        1,
        "2 products taken, 2 rejected, 1 of 5 rows had an id that came before\n",
    )
    assert f"{feed} line 3 (b): price must be such as '15.00 EUR', got 'cheap'\n" in result.stderr
    assert f"{feed} line 5 (d): has no title: it cannot be shown\n" in result.stderr
    assert f"{feed}: warning item_id_repeated, 1 in line 6: the id 'a' came before, in line 2" in result.stderr


def test_many_bad_products_are_counted_and_not_all_named(tmp_path: Path, at: dict[str, str]) -> None:
    feed = feed_of(tmp_path, *(f"p{number},P,cheap" for number in range(25)))
    result = run(tmp_path, "import", "catalog", feed, **at)
    assert (result.returncode, result.stdout) == (1, "0 products taken, 25 rejected\n")
    assert result.stderr.count("price must be such as") == 20
    assert f"{feed}: 5 more were rejected\n" in result.stderr


def test_odd_fields_are_summed_up_and_columns_nobody_reads_are_named(tmp_path: Path, at: dict[str, str]) -> None:
    rows = [f"p{number},P,{number + 1}.00 EUR,{number + 2}.00 EUR,7" for number in range(8)]
    feed = feed_of(tmp_path, *rows, head="id,title,price,sale price,shoe size")
    result = run(tmp_path, "import", "catalog", feed, **at)
    assert (result.returncode, result.stdout) == (0, "8 products taken, 0 rejected\n")
    assert "warning sale_price_invalid, 8 in lines 2, 3, 4, 5, 6, ...: sale_price 2 is above price 1" in result.stderr
    assert f"{feed}: columns nobody reads: shoe_size\n" in result.stderr
    assert f"{feed}: no product has link, image_link, availability, product_type\n" in result.stderr


def test_a_whole_feed_takes_off_what_is_gone_and_an_emptied_one_nothing(tmp_path: Path, at: dict[str, str]) -> None:
    rows = ["a,A,1.00 EUR", "b,B,2.00 EUR", "c,C,3.00 EUR"]
    said(run(tmp_path, "import", "catalog", feed_of(tmp_path, *rows), **at))
    assert imported(tmp_path, at, feed_of(tmp_path, *rows[:2]), "--whole", "--dry-run")["removed"] == 1
    assert imported(tmp_path, at, feed_of(tmp_path, *rows[:2]), "--whole")["removed"] == 1
    cut = feed_of(tmp_path, "d,D,4.00 EUR")
    refused = run(tmp_path, "import", "catalog", cut, "--whole", **at)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "2 of 2 products would be taken off, more than 50%: nothing was changed" in refused.stderr
    told = said(run(tmp_path, "import", "catalog", cut, "--whole", "--force", **at))
    assert told == "1 products taken, 0 rejected, 2 taken off\n"


def test_an_import_can_be_undone_by_its_file_and_comes_by_standard_input(tmp_path: Path, at: dict[str, str]) -> None:
    data = "id;title;price\na;Käse;1,50 EUR\nb;Brot;2,50 EUR\n".encode("windows-1252")
    feed = tmp_path / "feed.csv"
    feed.write_bytes(data)
    result = run(tmp_path, "import", "catalog", feed, "--encoding", "windows-1252", **at)
    assert said(result) == "2 products taken, 0 rejected\n"
    table = "id;title;price\nc;Wein;9,50 EUR\n"
    assert said(run_piped(tmp_path, table, "import", "catalog", "-", **at)) == "1 products taken, 0 rejected\n"
    undone = run(tmp_path, "delete", "items", "--from", feed, "nobody", **at)
    assert said(undone) == "2 products taken off, 1 were not there\n"
    assert undone.stderr == "no product 'nobody'\n"
    told = said(run_piped(tmp_path, "c\n", "delete", "items", "--from", "-", "--json", **at))
    assert orjson.loads(told) == {"deleted": 1, "unknown": []}
    assert run(tmp_path, "delete", "items", **at).returncode == 2


def test_a_currency_without_a_rate_is_told_once(tmp_path: Path, at: dict[str, str]) -> None:
    rows = ("a,Boot,15 EUR,l", "b,Shoe,16 EUR,l", "c,Belt,170 SEK,l", "d,Hat,180 SEK,l")
    report = imported(tmp_path, at, feed_of(tmp_path, *rows, head="id,title,price,link"))
    (warning,) = [warning for warning in report["warnings"] if warning["code"] == "currency_unknown"]
    assert "prices in SEK are never compared with those in EUR" in warning["message"]
    said(run(tmp_path, "delete", "items", "a", "b", "c", "d", **at))


def test_prices_without_a_currency_and_ids_of_another_column_are_told(tmp_path: Path, at: dict[str, str]) -> None:
    feed = feed_of(tmp_path, "1,a,Boot,15", head="id,sku,title,price")
    report = imported(tmp_path, at, feed, "--currency", "SEK", "--id-column", "SKU", "--locale", "sv-SE")
    assert (report["accepted"], report["unread_columns"]) == (1, ["id"])
    assert "currency" not in report["never_given"]
    assert said(run(tmp_path, "delete", "items", "a", **at)) == "1 products taken off\n"
