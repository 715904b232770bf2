"""Event ids: a request sent again is known by every id, whatever came between, and nothing new is taken for known."""

import random

from api.http.schemas.events import MAX_EVENTS
from models.events.event_ids import DIGEST_BYTES, MAX_RECENT_IDS, is_recent, latest_ids, with_id


def remembered(ids: list[str]) -> bytes:
    recent = b""
    for event_id in ids:
        recent = with_id(recent, event_id)
    return recent


def test_all_of_the_largest_request_is_known_when_it_comes_again() -> None:
    assert MAX_RECENT_IDS >= MAX_EVENTS
    ids = [f"event {number}" for number in range(MAX_EVENTS)]
    recent = remembered(ids)
    assert all(is_recent(recent, event_id) for event_id in ids)
    assert len(recent) == DIGEST_BYTES * MAX_EVENTS


def test_the_oldest_ids_are_forgotten_and_new_ones_are_new() -> None:
    recent = remembered([f"event {number}" for number in range(MAX_RECENT_IDS + 10)])
    assert not any(is_recent(recent, f"event {number}") for number in range(10))
    assert is_recent(recent, "event 10")
    new = [str(random.Random(number).random()) for number in range(20_000)]
    assert not any(is_recent(recent, event_id) for event_id in new)


def test_parts_of_two_digests_are_no_digest_and_longer_digests_of_an_older_version_do_no_harm() -> None:
    parts = with_id(b"", "a") + with_id(b"", "b")
    shifted = parts[1 : 1 + DIGEST_BYTES]
    assert all(not is_recent(shifted[place:] + parts, "c") for place in range(DIGEST_BYTES))
    older = bytes(range(1, 25))  # three digests of eight bytes
    recent = with_id(older, "a")
    assert is_recent(recent, "a")
    assert not is_recent(recent, "b")
    assert is_recent(with_id(latest_ids(recent), "b"), "a")
