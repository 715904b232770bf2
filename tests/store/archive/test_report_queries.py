"""What every report reads: each event once, under the visitor it belongs to; visits as the timeline cuts them."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from models.events.intake.parsing import parse_event
from models.events.sessions import SESSION_GAP_S
from models.reports.archive_row import row_of
from models.visitor.identity import Link, add_link, belonging, link_of, owner_at
from store.archive import report_queries
from store.archive.tables import Reading
from store.archive.unarchived import NOTHING_UNARCHIVED
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE, event


def _row(position: int, told: dict[str, Any]) -> dict[str, Any]:
    """An event's row; one with an `owner` was put under that visitor by the intake."""
    owner = told.get("owner")
    happened = parse_event({name: value for name, value in told.items() if name != "owner"}, SITE, 1.79e9)
    if owner:
        happened = msgspec.structs.replace(happened, visitor_id=owner, device_id=happened.visitor_id)
    return row_of(0, position, happened, 0.0)


class Prepared:
    """Tables made of events."""

    def __init__(self, directory: Path) -> None:
        self._archive = ArchiveWriter(directory)
        self._reading = Reading()

    def ask(self, statement: str, *events: dict[str, Any], until_s: float = 2e9) -> list[tuple[Any, ...]]:
        """Prepare what reports read of events, and ask it something."""
        self._archive.write(SITE, 0, [_row(position, told) for position, told in enumerate(events, start=1)])
        self._reading.follow(self._archive.files(SITE), NOTHING_UNARCHIVED)
        values: dict[str, Any] = {
            "until_s": until_s,
            "from_s": 0.0,
            "gap_s": SESSION_GAP_S,
            "lookback_s": 1e6,
            "patience_s": 1e6,
            "base": "",
            "codes": [],
            "rates": [],
        }
        for prepare in report_queries.PREPARE:
            used = {name: value for name, value in values.items() if f"${name}" in prepare}
            self._reading.connection.execute(prepare, used or None)
        return self._reading.connection.execute(statement).fetchall()

    def close(self) -> None:
        """Free the memory."""
        self._reading.close()
        self._archive.close()


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Prepared]:
    """Of an empty archive."""
    made = Prepared(tmp_path)
    yield made
    made.close()


def test_what_a_device_did_is_whose_who_logs_in_next_on_it(prepared: Prepared) -> None:
    whose = prepared.ask(
        "SELECT visitor_id, sender_id FROM happened ORDER BY at_s",
        event("page_view", "phone", "01-01 10:00"),
        {**event("page_view", "phone", "01-01 11:00"), "owner": "ann"},
        {**event("logout", "phone", "01-01 11:30"), "owner": "ann"},
        event("page_view", "phone", "01-01 12:00"),
        {**event("page_view", "phone", "01-01 13:00"), "owner": "bob"},
        event("page_view", "phone", "01-01 14:00"),
        event("page_view", "tablet", "01-01 15:00"),
    )
    owners = ["ann", "ann", "ann", "bob", "bob", "bob"]
    assert whose == [*((owner, "phone") for owner in owners), ("tablet", "tablet")]


def test_a_login_told_late_takes_what_was_done_since_and_no_more(prepared: Prepared) -> None:
    whose = prepared.ask(
        "SELECT visitor_id FROM happened WHERE event = 'page_view' ORDER BY at_s",
        event("page_view", "phone", "01-01 08:00"),
        event("page_view", "phone", "01-01 10:00"),
        event("logout", "phone", "01-01 10:30"),
        event("page_view", "phone", "01-01 11:00"),
        {**event("login", "phone", "01-01 12:00"), "user_id": "bob", "owner": "bob"},
        {**event("login", "phone", "01-01 09:00"), "user_id": "ann", "owner": "ann"},
    )
    assert whose == [("ann",), ("ann",), ("bob",)]


def device_story(seed: int) -> tuple[list[dict[str, Any]], dict[float, str]]:
    """What happens on a device, logins told late among it, as the intake puts it; and whose each look is at the end."""
    random = Random(seed)
    links: list[Link] = []
    told: list[dict[str, Any]] = []
    looks: list[float] = []
    late: list[dict[str, Any]] = []
    for number in range(30):
        name = random.choice(["page_view"] * 4 + ["login", "logout"])
        made = {"event": name, "visitor_id": "phone", "timestamp": 1_780_000_000.0 + 60 * number, "params": {}}
        if name == "login":
            made["user_id"] = random.choice(["ann", "bob", "eve"])
        if name == "login" and random.random() < 0.4:
            late.append(made)
        else:
            told.append(made)
    rows: list[dict[str, Any]] = []
    for made in [*told, *late]:
        happened = parse_event(made, SITE, 1.79e9)
        theirs, link = belonging(happened, links), link_of(happened, links)
        links = add_link(links, link) if link is not None else links
        rows.append({**made, "owner": theirs.visitor_id} if theirs is not happened else made)
        if made["event"] == "page_view" and theirs is happened:
            looks.append(happened.at_s)
    return rows, {at_s: owner_at(links, at_s) or "phone" for at_s in looks}


@pytest.mark.parametrize("seed", range(40))
def test_reports_and_profiles_agree_on_whose_what_nobody_was_known_to_do_is(prepared: Prepared, seed: int) -> None:
    rows, owners = device_story(seed)
    found = prepared.ask("SELECT at_s, visitor_id FROM happened WHERE event = 'page_view'", *rows)
    assert {at_s: owner for at_s, owner in found if at_s in owners} == owners


def test_a_clients_retry_is_left_out_and_the_same_id_of_somebody_else_is_not(prepared: Prepared) -> None:
    first = {**event("page_view", "a", "01-01 10:00"), "event_id": "e"}
    other = {**event("page_view", "b", "01-01 10:02"), "event_id": "e"}
    retry = {**event("page_view", "a", "01-01 10:01"), "event_id": "e"}
    found = prepared.ask("SELECT visitor_id, position FROM happened ORDER BY ALL", first, other, retry)
    assert found == [("a", 1), ("b", 2)]


def test_half_an_hour_without_an_event_ends_a_visit_and_what_the_shop_did_begins_none(prepared: Prepared) -> None:
    visits = prepared.ask(
        "SELECT visitor_id, count(*) FROM visits GROUP BY visitor_id ORDER BY ALL",
        event("page_view", "a", "01-01 10:00"),
        event("page_view", "a", "01-01 10:30"),
        event("page_view", "a", "01-01 11:01"),
        event("email_sent", "b", "01-01 10:00"),
    )
    assert visits == [("a", 2)]


def test_nothing_counts_from_the_end_of_the_days_on(prepared: Prepared) -> None:
    morning, noon = event("page_view", "a", "01-01 10:00"), event("page_view", "b", "01-01 12:00")
    found = prepared.ask("SELECT visitor_id FROM happened", morning, noon, until_s=1_767_268_800.0)
    assert found == [("a",)]


def test_an_order_told_again_without_a_session_makes_no_visit_and_loses_no_order(prepared: Prepared) -> None:
    found = prepared.ask(
        "SELECT (SELECT count(*) FROM visits), (SELECT count(*) FROM orders)",
        {**event("purchase", "a", "01-01 10:00", ("x", 9.0), transaction_id="1"), "session_id": "s"},
        event("purchase", "a", "01-01 21:00", ("x", 9.0), transaction_id="1"),
        event("purchase", "a", "01-02 21:00", ("x", 9.0), transaction_id="2"),
    )
    assert found == [(2, 2)]


def test_a_click_is_of_the_visit_it_leads_to_else_one_of_its_own(prepared: Prepared) -> None:
    def landed(visitor: str, at: str, campaign: str) -> dict[str, Any]:
        arrived = event("page_view", visitor, at, page_location=f"https://shop.example/?utm_campaign={campaign}")
        return {**arrived, "session_id": "s2"}

    visits = prepared.ask(
        "SELECT visitor_id, count(*) FROM visits GROUP BY visitor_id ORDER BY ALL",
        *({**event("page_view", visitor, "01-01 08:00"), "session_id": "s1"} for visitor in ("a", "b", "c")),
        event("email_clicked", "a", "01-01 10:00", campaign="Spring"),
        landed("a", "01-01 10:01", "spring"),
        event("email_clicked", "b", "01-01 10:00", campaign="spring"),
        landed("b", "01-01 10:01", "brand"),
        event("email_clicked", "c", "01-01 10:00", campaign="spring"),
        event("email_clicked", "d", "01-01 10:00", campaign="spring"),
        landed("d", "01-01 10:05", "brand"),
    )
    assert visits == [("a", 2), ("b", 3), ("c", 2), ("d", 2)]
