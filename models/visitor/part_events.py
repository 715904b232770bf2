"""Part events: what carries a stretch of a device's profile to the visitor it belongs to, and takes it back."""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from models.events.events import Event, encode_event, score_of
from models.events.names import VISITOR_JOINED
from models.visitor.identity import Joined, Part, join_id
from models.visitor.profile import Profile, decode_profile

_OF_TIME: Final = ("since_s", "ended_s")


def joining(site: str, device_id: str, part: Part, at_s: float, accepted_at_s: float, given_to: str = "") -> Event:
    """Give the event that carries a part to the visitor it belongs to; `given_to` is who has it once it is taken
    back."""
    params: dict[str, Any] = {"after": part.after, "until": part.until, "told_at": part.told_at, "back": part.back}
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


def part_notices(site: str, device_id: str, parts: Sequence[Part], at_s: float, accepted_at_s: float) -> list[bytes]:
    """Give the events that tell visitors of the parts a device has given them, or taken back, in their stored form."""
    holders = {part.after: part.user_id for part in parts if not part.back}
    return [
        encode_event(
            joining(site, device_id, part, at_s, accepted_at_s, holders.get(part.after, "") if part.back else "")
        )
        for part in parts
    ]


def takes_back(event: Event) -> bool:
    """Whether a joining takes a part back that was another's."""
    return event.params.get("back") is True


def read_joining(event: Event) -> tuple[Joined, Profile] | None:
    """Read what `joining` gave; None for what it cannot have given."""
    after, until, state = (event.params.get(name) for name in ("after", "until", "state"))
    if not (isinstance(after, int) and isinstance(until, int) and isinstance(state, str) and event.device_id):
        return None
    told_at = event.params.get("told_at")
    told_at = told_at if isinstance(told_at, int) and told_at else until  # older releases told each part once
    since_s, ended_s = (score_of(event.params, name) or 0.0 for name in _OF_TIME)
    try:
        stored = b64decode(state, validate=True)
        profile = decode_profile(stored)
        hands = 1 + max((joined.hands for joined in profile.joined if joined.until), default=0)
        return Joined(event.device_id, after, until, since_s, ended_s, None, told_at, stored, hands=hands), profile
    except (Error, msgspec.DecodeError, msgspec.ValidationError):
        return None
