"""Logout cuts: what a device that nobody is known to hold had done until a logout, kept apart from what came after.

Its profile goes on as it is, since whoever sends no user ids loses nothing by a logout. But once it is known who held
the device, what was done before the logout may be another's than what was done since.
"""

from typing import NamedTuple

import msgspec

from models.events.events import Event
from models.visitor.identity import LOGOUT, MAX_CUTS, Part
from models.visitor.interest_sketch import parted_sketch
from models.visitor.order import Order
from models.visitor.order_history import History, merge
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.profile_parting import take_out


class LogoutCut(NamedTuple):
    """A device's profile as it was at a logout."""

    profile: Profile
    ended_s: float


class Stretch(NamedTuple):
    """What a device did from `since_s` on until `ended_s`, past log position `after`; 0 is for no such bound."""

    profile: Profile
    after: int
    since_s: float
    ended_s: float


def ends_nobodys_stretch(profile: Profile, event: Event) -> bool:
    """Whether an event of a profile is a logout of nobody known, on what may be a device."""
    known = profile.user_id or profile.joined or event.user_id or event.device_id
    return event.event == LOGOUT and not known


def read_cuts(parts: list[Part]) -> tuple[list[LogoutCut], list[Part]]:
    """Give the cuts among the parts of a profile, earliest first, and the others."""
    cuts = [LogoutCut(decode_profile(part.state), part.ended_s) for part in parts if not part.user_id]
    return sorted(cuts, key=lambda cut: cut.ended_s), [part for part in parts if part.user_id]


def cut_parts(cuts: list[LogoutCut], after: int) -> list[Part]:
    """Give the latest `MAX_CUTS` cuts as they are stored."""
    return [
        Part("", after, cut.profile.position, encode_profile(cut.profile), ended_s=cut.ended_s)
        for cut in cuts[-MAX_CUTS:]
    ]


def cut_at(profile: Profile, ended_s: float) -> LogoutCut:
    """Cut a profile at a logout; its event ids stay with the profile."""
    alone = msgspec.structs.replace(profile, links=[], parts=[], event_ids=b"")
    return LogoutCut(decode_profile(encode_profile(alone)), ended_s)


def earliest_stretch(profile: Profile, cuts: list[LogoutCut], after: int, since_s: float) -> Stretch:
    """Take what was done until the first cut out of a profile and out of the cuts behind it; gives that."""
    first, *later = cuts
    _tell_of_orders(first.profile, profile)
    for rest in (profile, *(cut.profile for cut in later)):
        take_out(rest, first.profile)
        rest.sketch = parted_sketch(rest.sketch, first.profile.sketch, rest.position)
        rest.first_at_s = max(rest.first_at_s, first.ended_s)
    return Stretch(first.profile, after, since_s, first.ended_s)


def _tell_of_orders(earlier: Profile, profile: Profile) -> None:
    """Let orders of before know what became of them since."""
    if earlier.orders is None:
        return
    named = {order.order_id for order in (*earlier.orders.orders, *earlier.orders.set_aside) if order.order_id}
    history = profile.history
    news = _copied([order for order in history.orders if order.order_id in named])
    aside = _copied([order for order in history.set_aside if order.order_id in named])
    items = sum(order.items for order in news)
    merge(earlier.orders, History(len(news), items, news, [], None, aside))


def _copied(orders: list[Order]) -> list[Order]:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(orders), type=list[Order])
