"""What a shop is to be like: catalogs, files and settings, and what does not fit is named."""

from pathlib import Path

import orjson

from tests.shopwindow.commands.cli import KEYS, run, said


def test_settings_are_listed_without_the_keys(tmp_path: Path) -> None:
    given = {
        "SHOPWINDOW_SITE": "shop",
        "SHOPWINDOW_PUBLIC_KEY": KEYS.public_key,
        "SHOPWINDOW_SECRET_KEY": KEYS.secret_key,
    }
    listed = said(run(tmp_path, "settings", SHOPWINDOW_PORT="9007", **given))
    assert "SHOPWINDOW_PORT" in listed
    assert "9007" in listed
    assert KEYS.secret_key not in listed


def test_a_feed_is_imported_and_a_bad_product_is_named(tmp_path: Path, at: dict[str, str]) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,price\na,Boot,15.00 EUR\nb,Shoe,cheap\nc,Sock,3.00 EUR\n")
    result = run(tmp_path, "import", "catalog", feed, "--json", **at)
    assert result.returncode == 1
    assert orjson.loads(result.stdout) == {"accepted": 2, "rejected": 1}
    assert result.stderr == f"{feed} item 2: price must be such as '15.00 EUR', got 'cheap'\n"
    feed.write_text("id,title\na,Boot\n")
    assert said(run(tmp_path, "import", "catalog", feed, **at)) == "1 products taken, 0 rejected\n"


def test_many_bad_products_are_counted_and_not_all_named(tmp_path: Path, at: dict[str, str]) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,price\n" + "".join(f"p{number},cheap\n" for number in range(25)))
    result = run(tmp_path, "import", "catalog", feed, **at)
    assert (result.returncode, result.stdout) == (1, "0 products taken, 25 rejected\n")
    assert result.stderr.count("price must be such as") == 20
    assert result.stderr.endswith(f"{feed}: 5 more were rejected\n")


def test_applied_twice_nothing_changes(tmp_path: Path, at: dict[str, str]) -> None:
    display = tmp_path / "display.yaml"
    display.write_text(
        "placements: [{placement_id: hero, slots: 2}]\n"
        "campaigns: [{campaign_id: k1, starts_at: 2024-01-01}]\n"
        "creatives: [{creative_id: c1, campaign_id: k1}, {creative_id: c2, campaign_id: k1}]\n"
    )
    counts = "campaigns: {0}\nplacements: {0}\ncreatives: {1}\n"
    told = said(run(tmp_path, "apply", display, **at))
    assert told == counts.format("1 created, 0 changed, 0 unchanged", "2 created, 0 changed, 0 unchanged")
    told = said(run(tmp_path, "apply", display, **at))
    assert told == counts.format("0 created, 0 changed, 1 unchanged", "0 created, 0 changed, 2 unchanged")
    display.write_text("placements: [{placement_id: hero, slots: 3}, {placement_id: side, slots: 99}]\n")
    result = run(tmp_path, "apply", display, **at)
    assert (result.returncode, result.stdout) == (1, "placements: 0 created, 1 changed, 0 unchanged\n")
    assert "99" in result.stderr
