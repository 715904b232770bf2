"""Contact history: what reached a visitor lately, what the visitor agreed to, and whether something is to be made good
first.

Banners seen, invitations shown and messages sent stand in one record, so that one cap counts them all.
"""

import re
from hashlib import blake2b
from struct import Struct
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec

from models.events.events import Event, promotions_of
from models.events.impressions import was_seen
from models.events.names import COMPLAINT_RESOLVED, SENT_EVENTS
from models.visitor.satisfaction import told_by

ContactChannel = Literal["banner", "on_site", "message"]
CONTACT_CHANNELS: Final[tuple[ContactChannel, ...]] = get_args(ContactChannel)
MAX_TOUCHES: Final = 60
"""Touches kept of banners, and as many of invitations and messages; no cap can be above it."""
MAX_CAMPAIGNS: Final = 200
LOW_SCORES: Final = {"nps": 6.0, "csat": 2.0, "rating": 2.0}
"""From here down an answer is a complaint: detractors give 6 or less of 10 (Reichheld, HBR 12/2003)."""

_REFUSES: Final = frozenset({"email_unsubscribed", "message_unsubscribed", "unsubscribed"})
_AGREES: Final = frozenset({"email_subscribed", "message_subscribed", "subscribed"})
_CONSENT: Final = frozenset({"consent", "consent_updated"})
_RECORD: Final = Struct(">IBB")  # epoch seconds, channel and flags, campaign
_SERVICE: Final = 0x80
_OURS: Final = 0x40
_CHANNEL: Final = 0x0F
_MESSAGE_ID: Final = re.compile(r"\d{1,6}-[0-9a-f]{24}")


class ContactHistory(msgspec.Struct, array_like=True):
    """One visitor's record. Times are epoch seconds, 0 for never.

    `banners` and `messages` hold packed touches, in order of arrival, the newest `MAX_TOUCHES` of each; `campaigns` are
    what they name. `trouble_at_s` is when the visitor last complained or gave a low score, `resolved_at_s` when that
    was last made good; `refused_at_s` and `agreed_at_s` tell of promotional messages.
    """

    banners: bytes = b""
    messages: bytes = b""
    campaigns: list[str] = []
    trouble_at_s: float = 0.0
    resolved_at_s: float = 0.0
    refused_at_s: float = 0.0
    agreed_at_s: float = 0.0

    @property
    def suspended(self) -> bool:
        """Whether a complaint is open: nothing is promoted to the visitor until it is resolved."""
        return self.trouble_at_s > self.resolved_at_s

    @property
    def opted_out(self) -> bool:
        """Whether the visitor wants no promotional messages."""
        return self.refused_at_s > self.agreed_at_s


class Contact(NamedTuple):
    """One banner seen, invitation shown or message sent; `ours` was sent by a trigger."""

    at_s: float
    channel: ContactChannel
    campaign: str
    promotional: bool = True
    ours: bool = False


def message_id(partition: int, site: str, visitor_id: str, trigger_id: str, subject: str) -> str:
    """Give the id of a trigger's message: the same for the same thing, so that it is sent once.

    >>> is_message_id(message_id(3, "shop", "v1", "cart-left", "cart:1"))
    True
    """
    named = "\x1f".join((site, visitor_id, trigger_id, subject))
    return f"{partition}-{blake2b(named.encode(), digest_size=12).hexdigest()}"


def is_message_id(value: object) -> bool:
    """Whether this is the id of one of our own messages."""
    return isinstance(value, str) and _MESSAGE_ID.fullmatch(value) is not None


def partition_of_message(value: str) -> int:
    """Give the log partition of the visitor a message was sent to, by its id."""
    return int(value.partition("-")[0])


def trouble_of(event: Event) -> str:
    """Say what an event complains of; empty for one that does not."""
    if event.event == COMPLAINT_RESOLVED:
        return ""
    complains, scores = told_by(event)
    if complains:
        return "complained"
    low = [f"{kind} {value:g}" for kind, value in scores.items() if value <= LOW_SCORES[kind]]
    return ", ".join(low)


def learn_contact(contact: ContactHistory | None, event: Event) -> ContactHistory | None:
    """Take in what an event tells of contacts, consent and complaints; most tell nothing. May change `contact`."""
    name = event.event
    if name == "view_promotion":
        if not was_seen(event):
            return contact
        contact = contact or ContactHistory()
        for campaign, creative, _ in promotions_of(event):
            _add(contact, Contact(event.at_s, "banner", campaign or creative))
        return contact
    if name in SENT_EVENTS:
        touch = touch_of_message(event)
        if touch is not None:
            contact = contact or ContactHistory()
            _add(contact, touch)
        return contact
    if name == COMPLAINT_RESOLVED:
        contact = contact or ContactHistory()
        contact.resolved_at_s = max(contact.resolved_at_s, event.at_s)
        return contact
    agreed = agreement_of(event)
    if agreed is not None:
        contact = contact or ContactHistory()
        if agreed:
            contact.agreed_at_s = max(contact.agreed_at_s, event.at_s)
        else:
            contact.refused_at_s = max(contact.refused_at_s, event.at_s)
        return contact
    if trouble_of(event):
        contact = contact or ContactHistory()
        contact.trouble_at_s = max(contact.trouble_at_s, event.at_s)
    return contact


def agreement_of(event: Event) -> bool | None:
    """Whether an event agrees to promotional messages or refuses them; None where it tells neither."""
    if event.event in _REFUSES:
        return False
    if event.event in _AGREES:
        return True
    marketing = event.params.get("marketing") if event.event in _CONSENT else None
    return marketing if isinstance(marketing, bool) else None


def touch_of_message(event: Event) -> Contact | None:
    """Give the touch an event of `SENT_EVENTS` is; None for another system's word on a message of ours, counted before.

    `params.purpose` `service` or `transactional` marks what promotes nothing.
    """
    params = event.params
    ours = is_message_id(params.get("message_id"))
    if ours and event.event_id != params["message_id"]:
        return None
    channel: ContactChannel = "on_site" if params.get("channel") == "on_site" else "message"
    promotional = params.get("purpose") not in ("service", "transactional")
    campaign = params.get("campaign")
    return Contact(event.at_s, channel, campaign if isinstance(campaign, str) else "", promotional, ours)


def touches_of(contact: ContactHistory | None) -> list[Contact]:
    """Give the touches kept: banners, then the others, each in order of arrival."""
    if contact is None:
        return []
    found: list[Contact] = []
    for packed in (contact.banners, contact.messages):
        for at_s, flags, number in _RECORD.iter_unpack(packed):
            channel = CONTACT_CHANNELS[flags & _CHANNEL]
            found.append(
                Contact(float(at_s), channel, contact.campaigns[number], not flags & _SERVICE, bool(flags & _OURS))
            )
    return found


def merged_contacts(one: ContactHistory | None, other: ContactHistory | None) -> ContactHistory | None:
    """Give one record of two visitors who turned out to be the same: the newest touches of both, the latest word."""
    if one is None or other is None:
        return one or other
    made = ContactHistory(
        trouble_at_s=max(one.trouble_at_s, other.trouble_at_s),
        resolved_at_s=max(one.resolved_at_s, other.resolved_at_s),
        refused_at_s=max(one.refused_at_s, other.refused_at_s),
        agreed_at_s=max(one.agreed_at_s, other.agreed_at_s),
    )
    for touch in sorted([*touches_of(one), *touches_of(other)], key=lambda touch: touch.at_s):
        _add(made, touch)
    return made


def _add(contact: ContactHistory, touch: Contact) -> None:
    if touch.campaign not in contact.campaigns:
        if len(contact.campaigns) >= MAX_CAMPAIGNS:
            _forget_unused_campaigns(contact)
        contact.campaigns = [*contact.campaigns, touch.campaign]
    flags = (
        CONTACT_CHANNELS.index(touch.channel) | (0 if touch.promotional else _SERVICE) | (_OURS if touch.ours else 0)
    )
    record = _RECORD.pack(int(touch.at_s), flags, contact.campaigns.index(touch.campaign))
    if touch.channel == "banner":
        contact.banners = (contact.banners + record)[-_RECORD.size * MAX_TOUCHES :]
    else:
        contact.messages = (contact.messages + record)[-_RECORD.size * MAX_TOUCHES :]


def _forget_unused_campaigns(contact: ContactHistory) -> None:
    """Number anew what the touches still name: at most twice `MAX_TOUCHES`."""
    kept = touches_of(contact)
    contact.banners, contact.messages, contact.campaigns = b"", b"", []
    for touch in kept:
        _add(contact, touch)


def plain_contact(contact: ContactHistory | None) -> dict[str, Any]:
    """Give what is in force, for a person: whether promotions are suspended, and messages refused."""
    known = contact or ContactHistory()
    return {"promotions_suspended": known.suspended, "messages_refused": known.opted_out}
