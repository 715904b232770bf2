"""Dead letters: each site's own, in pages without gaps or repeats, bounded, and gone with their visitor."""

import time

import pytest

from models.base.errors import InvalidError
from models.events.dead_letter import DeadLetter, encode_dead_letter
from store import keys
from store.client import Client
from store.dead_letters import DeadLetterStore, Place, parse_place
from store.keys import Lifetimes


def letter(site: str, number: int, source: str = "profile", position: int = -1, name: str = "") -> DeadLetter:
    """What was set aside."""
    value = b"%d" % number
    return DeadLetter(
        source=source,
        code="c",
        message="m",
        value=value,
        at_s=1.0,
        site=site,
        partition=0,
        position=position,
        name=name,
    )


def values(store: DeadLetterStore, sites: list[str], limit: int) -> list[int]:
    """All letters of sites, page by page."""
    found: list[int] = []
    before: Place | None = None
    while True:
        page = store.newest(sites, before, limit)
        assert len(page.letters) <= limit
        found += [int(told.value) for _, told in page.letters]
        if page.next_before is None:
            return found
        before = parse_place(str(page.next_before))


@pytest.mark.parametrize("limit", [1, 3, 7, 1_000])
def test_pages_have_every_letter_once_newest_first(client: Client, site: str, limit: int) -> None:
    store = DeadLetterStore(client)
    for number in range(30):
        store.set_aside([letter(site, number, "api" if number % 3 else "profile")])
    # Of the same moment and number in both streams.
    for number, kind in ((30, "set-aside"), (31, "rejected")):
        value = encode_dead_letter(letter(site, number, "api" if kind == "rejected" else "profile"))
        client.xadd(f"{site}:{{{site}}}:dead-letters:{kind}", {"v": value}, id="99999999999999-0")
    found = values(store, [site], limit)
    assert sorted(found) == list(range(32))
    assert found[:2] == [30, 31]
    assert store.count([site]) == 32


def test_a_site_that_floods_hides_nothing_of_another(
    client: Client, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.dead_letters.MAX_LETTERS", 100)
    store, other = DeadLetterStore(client), f"{site}-other"
    store.set_aside([letter(other, 1, "api"), letter(site, 2, "profile")])
    store.set_aside([letter(site, number, "api") for number in range(1_000, 2_500)])
    assert values(store, [other], 10) == [1]
    found = values(store, [site], 1_000)
    assert 2 in found, "what flows set aside outlives what is rejected"
    assert found[0] == 2_499
    assert len(found) < 400


def test_what_a_flow_sets_aside_again_is_shown_once(client: Client, site: str) -> None:
    store = DeadLetterStore(client)
    store.set_aside([letter(site, 1, position=7), letter(site, 1, position=7), letter(site, 2, "trigger", position=7)])
    assert sorted(values(store, [site], 10)) == [1, 2]


def test_letters_are_tried_again_once_and_in_order(client: Client, site: str) -> None:
    store = DeadLetterStore(client)
    store.set_aside([letter(site, number, "api") for number in range(5)])
    tried = store.unreplayed([site], 3)
    assert [int(told.value) for _, _, told in tried] == [0, 1, 2]
    store.replayed([(stream, place) for stream, place, _ in tried])
    store.set_aside([letter(site, 9)])
    assert sorted(int(told.value) for _, _, told in store.unreplayed([site], 10)) == [3, 4, 9]


def test_a_visitor_who_is_erased_takes_their_letters_along(client: Client, site: str) -> None:
    store = DeadLetterStore(client)
    store.set_aside(
        [letter(site, number, "api" if number % 2 else "profile", name="vw"[number % 2]) for number in range(6)]
    )
    assert store.erase_visitor(site, ["w", "device"]) == 3
    assert values(store, [site], 10) == [4, 2, 0]
    assert store.erase_visitor(site, ["w"]) == 0


def test_what_is_no_position_is_refused_by_name() -> None:
    assert parse_place("17-3-1") == Place(17, 3, 1)
    for text in ("", "17", "17-3", "a-b-c", "17-3-1-1", "1" * 30):
        with pytest.raises(InvalidError, match="before must be a dead letter's position"):
            parse_place(text)


def test_letters_go_when_their_time_is_over_though_others_come(client: Client, site: str) -> None:
    store = DeadLetterStore(client, Lifetimes(dead_letters_s=60.0))
    store.set_aside([letter(site, 1)])
    store.drop_old([site], time.time() + 59)
    assert store.count([site]) == 1
    assert 0 < client.ttl(keys.dead_letters(site, "set-aside")) <= 60
    store.drop_old([site], time.time() + 62)
    assert store.count([site]) == 0


@pytest.mark.parametrize(
    ("opening", "goes"),
    [
        (b'{"user_id":"ann","x":"', True),
        (b'{"params":{"email":"ann"},"x":"', True),
        (b'{"visitor_id":7,"x":"', True),
        (b'{"visitor_id":77,"x":"', False),
        (b'{"item_id":"ann","x":"', False),
    ],
)
def test_a_letter_that_was_cut_goes_with_whom_it_names(client: Client, site: str, opening: bytes, goes: bool) -> None:
    store = DeadLetterStore(client)
    cut = DeadLetter(source="api", code="c", message="m", value=opening + b"x" * 500, at_s=1.0, site=site)
    store.set_aside([cut])
    assert store.erase_visitor(site, {"ann", "7"}) == goes
    assert store.count([site]) == (not goes)
