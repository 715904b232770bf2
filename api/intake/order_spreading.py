"""Order spreading: hands what is told of an order to every visitor who knows the order, before it goes into the log."""

import logging
from collections.abc import Mapping, Sequence

import msgspec

from api.intake.log_appender import Incoming, event_record
from models.events.bots import sent_by_bot
from models.events.events import Event, decode_event, encode_event, order_id_of
from models.events.names import ORDER_EVENTS
from models.events.order_copy import order_copy
from models.visitor.identity import Link, owner_at, owner_now
from store.log.log import partition_of
from store.refusals import UNAVAILABLE
from store.visitors.device_links import DeviceId, LinkStore
from store.visitors.order_tellers import KnownOrder, OrderNames, OrderTellerStore, ToldEvent, ToldOrder

_LOGGER = logging.getLogger(__name__)


class OrderSpreader:
    """Finds out who else knows the orders that events tell of, and what they know of them.

    Parameters
    ----------
    tellers
        Who has told what of which order.
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
        """Give the records, and among them copies of what is told of orders for others who know the same.

        Before the first that an id tells of an order comes what was told before; behind each, what others are to hear
        of it. So everybody hears of an order in the order in which it was told. Without an answer of the store there
        are no copies: each id then knows what was told under it. Who only claims an order, as anybody can who guesses
        its id, hears nothing of it; and of a claim hears who tells of the order later.
        """
        events = {place: event for place, record in enumerate(records) if (event := _order_event(record)) is not None}
        if not events:
            return records
        records = list(records)
        try:
            for place, event in self._under_another_id(events).items():
                events[place], records[place] = event, records[place]._replace(value=encode_event(event))
        except UNAVAILABLE as error:
            _LOGGER.warning("which orders payments are of is not known: %s", error)
            return records
        told_events = [
            ToldEvent(ToldOrder(event.site, order_id_of(event), event.visitor_id), order_copy(event, event.visitor_id))
            for event in events.values()
        ]
        try:
            known = dict(zip(events, self._tellers.note(told_events), strict=True))
        except UNAVAILABLE as error:
            _LOGGER.warning("who else knows of orders is not known: %s", error)
            return records
        links = self._links_of(told_events, list(known.values()))
        spread: list[Incoming] = []
        for place, record in enumerate(records):
            event = events.get(place)
            if event is None:
                spread.append(record)
                continue
            before = self._before(event, known[place])
            order = ToldOrder(event.site, order_id_of(event), event.visitor_id)
            hears = known[place].unheard and not event.claimed
            spread += [*before, record._replace(heard=order if hears else None)]
            spread += [self._copy(order_copy(event, owner)) for owner in self._others(event, known[place], links)]
        return spread

    def remember(self, appended: Sequence[Incoming]) -> None:
        """Note of records that are in the log who has heard by them what was told of an order before."""
        heard = [record.heard for record in appended if record.heard is not None]
        if heard:
            self._tellers.heard(heard)

    def _under_another_id(self, events: Mapping[int, Event]) -> dict[int, Event]:
        """Give those of the events that name an order by another id than its own, with that."""
        named = [
            OrderNames(event.site, *(str(event.params.get(name) or "") for name in ("transaction_id", "order_id")))
            for event in events.values()
        ]
        return {
            place: msgspec.structs.replace(event, params={**event.params, "order_id": order_id})
            for (place, event), order_id in zip(events.items(), self._tellers.order_ids(named), strict=True)
            if order_id != order_id_of(event)
        }

    def _before(self, event: Event, known: KnownOrder) -> list[Incoming]:
        """What others told of an order before, for who tells of it and has not heard it."""
        if event.claimed or not known.unheard:
            return []
        return [
            self._copy(msgspec.structs.replace(copy, visitor_id=event.visitor_id))
            for copy in known.told
            if copy.visitor_id != event.visitor_id
        ]

    def _others(self, event: Event, known: KnownOrder, links: Mapping[DeviceId, Sequence[Link]]) -> list[str]:
        """Who else is to hear what is told: of what a device told, who held it at that time."""
        owners: set[str] = set()
        if event.claimed:
            return []
        claimed = {copy.visitor_id for copy in known.told if copy.claimed}
        claimers = claimed - {copy.visitor_id for copy in known.told if not copy.claimed}
        for teller in known.tellers:
            if teller in claimers:
                continue
            theirs = links.get(self._device(event.site, teller), ())
            moments = [copy.at_s for copy in known.told if copy.visitor_id == teller] if theirs else []
            owners |= {owner_at(theirs, at_s) or teller for at_s in moments} or {owner_now(theirs) or teller}
        return sorted(owners - {event.visitor_id})

    def _links_of(self, told_events: Sequence[ToldEvent], known: Sequence[KnownOrder]) -> dict[DeviceId, list[Link]]:
        devices = {
            self._device(event_told.order.site, teller): None
            for event_told, order in zip(told_events, known, strict=True)
            for teller in order.tellers
            if teller != event_told.order.visitor_id
        }
        try:
            return self._links.read(list(devices))
        except UNAVAILABLE as error:
            _LOGGER.warning("whose devices are is not known: %s", error)
            return {}

    def _device(self, site: str, visitor_id: str) -> DeviceId:
        return site, partition_of(site, visitor_id, self._partitions), visitor_id

    def _copy(self, copy: Event) -> Incoming:
        return event_record(copy, self._partitions)._replace(added=True)


def _order_event(record: Incoming) -> Event | None:
    """Give the event where it tells of an order, and no bot does; most records are passed over unread."""
    if b'"transaction_id"' not in record.value and b'"order_id"' not in record.value:
        return None
    event = decode_event(record.value)
    return event if event.event in ORDER_EVENTS and order_id_of(event) and not sent_by_bot(event) else None
