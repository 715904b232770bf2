"""Isolation: what cannot be done is found among all that can be, and nothing else is left undone."""

from collections.abc import Mapping, Sequence

import pytest

from models.events.events import Event
from store.log.log import LogUnavailableError
from stream.isolation import done_apart, learned_apart, site_apart


def told(visitor: str, place: int) -> Event:
    """Something a visitor did."""
    return Event(site="shop", event=f"e{place}", visitor_id=visitor, at_s=1.0, accepted_at_s=1.0)


def test_only_what_cannot_be_done_is_refused() -> None:
    refused: list[tuple[int, str]] = []

    def work(numbers: Sequence[int]) -> list[int]:
        if bad := [number for number in numbers if number in (3, 8)]:
            raise ValueError(f"{bad[0]} is bad")
        return list(numbers)

    done = done_apart(range(10), work, lambda number, error: refused.append((number, str(error))))
    assert sorted(number for portion in done for number in portion) == [0, 1, 2, 4, 5, 6, 7, 9]
    assert refused == [(3, "3 is bad"), (8, "8 is bad")]
    assert done_apart([], work, lambda _, __: None) == []


def test_a_server_that_is_away_is_nobodys_own() -> None:
    def work(_: Sequence[int]) -> None:
        raise LogUnavailableError("away")

    with pytest.raises(LogUnavailableError):
        done_apart([1, 2], work, lambda _, __: None)
    with pytest.raises(ConnectionError), site_apart("shop"):
        raise ConnectionError("away")


def test_of_a_visitor_all_other_events_are_learned_in_order() -> None:
    events = {
        visitor: [(place, told(visitor, place)) for place in range(first, first + 3)]
        for visitor, first in (("a", 1), ("b", 4), ("c", 7))
    }
    learned: dict[str, list[int]] = {}
    refused: list[int] = []

    def learn(some: Mapping[str, list[tuple[int, Event]]]) -> int:
        told = [position for own in some.values() for position, _ in own]
        if 5 in told:
            raise KeyError("five")
        for visitor, own in some.items():
            learned.setdefault(visitor, []).extend(position for position, _ in own)
        return len(told)

    counts = learned_apart(events, learn, lambda told, _: refused.append(told[0]))
    assert learned == {"a": [1, 2, 3], "b": [4, 6], "c": [7, 8, 9]}
    assert (refused, sum(counts)) == ([5], 8)


def test_a_sites_own_error_leaves_the_others_alone() -> None:
    done = []
    for site in ("a", "b", "c"):
        with site_apart(site):
            if site == "b":
                raise KeyError("its catalog")
            done.append(site)
    assert done == ["a", "c"]
