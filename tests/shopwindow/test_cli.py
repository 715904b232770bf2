"""Command line: real processes, their answers, and their errors in one line that names the value."""

import csv
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.replay import COLUMNS
from shopwindow.settings import Settings, SiteKeys
from tests.processes import COMMAND, environment

KEYS = SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop")
COMMANDS = (
    (),
    ("demo",),
    ("up",),
    ("api",),
    ("stream",),
    ("import",),
    ("import", "catalog"),
    ("apply",),
    ("replay",),
    ("report",),
    ("visitor",),
    ("dead-letters",),
    ("dead-letters", "list"),
    ("dead-letters", "replay"),
    ("settings",),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Everything, with nothing in it."""
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("cli")),
        redis_deadline_ms=5_000,
        archive_every_s=0.2,
        sites=(KEYS,),
    )
    with EmbeddedStack(settings, "up") as running:
        yield running
    assert running.restarts == 0


@pytest.fixture
def at(stack: EmbeddedStack) -> dict[str, str]:
    """Settings that find the stack by its data directory."""
    return {"SHOPWINDOW_DATA_DIR": stack.settings.data_dir}


def run(directory: Path, *arguments: object, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(COMMAND), *(str(argument) for argument in arguments)],
        env=environment({**settings, "COLUMNS": "200"}),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def said(result: "subprocess.CompletedProcess[str]") -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout


def last_json(result: "subprocess.CompletedProcess[str]") -> Any:
    return orjson.loads(said(result).splitlines()[-1])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "shopwindow")
def test_every_command_tells_what_it_does(command: tuple[str, ...], tmp_path: Path) -> None:
    told = said(run(tmp_path, *command, "--help"))
    assert "Usage: shopwindow" in told
    assert len(told.splitlines()) > 4


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "named"),
    [
        (["stream", "everything"], {}, 2, "everything"),
        (["fly"], {}, 2, "fly"),
        (["settings"], {"SHOPWINDOW_PORT": "many"}, 1, "SHOPWINDOW_PORT: port has value 'many', not a whole number"),
        (["api"], {}, 1, "no site is set"),
        (["stream", "profile"], {"SHOPWINDOW_COLOUR": "red"}, 1, "SHOPWINDOW_COLOUR"),
        (["visitor", "v1"], {}, 1, "no secret key: give --key"),
        (["visitor", "v1", "--url", "http://127.0.0.1:1", "--key", "k"], {}, 1, "http://127.0.0.1:1/v1/visitors/v1"),
        (["import", "catalog", "nowhere.csv"], {}, 1, "nowhere.csv cannot be read"),
        (["apply", "nowhere.yaml"], {}, 1, "nowhere.yaml cannot be read"),
        (["replay", "nowhere.csv"], {}, 1, "nowhere.csv does not exist"),
        (["replay", "nowhere.csv", "--speed", "fast"], {}, 1, "--speed has value 'fast'"),
        (["replay", "nowhere.csv", "--speed", "0"], {}, 1, "--speed has value '0', not above 0"),
        (["up", "--port", "70000"], {}, 1, "70000"),
    ],
)
def test_what_a_person_can_mend_ends_in_one_line_that_names_it(
    arguments: list[str], settings: dict[str, str], code: int, named: str, tmp_path: Path
) -> None:
    result = run(tmp_path, *arguments, **settings)
    assert result.returncode == code, result.stderr
    assert named in result.stderr
    assert "Traceback" not in result.stderr
    assert code == 2 or len(result.stderr.splitlines()) == 1


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


def test_the_openapi_document_needs_no_servers(tmp_path: Path) -> None:
    document = last_json(run(tmp_path, "api", "--openapi"))
    assert document["openapi"].startswith("3.")
    assert {"/v1/events", "/v1/recommendations", "/v1/dead-letters"} <= document["paths"].keys()


def test_a_feed_is_imported_and_a_bad_product_is_named(tmp_path: Path, at: dict[str, str]) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,price\na,Boot,15.00 EUR\nb,Shoe,cheap\nc,Sock,3.00 EUR\n")
    result = run(tmp_path, "import", "catalog", feed, "--json", **at)
    assert result.returncode == 1
    assert orjson.loads(result.stdout) == {"accepted": 2, "rejected": 1}
    assert result.stderr == f"{feed} item 2: price must be such as '15.00 EUR', got 'cheap'\n"
    feed.write_text("id,title\na,Boot\n")
    assert said(run(tmp_path, "import", "catalog", feed, **at)) == "1 products taken, 0 rejected\n"


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


def test_a_replay_accounts_for_every_row_and_the_visitor_is_there(tmp_path: Path, at: dict[str, str]) -> None:
    rows = [
        {
            "ts": str(1_700_000_000 + number),
            "session_id": f"s{number % 4}",
            "visitor_id": f"r{number % 4}",
            "item_id": f"i{number % 7}",
            "event_type": "view" if number % 5 else "cart",
            "category": f"top{number % 2}.low{number % 3}",
            "brand": "tall",
            "price": "19.5",
            "quantity": "1",
        }
        for number in range(60)
    ]
    rows += [rows[3], rows[3], rows[40]]
    rows.append({**rows[0], "ts": "1700000900", "price": "cheap"})
    path = tmp_path / "events.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    result = run(tmp_path, "replay", path, "--json", **at)
    account = last_json(result)
    assert (account["rows"], account["accepted"], account["rejected"], account["lost"]) == (64, 63, 1, 0)
    assert (account["applied"], account["duplicates"], account["dead_letters"]) == (60, 3, 0)
    assert "'cheap'" in result.stderr
    shown = said(run(tmp_path, "visitor", "r1", **at))
    assert "r1" in shown
    profile = last_json(run(tmp_path, "visitor", "r1", "--json", **at))
    assert profile["visitor_id"] == "r1"
    again = last_json(run(tmp_path, "replay", path, "--json", **at))
    assert (again["applied"], again["duplicates"], again["lost"]) == (0, 63, 0)


def test_triggers_are_set_by_a_file_and_what_they_send_is_told(
    tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]
) -> None:
    display = tmp_path / "triggers.yaml"
    display.write_text(
        "contact_policy: {quiet_hours: {from: '01:00', to: '01:01'}, time_zone: Europe/Berlin}\n"
        "triggers:\n"
        "  - {trigger_id: callback, when: {event: {name: generate_lead, after: 0s}}, purpose: service}\n"
        "  - {trigger_id: hesitation, enabled: false, when: {hesitation: {}}}\n"
    )
    told = said(run(tmp_path, "apply", display, **at))
    assert told == "contact policy: set\ntriggers: 1 created, 1 changed, 0 unchanged\n"
    told = said(run(tmp_path, "apply", display, **at))
    assert told == "contact policy: set\ntriggers: 0 created, 0 changed, 2 unchanged\n"
    listed = said(run(tmp_path, "triggers", "list", **at))
    assert all(name in listed for name in ("callback", "generate_lead", "cart-left", "off"))
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    lead = {"event": "generate_lead", "visitor_id": "lead-1"}
    httpx.post(f"{stack.url}/v1/events", json={"events": [lead]}, headers=headers).raise_for_status()
    deadline_s = time.monotonic() + 20
    while "callback" not in (journal := said(run(tmp_path, "journal", "--visitor", "lead-1", **at))):
        assert time.monotonic() < deadline_s
    assert "sent" in journal
    (entry,) = last_json(run(tmp_path, "journal", "--visitor", "lead-1", "--json", **at))
    assert entry["trigger_id"] == "callback"
    preview = said(run(tmp_path, "triggers", "preview", "lead-1", display, **at))
    assert "callback would" in preview
    said(run(tmp_path, "triggers", "delete", "callback", **at))
    assert "callback" not in said(run(tmp_path, "triggers", "list", **at))
    assert said(run(tmp_path, "undelivered", "list", **at)) == "everything was delivered\n"
    assert said(run(tmp_path, "undelivered", "replay", **at)) == "0 are tried again\n"
    display.write_text("contact_policy: {time_zone: Mars}\n")
    result = run(tmp_path, "apply", display, **at)
    assert (result.returncode, "Mars" in result.stderr) == (1, True)


def test_events_that_could_not_be_used_are_listed_and_sent_again(
    tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]
) -> None:
    bad = {"event": "view_item", "visitor_id": "lost", "items": [{"item_id": "a", "price": "cheap"}]}
    headers = {"Authorization": f"Bearer {KEYS.public_key}"}
    answer = httpx.post(f"{stack.url}/v1/events", json={"events": [bad]}, headers=headers).json()
    assert answer["accepted"] == 0
    letters = last_json(run(tmp_path, "dead-letters", "list", "--json", **at))
    assert letters[0]["code"] == "price_invalid"
    assert "cheap" in said(run(tmp_path, "dead-letters", "list", **at))
    result = run(tmp_path, "dead-letters", "replay", "--json", **at)
    answer = last_json(result)
    assert answer["accepted"] == 0
    assert answer["rejected"][-1]["code"] == "price_invalid"
    assert last_json(run(tmp_path, "dead-letters", "replay", "--json", **at)) == {"accepted": 0, "rejected": []}


def test_the_surroundings_have_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPWINDOW_PORT", "many")
    assert "SHOPWINDOW_PORT" not in environment({})
    assert os.environ["SHOPWINDOW_PORT"] == "many"
