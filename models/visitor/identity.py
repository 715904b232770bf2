"""Identity: which visitor a device belongs to at which time, told by the ids its events carry.

A device goes by the id its browser made. An event that carries a `user_id` says who holds it; from then on its events
belong to the visitor of that id, until a `logout` or another `user_id`. What happened before anybody was known belongs
to whoever is known next.
"""

from collections.abc import Sequence
from math import inf, nextafter
from typing import Any, Final

import msgspec

from models.events.event_ids import event_id_of
from models.events.events import Event
from models.events.names import VISITOR_IDENTIFIED, VISITOR_LINKED

MAX_LINKS: Final = 16
"""Changes of hands a device remembers; the oldest goes."""
MAX_JOINED: Final = 32
"""Links to devices that a visitor remembers, and as many parts that joined for good."""
MAX_APART: Final = 16
"""Parts of devices that a visitor's profile keeps apart; beyond it the oldest becomes part of it for good."""
MAX_IDENTITY_PARTS: Final = 4
"""Stretches that a device has given away and can take back, or add to."""
MAX_HANDS: Final = 8
"""Hands a stretch goes through at most, where what one visitor holds belongs to another: ids that were told to belong
to each other would hand theirs around for ever."""
MAX_CUTS: Final = 2
"""Logouts of nobody known at which a device tells apart what was before and after; the latest count."""
LOGOUT: Final = "logout"
_INSTANT_S: Final = 1e-6


class Link(msgspec.Struct, array_like=True, frozen=True, order=True):
    """From `at_s` on (epoch seconds of event time) the device belongs to `user_id`; to nobody known where it is ''."""

    at_s: float
    user_id: str


class Part(msgspec.Struct, array_like=True, frozen=True):
    """A stretch of a profile: what was done from `since_s` on until `ended_s`, where these are not 0, and was told past
    log position `after`, up to `until`.

    `state` is what was learned of it, in its stored form, empty where that is all there is in the profile. It was given
    to the visitor `user_id`, as it is since log position `told_at`; without one it is the profile's own. One that
    turned out to be another's is taken `back`. What was done in it was done from `first_s` to `last_s`. Nothing more
    comes into one that is `closed`, and one that is `over` is told a last time and forgotten.
    """

    user_id: str
    after: int
    until: int
    state: bytes
    told_at: int = 0
    back: bool = False
    since_s: float = 0.0
    ended_s: float = 0.0
    first_s: float = 0.0
    last_s: float = 0.0
    closed: bool = False
    over: bool = False

    @property
    def is_old_cut(self) -> bool:
        """Whether it is of an older release, which kept the whole profile as it was at a logout."""
        return not self.user_id and self.ended_s > 0 and self.last_s == 0

    def covers(self, position: int, at_s: float) -> bool:
        """Whether what the device did at a moment, told at a log position, is of this part."""
        return self.after < position <= self.until and self.since_s < at_s <= (self.ended_s or inf)


class Joined(msgspec.Struct, array_like=True, frozen=True):
    """A part that a visitor's profile holds: of which device, past which position, up to which, of which time.

    `state` is what it brings, as told at the device's position `told_at`; empty where it became part of the profile for
    good. Without `until` it is the link alone, when the visitor was in a visit since `met_s` (0 for in none), or with
    `told_at` a part that was taken back. `before` is of older releases. It came through so many `hands`.
    """

    device_id: str
    after: int
    until: int
    since_s: float = 0.0
    ended_s: float = 0.0
    before: Any = None
    told_at: int = 0
    state: bytes = b""
    met_s: float = 0.0
    hands: int = 1

    def is_same(self, other: "Joined") -> bool:
        """Whether it is the same part, told earlier or later."""
        return not (self.is_link or other.is_link) and (self.device_id, self.after) == (other.device_id, other.after)

    @property
    def is_link(self) -> bool:
        """Whether it says no more than that the device is the visitor's."""
        return not self.until and not self.told_at

    def covers(self, position: int, at_s: float) -> bool:
        """Whether what the device did at a moment, told at a log position, is of this part."""
        return self.after < position <= self.until and self.since_s < at_s <= (self.ended_s or inf)


def owner_at(links: Sequence[Link], at_s: float) -> str:
    """Give who holds a device at a moment, '' for nobody known; `links` are sorted.

    >>> links = [Link(10.0, "ann"), Link(20.0, ""), Link(30.0, "bob")]
    >>> [owner_at(links, at_s) for at_s in (5.0, 15.0, 25.0, 35.0)]
    ['ann', 'ann', 'bob', 'bob']
    """
    owner = ""
    for link in links:
        if link.at_s <= at_s:
            owner = link.user_id
        elif not owner:
            owner = link.user_id  # what nobody is known to have done belongs to who is known next
        else:
            break
    return owner


def owner_of_stretch(links: Sequence[Link], until_s: float) -> str:
    """Give whose it is what was done up to a moment: a logout at just that is the last act of what it ends."""
    ends = any(link.at_s == until_s and not link.user_id for link in links)
    return owner_at(links, nextafter(until_s, -inf) if ends else until_s)


def ends_at(link: Link) -> float:
    """Give the last moment before a change of hands: a logout is the last act of what it ends, a login the first of
    what it begins."""
    return nextafter(link.at_s, -inf) if link.user_id else link.at_s


def holder_at(links: Sequence[Link], at_s: float) -> str:
    """Give who is known to hold a device at a moment, by what came before it alone; '' for nobody."""
    return next((link.user_id for link in reversed(links) if link.at_s <= at_s), "")


def owner_now(links: Sequence[Link]) -> str:
    """Give who holds the device after all that is known."""
    return links[-1].user_id if links else ""


def add_link(links: Sequence[Link], link: Link) -> list[Link]:
    """Give the links with one more, sorted; known ones stay as they are."""
    return sorted({*links, link})[-MAX_LINKS:]


def link_of(event: Event, links: Sequence[Link]) -> Link | None:
    """Give the change of hands that an event tells of a device with these links, or None.

    >>> event = Event(site="demo", event="login", visitor_id="d1", user_id="ann", at_s=10.0, accepted_at_s=10.0)
    >>> link_of(event, []), link_of(event, [Link(5.0, "ann")])
    (Link(at_s=10.0, user_id='ann'), None)
    """
    if event.event == LOGOUT:  # also where nobody is known: who was may be told late
        known = Link(event.at_s, "") in links and not holder_at(links, event.at_s)
        return None if known else _after(links, event.at_s, "")
    if event.user_id in ("", event.visitor_id) or holder_at(links, event.at_s) == event.user_id:
        return None
    return _after(links, event.at_s, event.user_id)


def _after(links: Sequence[Link], at_s: float, user_id: str) -> Link:
    """Of two changes of hands at the same time, the one told later is the later."""
    while any(link.at_s == at_s for link in links):
        at_s += _INSTANT_S
    return Link(at_s, user_id)


def belonging(event: Event, links: Sequence[Link]) -> Event:
    """Give the event as its owner's: under the owner's id, with the device's beside it.

    What nobody is known to have done stays the device's, whose profile hands it on: there a client's retry is known.
    So does what is told with a `user_id` at last, of a time before that user is known to have come next.
    """
    holder = holder_at(links, event.at_s)
    owner = event.user_id or holder
    coming = next((link.user_id for link in links if link.at_s > event.at_s), "")
    if not owner or owner == event.visitor_id or (not holder and coming == owner):
        return event
    return msgspec.structs.replace(event, visitor_id=owner, user_id=owner, device_id=event.visitor_id)


def identified(site: str, device_id: str, link: Link, accepted_at_s: float) -> Event:
    """Give the event that tells a device's own profile of a link."""
    return Event(
        site=site,
        event=VISITOR_IDENTIFIED,
        visitor_id=device_id,
        user_id=link.user_id,
        at_s=link.at_s,
        accepted_at_s=accepted_at_s,
    )


def linked(site: str, device_id: str, link: Link, accepted_at_s: float) -> Event:
    """Give the event that tells a visitor's profile of a device whose history is on its way."""
    return Event(
        site=site,
        event=VISITOR_LINKED,
        visitor_id=link.user_id,
        user_id=link.user_id,
        device_id=device_id,
        at_s=link.at_s,
        accepted_at_s=accepted_at_s,
    )


def join_id(site: str, device_id: str, part: Part) -> str:
    """Name the giving of a part, or its taking back, the same however often it is told."""
    what = "taken_back" if part.back else "joined"
    return event_id_of(what, site, device_id, part.user_id, str(part.after), str(part.told_at))
