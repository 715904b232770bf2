"""Pending events: accepted, durable in the log, perhaps not yet in the profile.

The API keeps a visitor's latest accepted events beside the profile and lays them over it when it decides, so that a
decision reflects every event accepted before it, however far behind the stream is.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.base.errors import InvalidError
from models.events.events import Event, decode_event
from store import keys
from store.client import Client

MAX_PENDING: Final = 64


class Accepted(NamedTuple):
    """One event in the log: where, whose, and its bytes."""

    site: str
    partition: int
    visitor_id: str
    position: int
    value: bytes


def keep_pending(client: Client, accepted: Sequence[Accepted]) -> None:
    """Keep accepted events for the decisions to come; the newest `MAX_PENDING` of each visitor."""
    by_visitor: dict[str, list[bytes]] = {}
    for accepted_event in accepted:
        name = keys.pending(accepted_event.site, accepted_event.partition, accepted_event.visitor_id)
        by_visitor.setdefault(name, []).append(accepted_event.position.to_bytes(8, "big") + accepted_event.value)
    with client.pipeline(transaction=False) as pipe:
        for name, values in by_visitor.items():
            pipe.rpush(name, *values[-MAX_PENDING:])
            pipe.ltrim(name, -MAX_PENDING, -1)
            pipe.expire(name, keys.PENDING_LIFETIME_S)
        pipe.execute()


def read_pending(values: Sequence[bytes], after: int) -> list[tuple[int, Event]]:
    """Give the events past a position, in log order."""
    found = {int.from_bytes(value[:8], "big"): value for value in values}
    waiting: list[tuple[int, Event]] = []
    for position in sorted(found):
        if position > after:
            try:
                waiting.append((position, decode_event(found[position][8:])))
            except InvalidError:  # the log has it, and whoever reads that tells of it
                continue
    return waiting
