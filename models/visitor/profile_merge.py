"""Profile merge: what was learned apart, on several devices or in several stretches of time, as one profile.

It is worked out anew from all that is kept apart whenever something changes, always in the same order. So it hangs on
what was told, and never on when a part arrived; and a part that is taken back leaves nothing behind.
"""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import msgspec

from models.events.sessions import SESSION_GAP_S
from models.visitor.cart import GroupOf, carts_together
from models.visitor.contact_history import merged_contacts
from models.visitor.order_history import History, merge
from models.visitor.profile import COUNTED, MAX_RECENT, Profile, RecentItem, Session, cart_of, put_cart, seen_again
from models.visitor.satisfaction import merged_satisfaction


class Learned(NamedTuple):
    """What was learned apart, and where it comes from: `device_id` is empty for the profile's own.

    `met_s` are the beginnings of the visits the visitor was in as the device became known as theirs.
    """

    profile: Profile
    device_id: str = ""
    after: int = 0
    met_s: Sequence[float] = ()


def merged(learned: Sequence[Learned], group_of: GroupOf = str) -> Profile:
    """Give one profile of all that was learned apart, which stays as it is; all but the vectors.

    Of the log it names nothing: no position, event ids or parts. `group_of` tells of which group an item is a variant.
    """
    told = sorted(learned, key=lambda each: (each.profile.first_at_s, each.device_id, each.after))
    everybody = [each.profile for each in told]
    known = [profile for profile in everybody if profile.events_seen]
    people = [profile for profile in known if not profile.is_bot] or known
    lived = [profile for profile in people if profile.sessions]
    latest = sorted(lived or people, key=lambda profile: profile.last_at_s)
    touches = [touch for profile in known for touch in (profile.first_touch, profile.last_touch) if touch is not None]
    made = Profile(
        events_seen=sum(profile.events_seen for profile in known),
        bot_events=sum(profile.bot_events for profile in known),
        counts=[sum(counts) for counts in zip(*(profile.counts for profile in known), strict=True)]
        or [0] * len(COUNTED),
        first_at_s=min((profile.first_at_s for profile in people), default=0.0),
        last_at_s=latest[-1].last_at_s if latest else 0.0,
        accepted_at_s=max((profile.accepted_at_s for profile in everybody), default=0.0),
        sessions=_sessions(told),
        session=reduce(_latest_session, (profile.session for profile in known), Session()),
        first_touch=min(touches, key=lambda touch: touch.at_s, default=None),
        last_touch=max(touches, key=lambda touch: touch.at_s, default=None),
        device=next((profile.device for profile in reversed(latest) if profile.device), ""),
        region=next((profile.region for profile in reversed(latest) if profile.region), ""),
        orders=_orders([profile.orders for profile in everybody if profile.orders is not None]),
        recent=_recent(known),
        intent=any(profile.intent for profile in everybody),
        satisfaction=reduce(merged_satisfaction, (profile.satisfaction for profile in everybody), None),
        contact_history=reduce(merged_contacts, (profile.contact_history for profile in everybody), None),
    )
    put_cart(made, carts_together([cart_of(profile) for profile in everybody], group_of))
    return made


def _recent(profiles: Sequence[Profile]) -> list[RecentItem]:
    if len(profiles) == 1:
        return list(profiles[0].recent)
    found: dict[str, RecentItem] = {}
    for profile in profiles:
        for seen in profile.recent:
            known = found.get(seen.item_id)
            found[seen.item_id] = seen if known is None else seen_again(known, seen)
    return sorted(found.values(), key=lambda seen: (seen.at_s, seen.item_id))[-MAX_RECENT:]


def _orders(histories: Sequence[History]) -> History | None:
    if len(histories) < 2:
        return histories[0] if histories else None
    made = History()
    for history in histories:
        merge(made, copied_orders(history))
    return made


def copied_orders(history: History) -> History:
    """Give a copy of orders that may be changed."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(history), type=History)


def _sessions(told: Sequence[Learned]) -> int:
    """Sum the sessions; what began in another's latest one is of that, and so is what a device had done until its
    visitor was met in a visit."""
    lived = [each for each in told if each.profile.sessions]
    own_s = min((each.profile.first_at_s for each in lived if not each.device_id), default=0.0)
    count = 0
    for place, each in enumerate(lived):
        session = each.profile.session
        begun = any(_is_within(each.profile.first_at_s, before.profile.session) for before in lived[:place])
        met = any(met_s > own_s and _is_within(met_s, session) for met_s in each.met_s)
        count += each.profile.sessions - (begun or met)
    return max(count, min(1, len(lived)))


def _is_within(at_s: float, session: Session) -> bool:
    return session.started_at_s - SESSION_GAP_S <= at_s <= session.last_at_s + SESSION_GAP_S


def _latest_session(one: Session, other: Session) -> Session:
    """Give the later of two sessions; both as one where no gap lies between them."""
    if not one.events or not other.events:
        return one if one.events else other
    older, newer = sorted((one, other), key=lambda seen: (seen.last_at_s, seen.started_at_s))
    if newer.started_at_s - older.last_at_s > SESSION_GAP_S:
        return newer
    return Session(
        newer.session_id or older.session_id,
        min(one.started_at_s, other.started_at_s),
        newer.last_at_s,
        one.events + other.events,
        {**older.open_sessions, **newer.open_sessions},
    )
