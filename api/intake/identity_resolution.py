"""Identifying: puts each accepted event under the visitor it belongs to, before it goes into the log."""

import logging
import time
from typing import Final

import msgspec

from api.intake.log_appender import Incoming, event_record
from models.events.events import Event, decode_event, encode_event
from models.events.names import PROFILE_EVENTS, VISITOR_DELETED
from models.visitor.identity import LOGOUT, Link, add_link, belonging, identified, link_of, linked
from store.log.log import partition_of
from store.refusals import UNAVAILABLE
from store.visitors.device_links import DeviceId, LinkStore

_LOGGER = logging.getLogger(__name__)
_MOST_HOLDERS: Final = 64
"""Ids that are looked through for one who belongs to their own device; shops that merge accounts need a few."""


class IdentityResolver:
    """Finds out whose devices are.

    Parameters
    ----------
    links
        What is known of devices so far.
    partitions
        Partition count of the event log.
    """

    def __init__(self, links: LinkStore, partitions: int) -> None:
        self._links = links
        self._partitions = partitions

    def prepare(self, records: list[Incoming]) -> list[Incoming]:
        """Give each event as its owner's; behind them, what tells profiles of devices that changed hands.

        What comes together of a device that changes hands there goes into the log by its own time, since the log's
        order is what profiles go by. A user who belongs to the very device that names them is left out: what is theirs
        would go round between the two for ever. Without an answer of the store, an event that names nobody stays its
        device's: the stream hands it on.
        """
        events = _by_time([(record, decode_event(record.value)) for record in records])
        known = self._known(events)
        prepared: list[Incoming] = []
        found: list[tuple[DeviceId, Link]] = []
        for incoming, event in events:
            device = (incoming.site, incoming.partition, incoming.visitor_id)
            if _stays(event):
                prepared.append(incoming)
                continue
            links = known.get(device, [])
            if event.user_id and self._goes_round(event, known):
                event = msgspec.structs.replace(event, user_id="")
                incoming = event_record(event, self._partitions)
            theirs = belonging(event, links)  # as of before: a logout is an act of who logs out
            link = link_of(event, links)
            if link is not None:
                known[device] = add_link(links, link)
                found.append((device, link))
            prepared.append(incoming if theirs is event else event_record(theirs, self._partitions))
        # By time too: what nobody was known to have done belongs to the first of several who came together.
        found.sort(key=lambda told: told[1].at_s)
        return prepared + [news for device, link in found for news in self._news(device, link)]

    def _known(self, events: list[tuple[Incoming, Event]]) -> dict[DeviceId, list[Link]]:
        """Give the links of devices, and of users, who may be somebody's devices themselves."""
        ids: dict[DeviceId, None] = {}
        for visitor, event in events:
            if not _stays(event):
                ids[visitor.site, visitor.partition, visitor.visitor_id] = None
                if event.user_id:
                    ids[self._id_of(event.site, event.user_id)] = None
        try:
            return self._links.read(list(ids))
        except UNAVAILABLE as error:
            _LOGGER.warning("whose devices are is not known: %s", error)
            return {}

    def _goes_round(self, event: Event, known: dict[DeviceId, list[Link]]) -> bool:
        """Whether what is the user's ever belonged to the event's visitor, directly or through others: then neither is
        a device of the other."""
        found = {event.user_id}
        new = [event.user_id]
        while new and len(found) <= _MOST_HOLDERS:
            asked = [self._id_of(event.site, name) for name in new]
            if new != [event.user_id]:  # whose links are known already
                try:
                    known |= {device: links for device, links in self._links.read(asked).items() if device not in known}
                except UNAVAILABLE:
                    return False
            holders = {link.user_id for device in asked for link in known.get(device, []) if link.user_id}
            if event.visitor_id in holders:
                return True
            new = sorted(holders - found)
            found |= holders
        return False

    def _id_of(self, site: str, name: str) -> DeviceId:
        return site, partition_of(site, name, self._partitions), name

    def _news(self, device: DeviceId, link: Link) -> list[Incoming]:
        site, partition, device_id = device
        now_s = time.time()
        value = encode_event(identified(site, device_id, link, now_s))
        news = [Incoming(site, partition, device_id, value, link, added=True)]
        if link.user_id:
            news.append(event_record(linked(site, device_id, link, now_s), self._partitions)._replace(added=True))
        return news


def _stays(event: Event) -> bool:
    """Whether the event is about the very id it names: our own, or of a visitor who goes by the known one."""
    own = event.event == VISITOR_DELETED or event.event in PROFILE_EVENTS
    return own or bool(event.device_id) or event.user_id == event.visitor_id


def _by_time(events: list[tuple[Incoming, Event]]) -> list[tuple[Incoming, Event]]:
    """Sort the events of each device that changes hands among them by their times, in the places they have."""
    places: dict[tuple[str, str], list[int]] = {}
    moving: set[tuple[str, str]] = set()
    for place, (_, event) in enumerate(events):
        if _stays(event):
            continue
        device = event.site, event.visitor_id
        places.setdefault(device, []).append(place)
        if event.user_id or event.event == LOGOUT:
            moving.add(device)
    found = list(events)
    for device in moving:
        there = places[device]
        for place, entry in zip(there, sorted((events[place] for place in there), key=_moment), strict=True):
            found[place] = entry
    return found


def _moment(entry: tuple[Incoming, Event]) -> float:
    return entry[1].at_s
