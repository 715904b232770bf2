"""Contact history: what reached a visitor lately, what the visitor agreed to, and whether something is to be made good
first.

Banners seen, invitations shown and messages sent stand in one record, so that one cap counts them all.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from math import ceil
from struct import Struct
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec

from models.base.texts import text_or_empty
from models.events.events import Event, promotions_of
from models.events.impressions import was_seen
from models.events.names import AGREEING_EVENTS, COMPLAINT_RESOLVED, CONSENT_EVENTS, REFUSING_EVENTS, SENT_EVENTS
from models.visitor.satisfaction import told_by

ContactChannel = Literal["banner", "on_site", "message"]
CONTACT_CHANNELS: Final[tuple[ContactChannel, ...]] = get_args(ContactChannel)
MAX_CONTACTS: Final = 60
"""Contacts kept of banners, and as many of invitations and messages; no cap can be above it."""
MAX_CAMPAIGNS: Final = 200
MAX_CASES: Final = 20
LOW_RATING: Final = 2.0
"""Stars from which down a rating is a complaint, where a site's policy says nothing else."""
LOW_SCORES: Final = {"nps": 6.0, "csat": 2.0}
"""From here down an answer is a complaint: detractors give 6 or less of 10 (Reichheld, HBR 12/2003)."""
_STARS: Final = 5
_CASE_PARAMS: Final = ("complaint_id", "case_id", "ticket_id")

_RECORD: Final = Struct(">IBB")  # epoch seconds, channel and flags, campaign
_SERVICE: Final = 0x80
_OURS: Final = 0x40
_CHANNEL: Final = 0x0F
_MESSAGE_ID: Final = re.compile(r"\d{1,6}-[0-9a-f]{24}")


class Case(msgspec.Struct, array_like=True):
    """A complaint by the shop's own number: when it was opened last and resolved last, epoch seconds, 0 for never."""

    case_id: str
    opened_at_s: float = 0.0
    resolved_at_s: float = 0.0


class ContactHistory(msgspec.Struct, array_like=True):
    """One visitor's record. Times are epoch seconds, 0 for never.

    `banners` and `messages` hold packed contacts, in order of arrival, the newest `MAX_CONTACTS` of each; `campaigns`
    are what they name. `trouble_at_s` is when the visitor last complained or gave a low score, `resolved_at_s` when
    all was last made good; `refused_at_s` and `agreed_at_s` tell of promotional messages. `cases` are complaints that
    name a case, the latest `MAX_CASES`; `rated_at_s` is when a product was last rated with each of half a star to 5.
    """

    banners: bytes = b""
    messages: bytes = b""
    campaigns: list[str] = []
    trouble_at_s: float = 0.0
    resolved_at_s: float = 0.0
    refused_at_s: float = 0.0
    agreed_at_s: float = 0.0
    cases: list[Case] = []
    rated_at_s: list[float] = []

    def suspended(self, low_rating: float = LOW_RATING) -> bool:
        """Whether a complaint is open: nothing is promoted to the visitor until the last one is resolved.

        A rating of `low_rating` stars or fewer is one.
        """
        resolved_s = self.resolved_s("")
        return (
            self.trouble_at_s > resolved_s
            or any(case.opened_at_s > self.resolved_s(case.case_id) for case in self.cases)
            or any(at_s > resolved_s and stars <= low_rating for stars, at_s in _by_stars(self.rated_at_s))
        )

    def resolved_s(self, case_id: str) -> float:
        """When a complaint was made good last, epoch seconds, 0 for never: one without number by any resolution, since
        whoever numbers each of them answers what was said without a number too."""
        told = [case.resolved_at_s for case in self.cases if case_id in ("", case.case_id)]
        return max([self.resolved_at_s, *told])

    @property
    def opted_out(self) -> bool:
        """Whether the visitor wants no promotional messages; of both told for one moment the refusal counts."""
        return 0.0 < self.refused_at_s >= self.agreed_at_s


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


def trouble_of(event: Event, low_rating: float = LOW_RATING) -> str:
    """Say what an event complains of, a rating of `low_rating` stars or fewer too; empty for one that does not."""
    if event.event == COMPLAINT_RESOLVED:
        return ""
    complains, scores = told_by(event)
    if complains:
        return "complained"
    limits = {**LOW_SCORES, "rating": low_rating}
    low = [f"{kind} {value:g}" for kind, value in scores.items() if value <= limits[kind]]
    return ", ".join(low)


def learn_contact(history: ContactHistory | None, event: Event) -> ContactHistory | None:
    """Take in what an event tells of contacts, consent and complaints; most tell nothing. May change `history`."""
    name = event.event
    if name == "view_promotion":
        if not was_seen(event):
            return history
        history = history or ContactHistory()
        for campaign, creative, _ in promotions_of(event):
            _add(history, Contact(event.at_s, "banner", campaign or creative))
        return history
    if name in SENT_EVENTS:
        contact = contact_of_message(event)
        if contact is not None:
            history = history or ContactHistory()
            _add(history, contact)
        return history
    agreed = agreement_of(event)
    if agreed is not None:
        history = history or ContactHistory()
        if agreed:
            history.agreed_at_s = max(history.agreed_at_s, event.at_s)
        else:
            history.refused_at_s = max(history.refused_at_s, event.at_s)
        return history
    return learn_complaint(history, event)


def learn_complaint(history: ContactHistory | None, event: Event) -> ContactHistory | None:
    """Take in what an event tells of complaints, and that they were made good; most tell nothing. May change
    `history`."""
    if event.event == COMPLAINT_RESOLVED:
        history = history or ContactHistory()
        case_id = case_of(event)
        if case_id:
            case = _known_case(history, case_id)
            case.resolved_at_s = max(case.resolved_at_s, event.at_s)
        else:
            history.resolved_at_s = max(history.resolved_at_s, event.at_s)
        return history
    _, scores = told_by(event)
    if "rating" in scores:
        history = history or ContactHistory()
        place = ceil(2 * scores["rating"]) - 1
        rated = _by_half_stars(history.rated_at_s)
        rated[place] = max(rated[place], event.at_s)
        history.rated_at_s = rated
    if trouble_of(event, low_rating=0.0):
        history = history or ContactHistory()
        case_id = case_of(event)
        if case_id:
            case = _known_case(history, case_id)
            case.opened_at_s = max(case.opened_at_s, event.at_s)
        else:
            history.trouble_at_s = max(history.trouble_at_s, event.at_s)
    return history


def _by_stars(rated_at_s: list[float]) -> Iterator[tuple[float, float]]:
    """Give stars, and when something was rated so; records of an older version know whole stars alone."""
    step = _STARS / len(rated_at_s) if rated_at_s else 0.0
    return (((place + 1) * step, at_s) for place, at_s in enumerate(rated_at_s))


def _by_half_stars(rated_at_s: list[float]) -> list[float]:
    """Give when something was rated with each of half a star to 5, 0 for never."""
    rated = [0.0] * 2 * _STARS
    for stars, at_s in _by_stars(rated_at_s):
        rated[int(2 * stars) - 1] = at_s
    return rated


def case_of(event: Event) -> str:
    """The shop's own number of a complaint; empty where none is named."""
    named = (text_or_empty(event.params.get(param)) for param in _CASE_PARAMS)
    return next((case_id for case_id in named if case_id), "")


def _known_case(history: ContactHistory, case_id: str) -> Case:
    """Give a case, a new one where it is not known; beyond `MAX_CASES` the one closed longest goes, else the oldest."""
    found = next((case for case in history.cases if case.case_id == case_id), None)
    if found is None:
        found = Case(case_id)
        history.cases = [*history.cases, found]
        if len(history.cases) > MAX_CASES:
            history.cases.remove(min(history.cases[:-1], key=lambda case: (_is_open(case), case.opened_at_s)))
    return found


def _is_open(case: Case) -> bool:
    return case.opened_at_s > case.resolved_at_s


def agreement_of(event: Event) -> bool | None:
    """Whether an event agrees to promotional messages or refuses them; None where it tells neither."""
    if event.event in REFUSING_EVENTS:
        return False
    if event.event in AGREEING_EVENTS:
        return True
    marketing = event.params.get("marketing") if event.event in CONSENT_EVENTS else None
    return marketing if isinstance(marketing, bool) else None


def contact_of_message(event: Event) -> Contact | None:
    """Give the contact an event of `SENT_EVENTS` is; None for what another system says of a message of ours.

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


def contacts_of(history: ContactHistory | None) -> list[Contact]:
    """Give the contacts kept: banners, then the others, each in order of arrival."""
    if history is None:
        return []
    found: list[Contact] = []
    for packed in (history.banners, history.messages):
        for at_s, flags, number in _RECORD.iter_unpack(packed):
            channel = CONTACT_CHANNELS[flags & _CHANNEL]
            found.append(
                Contact(float(at_s), channel, history.campaigns[number], not flags & _SERVICE, bool(flags & _OURS))
            )
    return found


def merged_contacts(one: ContactHistory | None, other: ContactHistory | None) -> ContactHistory | None:
    """Give one record of two visitors who turned out to be the same: the newest contacts of both, the latest word."""
    if one is None or other is None:
        return one or other
    made = ContactHistory(
        trouble_at_s=max(one.trouble_at_s, other.trouble_at_s),
        resolved_at_s=max(one.resolved_at_s, other.resolved_at_s),
        refused_at_s=max(one.refused_at_s, other.refused_at_s),
        agreed_at_s=max(one.agreed_at_s, other.agreed_at_s),
    )
    for case in (*one.cases, *other.cases):
        known = _known_case(made, case.case_id)
        known.opened_at_s = max(known.opened_at_s, case.opened_at_s)
        known.resolved_at_s = max(known.resolved_at_s, case.resolved_at_s)
    rated = zip(_by_half_stars(one.rated_at_s), _by_half_stars(other.rated_at_s), strict=True)
    made.rated_at_s = _told([max(both) for both in rated])
    for contact in sorted([*contacts_of(one), *contacts_of(other)], key=lambda contact: contact.at_s):
        _add(made, contact)
    return made


def parted_contacts(
    whole: ContactHistory | None, part: ContactHistory | None, before: ContactHistory | None
) -> ContactHistory | None:
    """Give what is left of a record once a part that had joined it is taken out again.

    What the part had said last is as it was `before`; what was said since stays.
    """
    if whole is None or part is None:
        return whole
    known, made = before or ContactHistory(), ContactHistory()
    for name in ("trouble_at_s", "resolved_at_s", "refused_at_s", "agreed_at_s"):
        told = getattr(whole, name)
        setattr(made, name, getattr(known, name) if told == getattr(part, name) else told)
    theirs, mine = ({case.case_id: case for case in history.cases} for history in (part, known))
    for case in whole.cases:
        told_case = theirs.get(case.case_id)
        earlier = mine.get(case.case_id, Case(case.case_id))
        if told_case is not None:
            case = Case(
                case.case_id,
                earlier.opened_at_s if case.opened_at_s == told_case.opened_at_s else case.opened_at_s,
                earlier.resolved_at_s if case.resolved_at_s == told_case.resolved_at_s else case.resolved_at_s,
            )
        if case.opened_at_s or case.resolved_at_s:
            made.cases = [*made.cases, case]
    rated = (_by_half_stars(history.rated_at_s) for history in (whole, part, known))
    made.rated_at_s = _told(
        [earlier if at_s == theirs_s else at_s for at_s, theirs_s, earlier in zip(*rated, strict=True)]
    )
    brought = contacts_of(part)
    for contact in contacts_of(whole):
        if contact in brought:
            brought.remove(contact)
        else:
            _add(made, contact)
    return made if made != ContactHistory() else None


def without_contacts(history: ContactHistory | None) -> ContactHistory | None:
    """Give a copy of what was agreed to and complained of, and of no contact."""
    if history is None:
        return None
    cases = [msgspec.structs.replace(case) for case in history.cases]
    return msgspec.structs.replace(history, banners=b"", messages=b"", campaigns=[], cases=cases)


def complaints_within(history: ContactHistory | None, from_s: float, until_s: float) -> ContactHistory | None:
    """Give what was complained of and made good after `from_s` and until `until_s`, epoch seconds; None for nothing."""

    def within(at_s: float) -> float:
        return at_s if from_s < at_s <= until_s else 0.0

    if history is None:
        return None
    cases = [Case(case.case_id, within(case.opened_at_s), within(case.resolved_at_s)) for case in history.cases]
    made = ContactHistory(
        trouble_at_s=within(history.trouble_at_s),
        resolved_at_s=within(history.resolved_at_s),
        cases=[case for case in cases if case.opened_at_s or case.resolved_at_s],
        rated_at_s=_told([within(at_s) for at_s in _by_half_stars(history.rated_at_s)]),
    )
    return made if made != ContactHistory() else None


def _told(rated_at_s: list[float]) -> list[float]:
    return rated_at_s if any(rated_at_s) else []


def _add(history: ContactHistory, contact: Contact) -> None:
    if contact.campaign not in history.campaigns:
        if len(history.campaigns) >= MAX_CAMPAIGNS:
            _forget_unused_campaigns(history)
        history.campaigns = [*history.campaigns, contact.campaign]
    flags = (
        CONTACT_CHANNELS.index(contact.channel)
        | (0 if contact.promotional else _SERVICE)
        | (_OURS if contact.ours else 0)
    )
    record = _RECORD.pack(int(contact.at_s), flags, history.campaigns.index(contact.campaign))
    if contact.channel == "banner":
        history.banners = (history.banners + record)[-_RECORD.size * MAX_CONTACTS :]
    else:
        history.messages = (history.messages + record)[-_RECORD.size * MAX_CONTACTS :]


def _forget_unused_campaigns(history: ContactHistory) -> None:
    """Number anew what the contacts still name: at most twice `MAX_CONTACTS`."""
    kept = contacts_of(history)
    history.banners, history.messages, history.campaigns = b"", b"", []
    for contact in kept:
        _add(history, contact)


def is_restrained(history: ContactHistory | None) -> bool:
    """Whether something lasting holds messages back: a refusal, or an open complaint."""
    return history is not None and (history.opted_out or history.suspended(_STARS - 1))


def plain_contact(history: ContactHistory | None, low_rating: float) -> dict[str, Any]:
    """Give what is in force, for a person: whether promotions are suspended, and messages refused."""
    known = history or ContactHistory()
    return {"promotions_suspended": known.suspended(low_rating), "messages_refused": known.opted_out}
