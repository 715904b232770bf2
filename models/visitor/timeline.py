"""Timeline: a visitor's touchpoints of every channel, kept as short entries and told in words.

An entry is written once, from one event; visits, dwell times and what followed a click are worked out when the
timeline is read, so that a late event falls into its place.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from models.events.device import device_of
from models.events.events import Event, order_named, promotions_of, score_of
from models.events.names import CLICKED_MESSAGES, OFF_SITE_EVENTS, ORDERED_EVENTS
from models.events.presence import alive
from models.events.region import region_of
from models.events.sessions import SESSION_GAP_S, Moment, visits_of
from models.events.traffic_source import Origin, origin_of

MAX_ENTRIES: Final = 1_000
"""Entries kept of a visitor; beyond it the oldest goes."""
MAX_ENTRY_ITEMS: Final = 10
MAX_ENTRY_PARAMS: Final = 16
MAX_ENTRY_TEXT: Final = 200
MAX_FOLLOWED: Final = 10

_KINDS: Final = {
    "page_view": "page_view",
    "screen_view": "page_view",
    "search": "search",
    "view_search_results": "search",
    "view_item": "product_view",
    "select_item": "product_view",
    "view_item_list": "list_view",
    "add_to_wishlist": "wishlist",
    "add_to_cart": "cart",
    "remove_from_cart": "cart",
    "view_cart": "cart",
    "begin_checkout": "checkout",
    "add_shipping_info": "checkout",
    "add_payment_info": "checkout",
    "purchase": "order",
    "order_created": "order",
    "order_paid": "order",
    "order_shipped": "order",
    "order_out_for_delivery": "order",
    "order_delivered": "order",
    "order_returned": "order",
    "order_cancelled": "order",
    "refund": "order",
    "select_promotion": "promotion",
    "campaign_details": "arrival",
    "review_added": "review",
    "survey_answered": "survey",
    "call_ended": "call",
    "complaint_made": "complaint",
    "complaint_resolved": "complaint",
    "sign_up": "account",
    "login": "account",
    "logout": "account",
    "loyalty_updated": "loyalty",
    "birthday_given": "birthday",
}
_FAMILIES: Final = (("email_", "mail"), ("message_", "message"), ("chat_", "chat"), ("call_", "call"))
_LEFT_OUT: Final = frozenset({"view_promotion", "campaign_cost", "user_engagement", "scroll"})
"""Events that are no touchpoints: banners that came into view, what a campaign cost, GA4's measurements of a page."""
_DROPPED: Final = frozenset({"decision_id", "dwell_ms", "engagement_time_msec", "viewable", "page_referrer"})
_LOOKED: Final = frozenset({"page_view", "search", "product_view", "list_view"})
"""Kinds that last: their dwell time is told."""


class EntryItem(msgspec.Struct, array_like=True, frozen=True):
    """An item of an entry."""

    item_id: str
    name: str = ""
    price: float | None = None
    quantity: int | float = 1


class TimelineEntry(msgspec.Struct, array_like=True, frozen=True):
    """One touchpoint as it is stored; `at_s` in epoch seconds, `dwell_ms` as the event told it, -1 where it did not.

    `off_site` ones belong to no visit (`models.events.presence`).
    """

    position: int
    at_s: float
    event: str
    session_id: str = ""
    params: dict[str, Any] = {}
    items: tuple[EntryItem, ...] = ()
    origin: Origin | None = None
    region: str = ""
    device: str = ""
    dwell_ms: float = -1.0
    off_site: bool | None = None

    @property
    def as_moment(self) -> Moment:
        """What it is for cutting visits; entries of an older version do not say whether they are off site."""
        click = self.event in CLICKED_MESSAGES
        off_site = self.event in OFF_SITE_EVENTS if self.off_site is None else self.off_site
        campaign = self.origin.campaign if self.origin is not None else ""
        return Moment(self.at_s, self.session_id, off_site, click and not self.session_id, campaign)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(TimelineEntry)


def encode_entry(entry: TimelineEntry) -> bytes:
    """Give the stored form."""
    return _encoder.encode(entry)


def decode_entry(value: bytes) -> TimelineEntry:
    """Read the stored form."""
    return _decoder.decode(value)


def timeline_entry_of(position: int, event: Event) -> TimelineEntry | None:
    """Give an event's entry, or None for an event that is no touchpoint."""
    if event.event in _LEFT_OUT or event.event.startswith("_"):
        return None
    params = event.params
    dwell = score_of(params, "dwell_ms") if params else None
    dwell = score_of(params, "engagement_time_msec") if params and dwell is None else dwell
    return TimelineEntry(
        position,
        event.at_s,
        event.event,
        event.session_id,
        _params(event) if params or event.event == "select_promotion" else {},
        tuple(
            [
                EntryItem(item.item_id, item.name[:MAX_ENTRY_TEXT], item.price, item.quantity)
                for item in event.items[:MAX_ENTRY_ITEMS]
            ]
        ),
        origin_of(event) if params or event.context else None,
        region_of(event),
        device_of(event) if event.context else "",
        -1.0 if dwell is None else dwell,
        not alive(event),
    )


def _params(event: Event) -> dict[str, Any]:
    """Keep the first `MAX_ENTRY_PARAMS` plain values, texts cut, and what was clicked."""
    kept: dict[str, Any] = {}
    if event.event == "select_promotion" and (named := promotions_of(event)):
        campaign, creative, slot = named[0]
        kept = {"promotion_id": campaign, "creative_name": creative, "creative_slot": slot}
    for name, value in event.params.items():
        if name in _DROPPED or not isinstance(value, (str, int, float, bool)):
            continue
        if isinstance(value, int) and abs(value) >= 2**63:
            value = str(value)  # past what the stored form's whole numbers hold
        kept[name] = value[:MAX_ENTRY_TEXT] if isinstance(value, str) else value
        if len(kept) == MAX_ENTRY_PARAMS:
            break
    return kept


def kind_of(event: str) -> str:
    """Give the kind of touchpoint an event is, such as `mail` or `order`; `other` where the name says nothing.

    >>> kind_of("email_opened"), kind_of("purchase"), kind_of("dance")
    ('mail', 'order', 'other')
    """
    known = _KINDS.get(event)
    return known or next((kind for start, kind in _FAMILIES if event.startswith(start)), "other")


class DescribedEntry(msgspec.Struct, frozen=True):
    """A touchpoint with all that the others tell of it.

    `visit` is shared by the entries of one visit, None off site; `dwell_ms` None where nothing tells it.
    """

    entry: TimelineEntry
    kind: str
    dwell_ms: float | None
    visit: dict[str, Any] | None
    followed: dict[str, Any] | None

    @property
    def cursor(self) -> tuple[int, int]:
        """Where it stands: microseconds of event time, then log position."""
        return cursor_of(self.entry)


def cursor_of(entry: TimelineEntry) -> tuple[int, int]:
    """Give an entry's place on the timeline: microseconds of event time, then log position."""
    return round(entry.at_s * 1e6), entry.position


def describe_entries(entries: Iterable[TimelineEntry]) -> list[DescribedEntry]:
    """Put entries in order, newest first, with visits, dwell times and what followed each clicked mail or message."""
    ordered = sorted(entries, key=cursor_of)
    numbers = visits_of(_moments(ordered))
    members: dict[int, list[int]] = {}
    for index, number in enumerate(numbers):
        if number >= 0:
            members.setdefault(number, []).append(index)
    dwell: list[float | None] = [None] * len(ordered)
    for indices in members.values():
        for index, after in zip(indices, [*indices[1:], None], strict=True):
            dwell[index] = _dwell_ms(ordered[index], None if after is None else ordered[after])
    visits = {number: _visit([ordered[index] for index in indices]) for number, indices in members.items()}
    told: list[DescribedEntry] = []
    for index, (entry, number) in enumerate(zip(ordered, numbers, strict=True)):
        followed = None
        if entry.event in CLICKED_MESSAGES:
            later = [other for other in members[number] if other > index]
            until = next((other for other in later if ordered[other].event in CLICKED_MESSAGES), len(ordered))
            followed = _followed([(ordered[other], dwell[other]) for other in later if other < until])
        visit = visits.get(number)
        told.append(DescribedEntry(entry, kind_of(entry.event), dwell[index], visit, followed))
    return told[::-1]


def _moments(ordered: Sequence[TimelineEntry]) -> list[Moment]:
    """What entries are for cutting visits; an order told again without a session brings nobody to the site again."""
    told: set[str] = set()
    moments: list[Moment] = []
    for entry in ordered:
        moment = entry.as_moment
        order_id = order_named(entry.params) if entry.event in ORDERED_EVENTS and not moment.off_site else ""
        if order_id:
            moment = moment._replace(off_site=order_id in told and not entry.session_id)
            told.add(order_id)
        moments.append(moment)
    return moments


def _dwell_ms(entry: TimelineEntry, after: TimelineEntry | None) -> float | None:
    """How long an entry was looked at: as its event told, else until the next event of the visit."""
    if kind_of(entry.event) not in _LOOKED:
        return None
    if entry.dwell_ms >= 0:
        return entry.dwell_ms
    return None if after is None else round(min(after.at_s - entry.at_s, SESSION_GAP_S) * 1000, 3)


def _visit(entries: Sequence[TimelineEntry]) -> dict[str, Any]:
    """Tell a visit: when, and where it came from by the first event that tells; direct where none does."""
    origin = next((entry.origin for entry in entries if entry.origin is not None), Origin(channel="direct"))
    return {
        "session_id": next((entry.session_id for entry in entries if entry.session_id), ""),
        "started_at_s": entries[0].at_s,
        "ended_at_s": entries[-1].at_s,
        "events": len(entries),
        "source": {
            **{name: getattr(origin, name) or None for name in Origin.__struct_fields__},
            "region": next((entry.region for entry in entries if entry.region), None),
            "device": next((entry.device for entry in entries if entry.device), None),
        },
    }


def _followed(entries: Sequence[tuple[TimelineEntry, float | None]]) -> dict[str, Any]:
    """Tell what was looked at after a click, and for how long."""
    looked = [(entry, dwell) for entry, dwell in entries if kind_of(entry.event) in _LOOKED]
    return {
        "entries": len(entries),
        "dwell_ms": round(sum(dwell or 0.0 for _, dwell in looked), 3),
        "looked_at": [(entry, dwell) for entry, dwell in looked[:MAX_FOLLOWED]],
    }


_TITLES: Final = {
    "page_view": "Looked at {page}",
    "screen_view": "Looked at {page}",
    "search": "Searched for “{search_term}”",
    "view_search_results": "Looked at the results for “{search_term}”",
    "view_item": "Looked at {items}",
    "select_item": "Chose {items} from a list",
    "view_item_list": "Looked at a list with {items}",
    "add_to_wishlist": "Put {items} on the wish list",
    "add_to_cart": "Put {items} into the cart",
    "remove_from_cart": "Took {items} out of the cart",
    "view_cart": "Looked at the cart",
    "begin_checkout": "Went to the checkout",
    "add_shipping_info": "Chose how to have it shipped",
    "add_payment_info": "Chose how to pay",
    "purchase": "Ordered {items}, order {order}{amount}",
    "order_created": "Made order {order}{amount}",
    "order_paid": "Paid order {order}{amount}",
    "order_shipped": "Order {order} was shipped",
    "order_out_for_delivery": "Order {order} is out for delivery",
    "order_delivered": "Order {order} was delivered",
    "order_returned": "Returned {items} of order {order}",
    "order_cancelled": "Order {order} was cancelled",
    "refund": "Order {order} was refunded{amount}",
    "select_promotion": "Clicked the banner {creative}",
    "campaign_details": "Came by {campaign}",
    "email_sent": "Was sent the mail {mail}",
    "email_delivered": "Got the mail {mail}",
    "email_opened": "Opened the mail {mail}",
    "email_clicked": "Clicked a link in the mail {mail}",
    "email_bounced": "The mail {mail} came back",
    "email_unsubscribed": "Wants no more mails",
    "message_sent": "Was sent the {channel} {mail}",
    "message_delivered": "Got the {channel} {mail}",
    "message_opened": "Opened the {channel} {mail}",
    "message_clicked": "Clicked a link in the {channel} {mail}",
    "chat_started": "Began a chat{topic}",
    "chat_message_sent": "Wrote in the chat",
    "chat_message_received": "Was answered in the chat",
    "chat_ended": "Ended a chat{topic}",
    "call_ended": "Called{topic}{duration}",
    "complaint_made": "Complained{topic}",
    "complaint_resolved": "The complaint{topic} was resolved",
    "review_added": "Reviewed {items}: {rating} of 5",
    "survey_answered": "Answered a survey: {answers}",
    "sign_up": "Signed up",
    "login": "Logged in",
    "logout": "Logged out",
    "loyalty_updated": "Loyalty: {loyalty}",
    "birthday_given": "Gave the birthday {birthday}",
}


def entry_title(entry: TimelineEntry, name_of: Callable[[str], str]) -> str:
    """Say an entry in words.

    Parameters
    ----------
    entry
        The touchpoint.
    name_of
        Gives an item's name by its id, '' where it is not known.
    """
    pattern = _TITLES.get(entry.event)
    if pattern is None:
        return entry.event.replace("_", " ").capitalize()
    return " ".join(pattern.format_map(_Words(entry, name_of)).split()).rstrip(" ,:")


class _Words(dict[str, str]):
    """What stands in a title's gaps, worked out when asked for."""

    def __init__(self, entry: TimelineEntry, name_of: Callable[[str], str]) -> None:
        super().__init__()
        self._entry = entry
        self._name_of = name_of

    def __missing__(self, gap: str) -> str:
        make: Callable[[], str] | None = getattr(self, f"_{gap}", None)
        return make() if make is not None else self._text(gap)

    def _text(self, *names: str, default: str = "") -> str:
        return next((str(self._entry.params[name]) for name in names if self._entry.params.get(name)), default)

    def _items(self) -> str:
        items = self._entry.items
        names = [
            f"{item.quantity} × {name}" if item.quantity != 1 else name
            for item in items[:3]
            if (name := self._name_of(item.item_id) or item.name or item.item_id)
        ]
        more = f" and {len(items) - 3} more" if len(items) > 3 else ""
        return f"{', '.join(names)}{more}" if names else self._text("item_id", "product_id", default="something")

    def _page(self) -> str:
        return self._text("page_title", "title", "page_location", "name", "screen_name", default="a page")

    def _order(self) -> str:
        return self._text("order_id", "transaction_id", default="")

    def _amount(self) -> str:
        value = score_of(self._entry.params, "value")
        if value is None:
            return ""
        return f", {value:.2f} {self._text('currency')}".rstrip()

    def _creative(self) -> str:
        return self._text("creative_name", "promotion_id", default="")

    def _campaign(self) -> str:
        return self._text("campaign", "source", default="a campaign")

    def _mail(self) -> str:
        found = self._text("subject", "campaign", "campaign_name", "campaign_id", "title", "email_id", "message_id")
        return f"“{found}”" if found else ""

    def _channel(self) -> str:
        return self._text("channel", default="message")

    def _topic(self) -> str:
        found = self._text("topic", "subject", "reason", "comment", "text")
        return f" about “{found}”" if found else ""

    def _duration(self) -> str:
        seconds = score_of(self._entry.params, "duration_s")
        return "" if seconds is None else f" for {seconds:.0f} s"

    def _rating(self) -> str:
        return f"{score_of(self._entry.params, 'rating') or 0:g}"

    def _answers(self) -> str:
        scales = (("nps", "NPS", 10), ("csat", "CSAT", 5))
        scores = [(name, most, score_of(self._entry.params, field)) for field, name, most in scales]
        return ", ".join(f"{name} {score:g} of {most}" for name, most, score in scores if score is not None)

    def _loyalty(self) -> str:
        tier, points = self._text("loyalty_tier", "tier"), score_of(self._entry.params, "loyalty_points")
        points = score_of(self._entry.params, "points") if points is None else points
        return ", ".join(part for part in (tier, "" if points is None else f"{points:g} points") if part) or "changed"
