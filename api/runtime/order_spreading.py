"""Order spreading: hands what is told of an order to every visitor who knows the order, before it goes into the log."""

import logging

from api.runtime.log_appender import Incoming
from models.events.events import Event, decode_event, encode_event, order_id_of
from models.events.names import ORDER_EVENTS
from models.events.order_copy import order_copy
from models.visitor.identity import owner_now
from store.client import UNAVAILABLE
from store.log.log import partition_of
from store.visitors.device_links import LinkStore
from store.visitors.order_tellers import OrderTellerStore, ToldOrder

_LOGGER = logging.getLogger(__name__)


class OrderSpreader:
    """Finds out who else knows the orders that events tell of.

    Parameters
    ----------
    tellers
        Who has told of which order.
    links
        Whose devices are: what a device told of is its visitor's by now.
    partitions
        Partition count of the event log.
    """

    def __init__(self, tellers: OrderTellerStore, links: LinkStore, partitions: int) -> None:
        self._tellers = tellers
        self._links = links
        self._partitions = partitions

    def prepare(self, records: list[Incoming]) -> list[Incoming]:
        """Give the records, and behind them copies of what they tell of orders for others who know the same.

        Without an answer of the store there are no copies: each id then knows what was told under it.
        """
        events = [event for record in records if (event := _order_event(record)) is not None]
        if not events:
            return records
        try:
            return [*records, *self._copies(events)]
        except UNAVAILABLE as error:
            _LOGGER.warning("who else knows of orders is not known: %s", error)
            return records

    def _copies(self, events: list[Event]) -> list[Incoming]:
        told = [ToldOrder(event.site, order_id_of(event), event.visitor_id) for event in events]
        others = [
            [teller for teller in tellers if teller != event.visitor_id]
            for event, tellers in zip(events, self._tellers.note(told), strict=True)
        ]
        devices = {
            (event.site, teller): (event.site, partition_of(event.site, teller, self._partitions), teller)
            for event, tellers in zip(events, others, strict=True)
            for teller in tellers
        }
        links = self._links.read(list(devices.values()))
        copies: list[Incoming] = []
        for event, tellers in zip(events, others, strict=True):
            owners = {owner_now(links.get(devices[event.site, teller], ())) or teller for teller in tellers}
            copies += [self._copy(event, owner) for owner in sorted(owners - {event.visitor_id})]
        return copies

    def _copy(self, event: Event, visitor_id: str) -> Incoming:
        partition = partition_of(event.site, visitor_id, self._partitions)
        return Incoming(event.site, partition, visitor_id, encode_event(order_copy(event, visitor_id)))


def _order_event(record: Incoming) -> Event | None:
    """Give the event where it tells of an order; most records are passed over unread."""
    if b'"transaction_id"' not in record.value and b'"order_id"' not in record.value:
        return None
    event = decode_event(record.value)
    return event if event.event in ORDER_EVENTS and order_id_of(event) else None
