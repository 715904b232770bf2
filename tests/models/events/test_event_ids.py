"""Event ids: a request sent again is known by every id, whatever came between, and nothing new is taken for known."""

import random

import pytest

from api.http.schemas.events import MAX_EVENTS
from models.events.event_ids import (
    DIGEST_BYTES,
    LEAST_RECENT_IDS,
    MAX_RECENT_IDS,
    is_recent,
    latest_ids,
    with_id,
)


def remembered(ids: list[str]) -> bytes:
    recent = b""
    for event_id in ids:
        recent = with_id(recent, event_id)
    return recent


def new_among(recent: bytes, ids: list[str]) -> tuple[int, bytes]:
    """How many of these ids are new, one after the other, and what is remembered then."""
    new = 0
    for event_id in ids:
        new += not is_recent(recent, event_id)
        recent = recent if is_recent(recent, event_id) else with_id(recent, event_id)
    return new, recent


def batch(name: str, size: int = MAX_EVENTS) -> list[str]:
    return [f"{name} {number}" for number in range(size)]


@pytest.mark.parametrize("before", [0, 1, 700, 1_000, 1_999, 2_500])
@pytest.mark.parametrize("between", [0, 1, 40, MAX_EVENTS])
def test_all_of_the_largest_request_is_known_when_it_comes_again(before: int, between: int) -> None:
    recent = remembered([*batch("before", before), *batch("big"), *batch("between", between)])
    assert new_among(recent, batch("big")) == (0, recent)
    assert new_among(recent, [*batch("between", between), *batch("big")]) == (0, recent)


def test_a_request_of_which_one_is_forgotten_does_not_push_the_others_out() -> None:
    ids = batch("big")
    recent = remembered([*ids, *batch("later", MAX_RECENT_IDS - MAX_EVENTS)])
    assert new_among(recent, [*batch("another", 1), *ids])[0] <= 1 + MAX_EVENTS
    kept = remembered([*batch("later", LEAST_RECENT_IDS - MAX_EVENTS + 1), *ids[1:]])
    assert new_among(kept, ids)[0] == 1


def test_the_oldest_ids_are_forgotten_and_new_ones_are_new() -> None:
    recent = remembered(batch("event", MAX_RECENT_IDS + 1))
    assert len(recent) == DIGEST_BYTES * LEAST_RECENT_IDS
    forgotten = MAX_RECENT_IDS + 1 - LEAST_RECENT_IDS
    assert not any(is_recent(recent, f"event {number}") for number in range(forgotten))
    assert is_recent(recent, f"event {forgotten}")
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
