"""What a shop is to be like: files and settings, and what does not fit is named."""

import json
from pathlib import Path

from tests.shopwindow.commands.cli import KEYS, run, run_piped, said


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
    assert (result.returncode, result.stdout) == (1, "placements: 0 created, 1 changed, 0 unchanged, 1 rejected\n")
    assert "99" in result.stderr


def test_what_came_of_each_is_given_as_json_with_the_errors(tmp_path: Path, at: dict[str, str]) -> None:
    display = tmp_path / "display.yaml"
    display.write_text("placements: [{placement_id: kept, slots: 2}, {placement_id: gone, slots: 1}]\n")
    said(run(tmp_path, "apply", display, **at))
    display.write_text(
        "placements: [{placement_id: kept, slots: 3}, {placement_id: wide, slots: 99}, {placement_id: new, slots: 1}]\n"
    )
    for options, exit_code, named in (
        (("--dry-run", "--prune"), 1, {"created": ["new"], "compared": ["kept"], "removed": ["gone"]}),
        (("--prune",), 1, {"created": ["new"], "changed": ["kept"]}),
        ((), 1, {"unchanged": ["kept", "new"]}),
    ):
        result = run(tmp_path, "apply", display, "--json", *options, **at)
        (line,) = result.stdout.splitlines()
        told = json.loads(line)
        assert (result.returncode, told["dry_run"], told["set"]) == (exit_code, "--dry-run" in options, [])
        (rejection,) = told["placements"].pop("rejected")
        assert (rejection["file"], rejection["index"], "99" in rejection["message"]) == (str(display), 1, True)
        # Other tests of the stack leave placements of theirs, which go too.
        told["placements"]["removed"] = [name for name in told["placements"]["removed"] if name == "gone"]
        assert {name: ids for name, ids in told["placements"].items() if ids} == named
    display.write_text("placements: [{placement_id: kept, slots: 3}]\n")
    taken = json.loads(said(run(tmp_path, "apply", display, "--json", "--prune", **at)))["placements"]
    assert {"gone", "new"} <= set(taken["removed"])
    unread = json.loads(run(tmp_path, "delete", "placements", "kept", "nobody", "--json", **at).stdout)
    assert (unread["removed"], unread["errors"][0]["id"]) == (["kept"], "nobody")


def test_standard_input_is_a_file_too(tmp_path: Path, at: dict[str, str]) -> None:
    told = said(run_piped(tmp_path, "placements: [{placement_id: piped, slots: 1}]\n", "apply", "-", **at))
    assert told == "placements: 1 created, 0 changed, 0 unchanged\n"


def test_a_currency_is_set_by_a_file(tmp_path: Path, at: dict[str, str]) -> None:
    display = tmp_path / "display.yaml"
    display.write_text("currency: {base: eur, rates: {PLN: 0.23}}\n")
    assert said(run(tmp_path, "apply", display, **at)) == "currency: set\n"
    display.write_text("currency: {base: eur, rates: {zlotys: 0.23}}\n")
    result = run(tmp_path, "apply", display, **at)
    assert (result.returncode, "zlotys" in result.stderr) == (1, True)
    display.write_text("currency: {}\n")
    said(run(tmp_path, "apply", display, **at))
