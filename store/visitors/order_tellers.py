"""Order tellers: under which ids an order was told of, and what, so that each of them learns what becomes of it, and
whoever comes later what was told before.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple, cast

from models.events.events import Event
from models.events.order_copy import MARK_BYTES, decode_copy, encode_copy
from store import keys
from store.client import Client
from store.log.log import partition_of
from store.lua import read_script
from store.unreadable import log_unreadable, read_or_tell

MAX_TELLERS: Final = 4
"""Ids that one order is known under; what is told under a fifth goes to these and to itself."""
MAX_TOLD: Final = 256
"""Events of one order that are kept for whoever tells of it later."""
MAX_TOLD_BYTES: Final = 32_768


class ToldOrder(NamedTuple):
    """An order of a site, and who is telling of it."""

    site: str
    order_id: str
    visitor_id: str


class ToldEvent(NamedTuple):
    """What is told of an order, as a copy (`models.events.order_copy`) addressed to who tells it."""

    order: ToldOrder
    copy: Event


class OrderNames(NamedTuple):
    """Under which ids an event of a site names its order: a payment's or GA4's, and the order's own, empty for none."""

    site: str
    transaction_id: str
    order_id: str


class KnownOrder(NamedTuple):
    """What is known of an order before it is told of: `tellers`, the one who tells now among them, and what was `told`.

    `unheard` is whether the one who tells now has not heard that yet.
    """

    tellers: list[str]
    told: list[Event]
    unheard: bool


class _NoteArguments(NamedTuple):
    """The first ARGV of `note_order_tellers.lua`, in its order; who tells what of each order follows."""

    most_tellers: int
    most_told: int
    most_told_bytes: int
    mark_bytes: int
    lifetime_s: int


class OrderTellerStore:
    """Ids by order, in Redis.

    Parameters
    ----------
    client
        Blocking client.
    partitions
        Of the event log; an order's keys are put with one of them by its id.
    lifetime_s
        An order is remembered this long after it was last told of.
    """

    def __init__(self, client: Client, partitions: int, lifetime_s: float) -> None:
        self._partitions = partitions
        self._lifetime_s = max(1, int(lifetime_s))
        self._note = client.register_script(read_script("note_order_tellers"))
        self._client = client

    def order_ids(self, named: Sequence[OrderNames]) -> list[str]:
        """Give the order each event is of: one that names it by `transaction_id` alone is of the order that this was
        told with before."""
        asked = {names[:2]: None for names in named if not names.order_id}
        told = {names[:2]: names.order_id for names in named if names.transaction_id and names.order_id}
        told = {alias: order_id for alias, order_id in told.items() if order_id != alias[1]}
        known = dict[tuple[str, str], str]()
        if asked or told:
            with self._client.pipeline(transaction=False) as pipe:
                for alias in asked:
                    pipe.getex(self._alias_key(*alias), ex=self._lifetime_s)
                for alias, order_id in told.items():
                    pipe.set(self._alias_key(*alias), order_id, ex=self._lifetime_s)
                found = cast(list[bytes | None], pipe.execute())
            known = {alias: value.decode() for alias, value in zip(asked, found, strict=False) if value}
        return [names.order_id or (known | told).get(names[:2], names.transaction_id) for names in named]

    def note(self, told_events: Sequence[ToldEvent]) -> list[KnownOrder]:
        """Remember what is told, and by whom, and give what was known of each order until then."""
        places: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for place, (order, _) in enumerate(told_events):
            places[order.site, partition_of(order.site, order.order_id, self._partitions)].append(place)
        found: dict[int, KnownOrder] = {}
        for of_partition in places.values():
            arguments: list[int | str | bytes] = [
                *_NoteArguments(MAX_TELLERS, MAX_TOLD, MAX_TOLD_BYTES, MARK_BYTES, self._lifetime_s)
            ]
            for place in of_partition:
                order, copy = told_events[place]
                arguments += [order.visitor_id, encode_copy(copy)]
            known = cast(
                list[tuple[list[bytes], list[bytes], int]],
                self._note(
                    keys=[key for place in of_partition for key in self._keys(told_events[place].order)], args=arguments
                ),
            )
            for place, (tellers, told, unheard) in zip(of_partition, known, strict=True):
                found[place] = KnownOrder(
                    [visitor_id.decode() for visitor_id in tellers],
                    self._copies(told_events[place].order, told),
                    bool(unheard),
                )
        return [found[place] for place in range(len(told_events))]

    def heard(self, told: Iterable[ToldOrder]) -> None:
        """Remember that those who tell of orders have heard what was told before."""
        with self._client.pipeline(transaction=False) as pipe:
            for order in told:
                pipe.srem(self._keys(order)[1], order.visitor_id)
            pipe.execute()

    def forget(self, site: str, order_ids: Iterable[str], visitor_ids: Collection[str]) -> None:
        """Forget that these visitors told of these orders, and what they told."""
        for order_id in order_ids:
            tellers, owed, told = self._keys(ToldOrder(site, order_id, ""))
            self._client.srem(tellers, *visitor_ids)
            self._client.srem(owed, *visitor_ids)
            for entry in cast(list[bytes], self._client.lrange(told, 0, -1)):
                copies = self._copies(ToldOrder(site, order_id, ""), [entry])
                if not copies:
                    self._client.lrem(told, 0, cast(str, entry))
                for copy in copies:
                    if copy.visitor_id not in visitor_ids:
                        continue
                    self._client.lrem(told, 0, cast(str, entry))
                    self._client.delete(self._alias_key(site, str(copy.params.get("transaction_id", ""))))

    def _copies(self, order: ToldOrder, entries: Sequence[bytes]) -> list[Event]:
        read = partial(decode_copy, order.site)
        copies = (read_or_tell(read, entry, "order", order.site, order.order_id, log_unreadable) for entry in entries)
        return [copy for copy in copies if copy is not None]

    def _alias_key(self, site: str, transaction_id: str) -> str:
        return keys.order_alias(site, partition_of(site, transaction_id, self._partitions), transaction_id)

    def _keys(self, order: ToldOrder) -> tuple[str, str, str]:
        place = (order.site, partition_of(order.site, order.order_id, self._partitions), order.order_id)
        return keys.order_tellers(*place), keys.order_owed(*place), keys.order_told(*place)
