"""Context of an impression: what the click model knows of the moment a creative was shown.

The learner makes it from the events it has seen, the API from the profile; both by `context_of`, so that what is
learned is what is asked for. Every part has few values: nothing a client sends can make the model grow.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from models.bandit.creative_affinity import AFFINITY_BUCKETS
from models.base.durations import HOUR_S
from models.events.device import device_of
from models.events.events import Event
from models.events.traffic_source import Touch, touch_of

HOURS_A_BAND: Final = 6
ECHO: Final = "echo"
"""The visitor came by the campaign the creative belongs to."""
MAX_POSITION: Final = 24

_MEDIA: Final = {
    "cpc": "paid", "ppc": "paid", "paid": "paid", "display": "paid", "cpm": "paid", "paid_social": "paid",
    "email": "email", "e-mail": "email", "newsletter": "email", "sms": "email", "push": "email",
    "organic": "organic", "social": "social", "referral": "referral", "affiliate": "referral",
}  # fmt: skip


class Context(NamedTuple):
    """Names of what held when a creative was shown.

    `shared` moves every creative's chance alike (a slot seen more, an hour with more clicks); `own` are those of which
    each creative also learns its own difference (who likes it, on which device).
    """

    shared: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


class Arrival(msgspec.Struct, array_like=True):
    """How a visitor is here: device, and the latest touch's medium, campaign and source, each empty where not told."""

    device: str = ""
    medium: str = ""
    campaign: str = ""
    touch_at_s: float = 0.0
    source: str = ""

    def learn_one(self, event: Event) -> None:
        """Take in what an event tells of device and touch."""
        self.device = device_of(event) or self.device
        touch = touch_of(event)
        if touch is not None and touch.at_s >= self.touch_at_s:
            self.source, self.medium = touch.source, touch.medium
            self.campaign, self.touch_at_s = touch.campaign, touch.at_s


def slot_in(context: Context) -> str:
    """Give the slot a context tells of, `placement:position`; empty where it tells of none.

    >>> slot_in(Context(("affinity:high", "slot:hero:0")))
    'hero:0'
    """
    return next((name.removeprefix("slot:") for name in context.shared if name.startswith("slot:")), "")


def arrival_of(device: str, touch: Touch | None) -> Arrival:
    """Give the arrival a profile tells of."""
    return Arrival(device) if touch is None else Arrival(device, touch.medium, touch.campaign, touch.at_s, touch.source)


def context_of(bucket: str, arrival: Arrival, campaign_id: str, at_s: float, slot: str = "") -> Context:
    """Give the context of an impression.

    Parameters
    ----------
    bucket
        The visitor's affinity to the creative, as `models.bandit.creative_affinity.bucket_of` names it.
    arrival
        How the visitor is here.
    campaign_id
        The creative's campaign.
    at_s
        When it is shown, epoch seconds; its hour is UTC's.
    slot
        Placement and position, `slot_of` has checked; left out when asking which creative is best for one slot.

    >>> context_of("high", Arrival("mobile"), "spring", at_s=0.0, slot="hero:0")
    Context(shared=('affinity:high', 'device:mobile', 'hours:0', 'slot:hero:0'), own=('affinity:high', 'device:mobile'))
    """
    own = [f"affinity:{bucket}"] if bucket != AFFINITY_BUCKETS[0] else []
    if arrival.device:
        own.append(f"device:{arrival.device}")
    if arrival.medium:
        own.append(f"medium:{_MEDIA.get(arrival.medium.casefold(), 'other')}")
    shared = [*own, f"hours:{int(at_s // HOUR_S) % 24 // HOURS_A_BAND}"]
    if campaign_id and arrival.campaign == campaign_id:
        shared.append(ECHO)
    if slot:
        shared.append(f"slot:{slot}")
    return Context(tuple(shared), tuple(own))


def slot_of(named: str, placements: Mapping[str, object]) -> str:
    """Give `placement:position` as an event names it, empty where there is no such slot."""
    placement, _, position = named.rpartition(":")
    known = placement in placements and position.isascii() and position.isdecimal() and len(position) <= 2
    return f"{placement}:{int(position)}" if known and int(position) < MAX_POSITION else ""
