"""Given parts: what a profile tells those it gave stretches to, and what is left to tell once it is erased."""

from typing import Final

import msgspec

from models.visitor.cart import GroupOf
from models.visitor.identity import MAX_IDENTITY_PARTS, MAX_JOINED, Part
from models.visitor.interest_sketch import joined_sketches
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.profile_merge import merged
from models.visitor.profile_stretches import learned_of, named_joined, tell_of_orders

_NOTHING: Final = encode_profile(Profile())


def told_parts(profile: Profile, past: int, group_of: GroupOf = str) -> list[Part]:
    """Give the parts of a profile that were told, or taken back, past a log position, with all that is told of them."""
    return [
        told_part(profile, part, group_of)
        for part in profile.parts
        if part.user_id and part.told_at > past and part.state
    ]


def told_part(profile: Profile, part: Part, group_of: GroupOf = str) -> Part:
    """Give a part of a profile with all that is told of it."""
    return part if part.back else msgspec.structs.replace(part, state=encode_profile(_told(profile, part, group_of)))


def is_news(profile: Profile, device_id: str, part: Part) -> bool:
    """Whether a visitor's profile does not hold what a device gave it as it is, or still holds what it took back."""
    held = (each for each in profile.joined if (each.device_id, each.after) == (device_id, part.after) and each.until)
    known = next(held, None)
    if not part.state:  # all there was to tell of it is on its way
        return False
    return known.told_at < part.told_at if known is not None else not part.back


def forget_told(profile: Profile) -> None:
    """Keep of the parts that were told what is of use: of those that are over, only whose they are."""
    backs = [part for part in profile.parts if part.back]
    over = [msgspec.structs.replace(part, state=b"") for part in profile.parts if part.over and not part.back]
    kept = [part for part in profile.parts if not (part.back or part.over)]
    profile.parts = [*over[-MAX_JOINED:], *backs[-MAX_IDENTITY_PARTS:], *kept]


def _told(profile: Profile, part: Part, group_of: GroupOf) -> Profile:
    """What is told of a part: what devices brought it is in it, and what became of its orders since."""
    state = decode_profile(part.state)
    learned = learned_of(state)
    made = merged(learned, group_of)
    (made.sketch,) = joined_sketches([[each.profile.sketch for each in learned]])
    made.joined, made.user_id = named_joined(state.joined), state.user_id
    for other in profile.parts:
        if not (part.over or other is part or other.back or other.over):
            tell_of_orders(made, (decode_profile(other.state) if other.state else profile).orders)
    return made


def erased_profile(profile: Profile, user_id: str, position: int, past: int, group_of: GroupOf = str) -> Profile:
    """Give what is left of a profile that is erased at a log position.

    What was given of it to the visitor `user_id` is taken back; what others were given stays theirs, and is still told
    where that was past the position `past`. Without a visitor nothing of that is known any more.
    """
    backs = [
        Part(user_id, part.after, part.until, _NOTHING, position, back=True)
        for part in profile.parts
        if user_id and part.user_id == user_id
    ]
    told = {part.after: part.state for part in told_parts(profile, past, group_of)}
    others = [
        msgspec.structs.replace(part, over=True, state=told.get(part.after, b"") if not part.back else part.state)
        for part in profile.parts
        if user_id and part.user_id not in ("", user_id)
    ]
    return Profile(position=position, parts=[*others, *backs], given=position)
