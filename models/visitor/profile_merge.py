"""Profile merge: what a device learned before anybody was known goes into the profile of the visitor it belongs to.

A part joins once, and in any order: everything is a sum, a latest or earliest, or a set by name.
"""

from base64 import b64decode, b64encode
from binascii import Error
from typing import Any, Final

import msgspec

from models.events.event_ids import latest_ids
from models.events.events import Event, score_of
from models.events.names import VISITOR_JOINED
from models.events.sessions import SESSION_GAP_S
from models.visitor.cart import Cart
from models.visitor.contact_history import merged_contacts
from models.visitor.identity import MAX_JOINED, Joined, Part, join_id, owner_of_stretch
from models.visitor.interest_sketch import joined_sketch, parted_sketch
from models.visitor.order_history import History, merge
from models.visitor.profile import Profile, Session, decode_profile, remember_recent
from models.visitor.profile_parting import take_out
from models.visitor.record_before import record_before
from models.visitor.satisfaction import merged_satisfaction

_OF_TIME: Final = ("since_s", "ended_s")


def joining(site: str, device_id: str, part: Part, at_s: float, accepted_at_s: float, given_to: str = "") -> Event:
    """Give the event that carries a part to the visitor it belongs to; `given_to` is who has it once it is taken
    back."""
    params: dict[str, Any] = {"after": part.after, "until": part.until, "back": part.back}
    params |= {name: value for name in _OF_TIME if (value := getattr(part, name))}
    if given_to:
        params["given_to"] = given_to
    return Event(
        site=site,
        event=VISITOR_JOINED,
        visitor_id=part.user_id,
        user_id=part.user_id,
        device_id=device_id,
        at_s=at_s,
        accepted_at_s=accepted_at_s,
        event_id=join_id(site, device_id, part),
        params={**params, "state": b64encode(part.state).decode()},
    )


def takes_back(event: Event) -> bool:
    """Whether a joining takes a part back that was another's."""
    return event.params.get("back") is True


def read_joining(event: Event) -> tuple[Joined, Profile] | None:
    """Read what `joining` gave; None for what it cannot have given."""
    after, until, state = (event.params.get(name) for name in ("after", "until", "state"))
    if not (isinstance(after, int) and isinstance(until, int) and isinstance(state, str) and event.device_id):
        return None
    since_s, ended_s = (score_of(event.params, name) or 0.0 for name in _OF_TIME)
    try:
        joined = Joined(event.device_id, after, until, since_s, ended_s)
        return joined, decode_profile(b64decode(state, validate=True))
    except (Error, msgspec.DecodeError, msgspec.ValidationError):
        return None


def is_new(profile: Profile, joined: Joined) -> bool:
    """Whether a profile does not hold a part yet."""
    return not any(known.is_same(joined) for known in profile.joined)


def join(profile: Profile, joined: Joined, part: Profile) -> bool:
    """Make a part of a profile all that a device learned, but for the vectors; False where it is in already."""
    if not is_new(profile, joined):
        return False
    kept = [known for known in profile.joined if known.device_id != joined.device_id or known.until]
    if part.contact_history or part.satisfaction or part.intent:
        before = record_before(profile.contact_history, profile.satisfaction, intent=profile.intent)
        joined = msgspec.structs.replace(joined, before=before)
    profile.joined = [*kept, *part.joined, joined][-MAX_JOINED:]
    if not part.events_seen:
        return True
    first = profile.events_seen == 0
    has_lived, part_has_lived = profile.sessions > 0, part.sessions > 0
    profile.events_seen += part.events_seen
    profile.bot_events += part.bot_events
    profile.counts = [count + other for count, other in zip(profile.counts, part.counts, strict=True)]
    profile.first_at_s = part.first_at_s if first else min(profile.first_at_s, part.first_at_s)
    _join_sessions(profile, part)
    if first or part.last_at_s >= profile.last_at_s:
        profile.device = part.device or profile.device
        profile.region = part.region or profile.region
    profile.device, profile.region = profile.device or part.device, profile.region or part.region
    if has_lived == part_has_lived:
        profile.last_at_s = max(profile.last_at_s, part.last_at_s)
    elif part_has_lived:
        profile.last_at_s = part.last_at_s
    profile.accepted_at_s = max(profile.accepted_at_s, part.accepted_at_s)
    touches = [touch for touch in (profile.first_touch, part.first_touch) if touch is not None]
    profile.first_touch = min(touches, key=lambda touch: touch.at_s, default=None)
    touches = [touch for touch in (profile.last_touch, part.last_touch) if touch is not None]
    profile.last_touch = max(touches, key=lambda touch: touch.at_s, default=None)
    for seen in part.recent:
        remember_recent(profile, seen)
    if part.orders is not None:
        profile.orders = profile.orders or History()
        merge(profile.orders, part.orders)
    _join_carts(profile, part)
    profile.event_ids = latest_ids(part.event_ids + profile.event_ids)
    profile.intent = profile.intent or part.intent
    profile.satisfaction = merged_satisfaction(profile.satisfaction, part.satisfaction)
    profile.contact_history = merged_contacts(profile.contact_history, part.contact_history)
    return True


def corrected_parts(profile: Profile) -> list[Part]:
    """Give the parts a device has given away, by all it knows now: one that went to another than whose it was, since a
    login was told late, is taken back and given anew."""
    made: list[Part] = []
    for part in profile.parts:
        owner = "" if part.back else owner_of_stretch(profile.links, decode_profile(part.state).last_at_s)
        if owner in ("", part.user_id):
            made.append(part)
            continue
        made.append(msgspec.structs.replace(part, told_at=profile.position, back=True))
        made.append(msgspec.structs.replace(part, user_id=owner, told_at=profile.position))
    return made


def part_from(profile: Profile, joined: Joined, part: Profile) -> bool:
    """Take out of a profile what a part brought, but for the vectors; False where it is not in.

    What cannot be told apart stays: when the visitor was seen first and last.
    """
    held = next((known for known in profile.joined if known.is_same(joined)), None)
    if held is None:
        return False
    profile.joined = [known for known in profile.joined if not known.is_same(joined) and known not in part.joined]
    take_out(profile, part, held.before)
    return True


def join_part(profile: Profile, device_id: str, part: Part) -> None:
    """Make a part of a profile all that a device gave away, unless it is in already; or take it out again."""
    state = decode_profile(part.state)
    joined = Joined(device_id, part.after, part.until, part.since_s, part.ended_s)
    if part.back:
        if part_from(profile, joined, state):
            profile.sketch = parted_sketch(profile.sketch, state.sketch, profile.position)
        return
    if join(profile, joined, state):
        profile.sketch = joined_sketch(profile.sketch, state.sketch, profile.position)


def _join_carts(profile: Profile, part: Profile) -> None:
    """Add the part's cart; what was ordered since is in it no more."""
    ordered = {purchases.item_id: purchases.last_at_s for purchases in profile.history.item_purchases}
    lines = [line for line in part.cart if ordered.get(line.item_id, 0) <= line.at_s]
    cart = Cart(profile.cart, profile.removals)
    cart.join(Cart(lines, part.removals))
    profile.cart, profile.removals = cart.lines, cart.removals


def _join_sessions(profile: Profile, part: Profile) -> None:
    """Sum the sessions; the two latest are one where no gap lies between them."""
    mine, other = profile.session, part.session
    profile.sessions += part.sessions
    if not mine.events or not other.events:
        profile.session = mine if mine.events else other
        return
    older, newer = sorted((mine, other), key=lambda seen: (seen.last_at_s, seen.started_at_s))
    if newer.started_at_s - older.last_at_s > SESSION_GAP_S:
        profile.session = newer
        return
    profile.sessions -= 1
    profile.session = Session(
        newer.session_id or older.session_id,
        min(mine.started_at_s, other.started_at_s),
        newer.last_at_s,
        mine.events + other.events,
        {**older.open_sessions, **newer.open_sessions},
    )
