"""Contact policy: how often, and when, a site may promote to one visitor, over all channels together."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from models.base.convert import convert
from models.base.durations import DAY_S, HOUR_S
from models.base.fields import parse_object
from models.visitor.contact_history import CONTACT_CHANNELS, LOW_RATING, MAX_CONTACTS, Contact, ContactChannel
from models.visitor.holds import QUIET_HOURS, cap_code

WINDOWS_S: Final = {"hour": HOUR_S, "day": DAY_S, "week": 7 * DAY_S}
"""Sliding windows that caps count in."""
MAX_CAPS: Final = 20
LONGEST_ATTRIBUTION_DAYS: Final = 90
"""So long after a message an order may be noted beside it at most."""
_SECRET_LENGTH: Final = 16
_TIME: Final = r"^([01]\d|2[0-3]):[0-5]\d$"


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """At most `most` contacts within the window `per`, of these channels together; of each campaign where so asked."""

    most: Annotated[int, Meta(ge=1, le=MAX_CONTACTS)]
    per: Literal["hour", "day", "week"]
    channels: Annotated[tuple[ContactChannel, ...], Meta(min_length=1)] = CONTACT_CHANNELS
    each_campaign: bool = False

    @property
    def code(self) -> str:
        """The hold it makes, as state keeps it."""
        return cap_code(self.most, self.per, self.channels, each_campaign=self.each_campaign)


_SERVICE_CAPS: Final = (
    Cap(most=15, per="day", channels=("message",)),
    Cap(most=40, per="week", channels=("message",)),
)


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Hours of the day in which nothing is promoted over `channels`; they may go past midnight."""

    from_: Annotated[str, Meta(pattern=_TIME)] = msgspec.field(name="from")
    to: Annotated[str, Meta(pattern=_TIME)]
    channels: Annotated[tuple[ContactChannel, ...], Meta(min_length=1)] = ("message",)


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where actions are posted to, and the secret they are signed with."""

    url: Annotated[str, Meta(max_length=2_000)]
    secret: Annotated[str, Meta(min_length=_SECRET_LENGTH, max_length=200)]

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("webhook.url must begin with http:// or https://")


class ContactPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A site's policy; `attribution_days` is for how long after a message an order is noted beside it.

    A rating of `low_rating` stars or fewer is a complaint. `caps` are of what promotes, `service_caps` of all else that
    is sent: what tells of orders and answers has room of its own, and an end.
    """

    caps: Annotated[tuple[Cap, ...], Meta(max_length=MAX_CAPS)] = ()
    service_caps: Annotated[tuple[Cap, ...], Meta(max_length=MAX_CAPS)] = _SERVICE_CAPS
    quiet_hours: QuietHours | None = None
    time_zone: Annotated[str, Meta(max_length=64)] = "UTC"
    webhook: Webhook | None = None
    attribution_days: Annotated[float, Meta(gt=0, le=LONGEST_ATTRIBUTION_DAYS)] = 7.0
    low_rating: Annotated[float, Meta(ge=0, lt=5)] = LOW_RATING

    def __post_init__(self) -> None:
        zone(self.time_zone)
        if self.quiet_hours is not None and self.quiet_hours.from_ == self.quiet_hours.to:
            raise ValueError(f"quiet_hours must not begin and end at {self.quiet_hours.to}")


class Hold(NamedTuple):
    """Why something is held back, by a code of `models.visitor.holds`, and until when (epoch seconds)."""

    code: str
    until_s: float


def zone(name: str) -> ZoneInfo:
    """Give a time zone by its name, such as Europe/Berlin; raises ValueError for one nobody knows."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"time_zone {name!r} is not known") from error


def parse_policy(raw: object) -> ContactPolicy:
    """Check a policy as it came from outside; raises `InvalidError` that names the place and the value."""
    written = parse_object(raw, "a contact policy", code="contact_policy_invalid")
    return convert(written, ContactPolicy, "contact policy", "contact_policy_invalid")


def written_policy(policy: ContactPolicy) -> dict[str, Any]:
    """Give a policy as it may be put again."""
    plain: dict[str, Any] = msgspec.to_builtins(policy)
    return plain


def quiet_until_s(policy: ContactPolicy, channel: ContactChannel, now_s: float) -> float | None:
    """Give when the quiet hours that `now_s` lies in end; None where it lies in none.

    >>> night = QuietHours(from_="22:00", to="08:00")
    >>> quiet_until_s(ContactPolicy(quiet_hours=night), "message", now_s=1_700_000_000.0)  # 22:13:20
    1700035200.0
    """
    hours = policy.quiet_hours
    if hours is None or channel not in hours.channels:
        return None
    local = datetime.fromtimestamp(now_s, zone(policy.time_zone))
    start, end = time.fromisoformat(hours.from_), time.fromisoformat(hours.to)
    at = local.time()
    inside = start <= at < end if start < end else at >= start or at < end
    if not inside:
        return None
    day = local.date() if at < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, local.tzinfo).timestamp()


def capped(
    policy: ContactPolicy,
    contacts: Iterable[Contact],
    channel: ContactChannel,
    campaign: str,
    now_s: float,
    *,
    promotional: bool = True,
) -> Hold | None:
    """Say whether one contact more of a channel would be too many now, and when it would not be."""
    counted = [contact for contact in contacts if contact.promotional == promotional]
    found: Hold | None = None
    for cap in policy.caps if promotional else policy.service_caps:
        if channel not in cap.channels:
            continue
        times = _times(cap, counted, campaign, now_s)
        if len(times) >= cap.most:
            until_s = times[len(times) - cap.most] + WINDOWS_S[cap.per]
            if found is None or until_s > found.until_s:
                found = Hold(cap.code, until_s)
    return found


def room(policy: ContactPolicy, contacts: Sequence[Contact], channel: ContactChannel, now_s: float) -> int:
    """Give how many contacts more of a channel there is room for now, caps of single campaigns aside."""
    counted = [contact for contact in contacts if contact.promotional]
    left = MAX_CONTACTS
    for cap in policy.caps:
        if channel in cap.channels and not cap.each_campaign:
            left = min(left, max(0, cap.most - len(_times(cap, counted, "", now_s))))
    return left


def _times(cap: Cap, contacts: Sequence[Contact], campaign: str, now_s: float) -> list[float]:
    """When the contacts that a cap counts now happened, oldest first."""
    since_s = now_s - WINDOWS_S[cap.per]
    return sorted(
        contact.at_s
        for contact in contacts
        if contact.channel in cap.channels
        and contact.at_s > since_s
        and not (cap.each_campaign and contact.campaign != campaign)
    )


def held_back(
    policy: ContactPolicy, contacts: Sequence[Contact], channel: ContactChannel, campaign: str, now_s: float
) -> Hold | None:
    """Say why one contact more is held back now, and until when: by quiet hours or caps, whichever lasts longer."""
    holds: list[Hold] = []
    quiet_s = quiet_until_s(policy, channel, now_s)
    if quiet_s is not None:
        holds.append(Hold(QUIET_HOURS, quiet_s))
    cap = capped(policy, contacts, channel, campaign, now_s)
    if cap is not None:
        holds.append(cap)
    return max(holds, key=lambda hold: hold.until_s, default=None)


"""Why promotions are held back until it is resolved."""
