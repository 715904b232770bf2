"""Pending events: what was accepted is laid over the profile until the stream has learned it."""

from models.events.events import encode_event
from store import keys
from store.client import Client
from store.visitors.pending import MAX_PENDING, Accepted, keep_pending, read_pending
from tests.store.visitors.makers import look


def accepted(site: str, position: int, visitor: str = "v") -> Accepted:
    return Accepted(site, 2, visitor, position, encode_event(look(position)))


def waiting(client: Client, site: str, visitor: str = "v") -> list[bytes]:
    return client.lrange(keys.pending(site, 2, visitor), 0, -1)  # type: ignore[return-value]


def test_events_past_the_position_come_back_in_log_order(client: Client, site: str) -> None:
    keep_pending(client, [accepted(site, 5), accepted(site, 3), accepted(site, 4, visitor="other")])
    keep_pending(client, [accepted(site, 4), accepted(site, 4)])
    assert read_pending(waiting(client, site), after=3) == [(4, look(4)), (5, look(5))]
    assert read_pending(waiting(client, site), after=5) == []
    assert [position for position, _ in read_pending(waiting(client, site, "other"), after=0)] == [4]


def test_the_newest_are_kept_and_all_of_them_end(client: Client, site: str) -> None:
    keep_pending(client, [accepted(site, position) for position in range(1, 2 * MAX_PENDING)])
    keep_pending(client, [accepted(site, 2 * MAX_PENDING)])
    found = [position for position, _ in read_pending(waiting(client, site), after=0)]
    assert found == list(range(MAX_PENDING + 1, 2 * MAX_PENDING + 1))
    assert 0 < client.ttl(keys.pending(site, 2, "v")) <= keys.PENDING_LIFETIME_S


def test_nothing_accepted_is_nothing_to_do(client: Client, site: str) -> None:
    keep_pending(client, [])
    assert list(client.scan_iter(match=f"{site}:*")) == []
