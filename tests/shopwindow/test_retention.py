"""Retention: each kind of what is kept of people goes when its setting says, whichever process wrote it."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from models.base.durations import DAY_S
from shopwindow.build import lifetimes
from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import SettingError, Settings, SiteKeys, load_settings
from store.client import Client, connect
from store.keys import Lifetimes

KEYS = SiteKeys("kept", "public-key-of-the-site", "secret-key-of-the-site", "off")
VISITOR, REFUSING, CUSTOMER = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("v", "refuses", "customer"))
KEPT_DAYS = [
    (f"profile:{VISITOR}", 370),
    (f"timeline:{VISITOR}", 30),
    (f"profile:{REFUSING}", 390),
    (f"timeline:{REFUSING}", 30),
    (f"watch:{VISITOR}", 380),
    ("journal", 100),
    (f"journal:of:{VISITOR}", 100),
    ("outbox:bodies", 5),
    ("outbox:undelivered", 5),
    ("dead-letters:rejected", 3),
    (f"known:{CUSTOMER}", 370),
    (f"links:{VISITOR}", 370),
    ("told:o-1", 370),
]
"""What a key ends with, and for how many days the settings below keep it."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """A stack that keeps each kind for another time."""
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("kept")),
        profile_lifetime_days=370,
        timeline_lifetime_days=30,
        trigger_state_lifetime_days=380,
        refusal_lifetime_days=390,
        journal_lifetime_days=100,
        outbox_lifetime_days=5,
        dead_letter_lifetime_days=3,
        archive_retention_days=20,
        archive_every_s=0.2,
        redis_deadline_ms=5_000,
        webhook_url="http://127.0.0.1:9/nobody",
        webhook_secret="a secret of enough letters",
        webhook_private=True,
        webhook_retry_s="0.1",
        sites=(KEYS,),
    )
    with EmbeddedStack(settings, "kept") as running:
        tell_of_everything(running)
        yield running


@pytest.fixture
def client(stack: EmbeddedStack) -> Iterator[Client]:
    """The stack's Redis."""
    opened = connect(stack.settings.redis_url)
    yield opened
    opened.close()


def event(name: str, visitor: str, days_ago: float = 0.0, **fields: Any) -> dict[str, Any]:
    """Make an event."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return {"event": name, "visitor_id": visitor, "timestamp": at.isoformat(), **fields}


def tell_of_everything(stack: EmbeddedStack) -> None:
    """Send events that leave something of each kind, and wait until it is there."""
    events = [
        event("view_item", VISITOR, items=[{"item_id": "p1"}]),
        event("sign_up", VISITOR),
        event("unsubscribed", REFUSING),
        event("page_view", VISITOR, days_ago=10),
        event("page_view", VISITOR, days_ago=25),
        event("order_created", VISITOR, items=[{"item_id": "p1"}], params={"order_id": "o-1", "value": 9}),
        event("search", VISITOR),  # without words: a dead letter
        event("page_view", f"{VISITOR}-phone", user_id=CUSTOMER),
        event("login", VISITOR, days_ago=0.0001, user_id=CUSTOMER),
    ]
    headers = {"Authorization": f"Bearer {KEYS.secret_key}"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=30) as api:
        told = api.post("/v1/events", json={"events": events[:-2]}).json()
        assert (told["accepted"], len(told["rejected"])) == (6, 1)
        ends_at = time.monotonic() + 30
        while not api.get("/v1/undelivered").json()["undelivered"]:
            assert time.monotonic() < ends_at
            time.sleep(0.05)
        assert api.post("/v1/events", json={"events": events[-2:]}).json()["accepted"] == 2
        while any(api.get("/v1/status").json()["lag"].values()):
            assert time.monotonic() < ends_at
            time.sleep(0.05)


@pytest.mark.parametrize(("name", "days"), KEPT_DAYS)
def test_a_key_lives_as_long_as_the_setting_of_its_kind(client: Client, name: str, days: int) -> None:
    found = list(client.scan_iter(match=f"kept:*}}:{name}"))
    assert found
    for key in found:
        assert (days - 0.1) * DAY_S < client.ttl(key) <= days * DAY_S, key


def test_an_entry_of_the_journal_lives_as_long_as_its_lists(client: Client) -> None:
    entries = [key for key in client.scan_iter(match="kept:*:journal:*") if client.type(key) == b"hash"]
    assert entries
    assert all(99 * DAY_S < client.ttl(key) <= 100 * DAY_S for key in entries)


def test_every_key_of_the_site_ends(client: Client) -> None:
    assert [key for key in client.scan_iter(match="kept:*") if client.ttl(key) <= 0] == []


def test_the_archive_keeps_no_row_for_longer(stack: EmbeddedStack) -> None:
    rows = [
        row["at_s"]
        for file in Path(stack.settings.data_dir).rglob("*.parquet")
        for row in pq.read_table(file).to_pylist()
        if row["event"] == "page_view" and row["visitor_id"] in (VISITOR, CUSTOMER)
    ]
    assert sorted(round((time.time() - at_s) / DAY_S) for at_s in rows) == [0, 10]


def test_the_usual_lifetimes_are_those_of_the_settings() -> None:
    assert lifetimes(Settings()) == Lifetimes()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"REFUSAL_LIFETIME_DAYS": "390"}, ["refusal_lifetime_days", "390", "trigger_state_lifetime_days", "400"]),
        ({"TRIGGER_STATE_LIFETIME_DAYS": "360"}, ["trigger_state_lifetime_days", "360", "profile_lifetime_days"]),
        ({"PROFILE_LIFETIME_DAYS": "390", "TRIGGER_STATE_LIFETIME_DAYS": "380"}, ["profile_lifetime_days", "390"]),
        ({"TIMELINE_LIFETIME_DAYS": "366"}, ["timeline_lifetime_days", "366", "profile_lifetime_days", "365"]),
        ({"JOURNAL_LIFETIME_DAYS": "30"}, ["journal_lifetime_days", "30", "at least 90"]),
        ({"REFUSAL_LIFETIME_DAYS": "401"}, ["refusal_lifetime_days", "401", "at most 400"]),
        ({"DEAD_LETTER_LIFETIME_DAYS": "0"}, ["dead_letter_lifetime_days", "0"]),
    ],
)
def test_what_restrains_lives_as_long_as_what_it_restrains(given: dict[str, str], named: list[str]) -> None:
    with pytest.raises(SettingError) as found:
        load_settings({f"SHOPWINDOW_{name}": value for name, value in given.items()})
    for part in named:
        assert part in str(found.value)


def test_a_message_lives_until_its_last_try() -> None:
    with pytest.raises(SettingError, match=r"outbox_lifetime_days has value 0.1, not above .* webhook_retry_s"):
        lifetimes(Settings(outbox_lifetime_days=0.1))
