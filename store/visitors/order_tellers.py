"""Order tellers: under which ids an order was told of, so that each of them learns what becomes of it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple, cast

from store import keys
from store.client import Client
from store.log.log import partition_of
from store.lua import read_script

MAX_TELLERS: Final = 4
"""Ids that one order is known under; what is told under a fifth goes to these and to itself."""


class ToldOrder(NamedTuple):
    """An order of a site, and who is telling of it."""

    site: str
    order_id: str
    visitor_id: str


class _NoteArguments(NamedTuple):
    """The first ARGV of `note_order_tellers.lua`, in its order; a teller for each key follows."""

    most_tellers: int
    lifetime_s: int


class OrderTellerStore:
    """Ids by order, in Redis.

    Parameters
    ----------
    client
        Blocking client.
    partitions
        Of the event log; an order's key is put with one of them by its id.
    lifetime_s
        An order is remembered this long after it was last told of.
    """

    def __init__(self, client: Client, partitions: int, lifetime_s: float) -> None:
        self._partitions = partitions
        self._lifetime_s = max(1, int(lifetime_s))
        self._note = client.register_script(read_script("note_order_tellers"))
        self._client = client

    def note(self, told: Sequence[ToldOrder]) -> list[list[str]]:
        """Remember who tells of each order, and give everybody who has, in the same order."""
        places: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for place, (site, order_id, _) in enumerate(told):
            places[site, partition_of(site, order_id, self._partitions)].append(place)
        found: list[list[str]] = [[] for _ in told]
        for (site, partition), of_partition in places.items():
            tellers = cast(
                list[list[bytes]],
                self._note(
                    keys=[keys.order_tellers(site, partition, told[place].order_id) for place in of_partition],
                    args=[
                        *_NoteArguments(MAX_TELLERS, self._lifetime_s),
                        *(told[place].visitor_id for place in of_partition),
                    ],
                ),
            )
            for place, ids in zip(of_partition, tellers, strict=True):
                found[place] = [visitor_id.decode() for visitor_id in ids]
        return found

    def forget(self, told: Sequence[ToldOrder]) -> None:
        """Forget that a visitor told of orders."""
        for site, order_id, visitor_id in told:
            partition = partition_of(site, order_id, self._partitions)
            self._client.srem(keys.order_tellers(site, partition, order_id), visitor_id)
