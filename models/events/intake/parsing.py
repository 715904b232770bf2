"""Parsing of events: the only door. Whatever `parse_event` lets through is valid, and the log holds nothing else.

What is odd about an event is mended, or left out, with a warning; refused is what has no meaning left.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Final, NamedTuple

from models.base.durations import DAY_S
from models.base.errors import InvalidError, show_value
from models.base.nesting import MAX_NESTING, is_too_deep
from models.base.texts import is_printable, text_or_empty
from models.base.timestamps import EARLIEST_S, MAX_CLOCK_AHEAD_S, parse_clock, parse_time
from models.events.event_ids import event_id_of
from models.events.events import Event, order_id_of, promotions_of, score_of
from models.events.intake.event_names import KNOWN_EVENTS, event_meant, known_event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.item_parsing import ReadItems, read_items, text_of_id
from models.events.intake.param_parsing import READ_CONTEXT, READ_PARAMS, ParamReader, read_members
from models.events.intake.placeholders import is_placeholder, is_placeholder_user, is_placeholder_word
from models.events.intake.segment_spec import translated
from models.events.names import (
    ITEM_EVENTS,
    NOTICES,
    ORDER_EVENTS,
    ORDERED_EVENTS,
    PROMOTION_EVENTS,
)

MAX_VISITOR_ID: Final = 128
ORDERS_OWN: Final = "order-"
"""Begins the id of the visitor to whom an event of an order goes that names none: the order's id follows."""
CLOCK_TOLERANCE_S: Final = 5.0
"""A client's clock is corrected by `sent_at` where it is further off: less is the way the request took."""
_MAX_NAME: Final = 40
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_DAY_ALONE: Final = re.compile(r"\s*(?:\d{4}-\d{2}-\d{2}|\d{8})\s*")
_OTHER_LETTERS: Final = re.compile(r"[^A-Za-z0-9_]+")
EVENT_FIELDS: Final = frozenset(
    {
        "event", "visitor_id", "event_id", "user_id", "session_id", "timestamp", "sent_at", "params", "items",
        "context", "consent",
    }
)  # fmt: skip
"""What an event may have; its consent is read before it (`models.events.intake.consent`), and kept in no log."""
_OTHER_NAMES: Final = {"sentAt": "sent_at"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """How an event came in: at which site, when (epoch seconds), and when its sender's clock says it was sent.

    `zone` is the site's: a day without a time begins there at midnight. `told_from` stands for a browser's address,
    empty for a server; `claims`: orders it tells of are claimed (`models.events.events`).
    """

    site: str
    accepted_at_s: float
    sent_at: object = None
    zone: tzinfo = UTC
    told_from: str = ""
    claims: bool = False


def parse_event(raw: object, site: str, accepted_at_s: float) -> Event:
    """Check one event as it came from outside; what was odd about it is mended without a word.

    Parameters
    ----------
    raw
        What JSON decoding gave: `event` and `visitor_id`, and perhaps `event_id`, `user_id`, `session_id`,
        `timestamp`, `sent_at`, `params`, `items`, `context`. Segment's event names are read as ours
        (`models.events.intake.segment_spec`).
    site
        The site its key belongs to.
    accepted_at_s
        Now, in epoch seconds; also the event's time when it names none.

    Raises
    ------
    InvalidError
        With the field, the value and a code such as `visitor_id_missing`, where nothing of meaning is left.

    >>> parse_event({"event": "page_view", "visitor_id": "v1"}, site="demo", accepted_at_s=1_700_000_000.0).at_s
    1700000000.0
    """
    return read_event(raw, Receipt(site, accepted_at_s), EventWarnings())


def read_event(raw: object, receipt: Receipt, warnings: EventWarnings) -> Event:
    """Check one event as `parse_event` does, and note in `warnings` what was mended or left out."""
    if not isinstance(raw, dict):
        raise InvalidError("event_invalid", f"an event is a JSON object, got {show_value(raw)}")
    if is_too_deep(raw):
        raise InvalidError("event_too_deep", f"the event is nested deeper than {MAX_NESTING} levels")
    raw = translated(raw)
    if not EVENT_FIELDS.issuperset(raw):
        raw = _with_known_fields(raw, warnings)
    name = parse_event_name(raw.get("event"), warnings)
    given_items = raw.get("items")
    reader = ParamReader(name, read_members(raw.get("params"), "params", READ_PARAMS, warnings), warnings)
    if given_items is None and isinstance(reader.params.get("items"), list):
        given_items = reader.params["items"]  # where gtag has them
        reader.leave_out("items")
    reader.read()
    read = read_items(given_items, name, text_or_empty(reader.params.get("currency")), warnings)
    user_id = _user_id(raw.get("user_id"), warnings)
    if read.left_out is not None or read.currency:
        _settle_value(name, reader, read, warnings)
    event_id = _label(raw.get("event_id"), "event_id", warnings)
    at_s = _time_of(raw, receipt, warnings)
    if reader.unnamed:
        whose = user_id or str(raw.get("visitor_id"))
        reader.name_order(*((event_id,) if event_id else (whose, f"{at_s // DAY_S:.0f}", repr(read.items))))
    params = reader.params
    claimed = receipt.claims and name in ORDERED_EVENTS
    if claimed and event_id:  # the server's event may bear the same id, and is not told twice
        event_id = event_id_of("claim", event_id)
    event = Event(
        site=receipt.site,
        event=name,
        visitor_id=_visitor_id(raw.get("visitor_id"), user_id, name, params, warnings),
        at_s=at_s,
        accepted_at_s=receipt.accepted_at_s,
        event_id=event_id,
        user_id=user_id,
        session_id=_label(raw.get("session_id"), "session_id", warnings),
        params=params,
        items=read.items,
        context=read_members(raw.get("context"), "context", READ_CONTEXT, warnings),
        told_from=receipt.told_from,
        claimed=claimed,
    )
    if name not in KNOWN_EVENTS and (meant := event_meant(name)):
        warnings.add("event", "unknown", name, f"is counted, and teaches nothing; did you mean {meant}?")
    if name == "login" and raw.get("user_id") in (None, ""):
        warnings.add("user_id", "unknown", "", "is missing: a login without one tells of nobody")
    if name in ITEM_EVENTS and not event.items:
        _check_items(event, given_items, read.only_zeros, warnings)
    if name in PROMOTION_EVENTS and not promotions_of(event):
        raise InvalidError("creative_name_missing", f"{name} needs creative_name, on its items or in params")
    return event


def parse_event_name(value: object, warnings: EventWarnings | None = None) -> str:
    """Give an event's name, one of other letters with `_` for them; raises `InvalidError` for none, and for ours.

    >>> parse_event_name("Newsletter: signed up"), parse_event_name("view item"), parse_event_name("ViewItem")
    ('Newsletter_signed_up', 'view_item', 'view_item')
    """
    name = value
    if not isinstance(name, str) or (name not in KNOWN_EVENTS and (known_event(name) or not _NAME.fullmatch(name))):
        made = value if isinstance(value, str) and value[:1] != "_" else ""
        made = known_event(made) or _OTHER_LETTERS.sub("_", made).strip("_")
        made = (f"event_{made}" if made[:1].isdigit() else made)[:_MAX_NAME]
        if not made:
            raise InvalidError(
                "event_name_invalid",
                f"event must be 1 to {_MAX_NAME} of A-Z a-z 0-9 _, starting with a letter, got {show_value(value)}",
            )
        if warnings is not None:
            warnings.add("event", "read_as", value, f"was read as {made}")
        name = made
    if name in NOTICES:
        raise InvalidError("event_name_reserved", f"event {name} is told by the engine itself, and taken from nobody")
    return name


def parse_visitor_id(value: object) -> str:
    """Check a visitor id; raises `InvalidError`."""
    if value is None or value == "":
        raise InvalidError("visitor_id_missing", f"visitor_id is required, got {show_value(value)}")
    if not is_printable(value, MAX_VISITOR_ID):
        raise InvalidError(
            "visitor_id_invalid",
            f"visitor_id must be text of 1 to {MAX_VISITOR_ID} printable characters, got {show_value(value)}",
        )
    return value


def parse_served_id(value: object) -> str:
    """Check the id of a visitor to be served; empty, for nobody known, where there is none or a placeholder."""
    if not value:
        return ""
    visitor_id = parse_visitor_id(value)
    return "" if is_placeholder(visitor_id) else visitor_id


def _with_known_fields(raw: dict[str, Any], warnings: EventWarnings) -> dict[str, Any]:
    """Put fields that no event has into its params, unless something is there already."""
    known = {name: value for name, value in raw.items() if name in EVENT_FIELDS}
    given = known.get("params")
    params = dict(given) if isinstance(given, dict) else None if given is not None else {}
    for name, value in raw.items():
        if name in EVENT_FIELDS:
            continue
        ours = _OTHER_NAMES.get(name)
        if ours is not None:
            known.setdefault(ours, value)
        elif params is None or name in params:
            warnings.add(name, "unknown", value, "is no field of an event, and was left out")
        else:
            params[name] = value
            warnings.add(name, "unknown", value, "is no field of an event, and was taken as one of params")
    return {**known, "params": params} if params else known


def _label(value: object, field: str, warnings: EventWarnings) -> str:
    """Give an id that is only compared: one that does not fit goes by a digest of it."""
    if value is None or value == "":
        return ""
    if is_printable(value, MAX_VISITOR_ID) and not is_placeholder_word(value):
        return value
    text = text_of_id(value)
    if text is not None and is_placeholder_word(text):
        warnings.add(field, "placeholder", value, "stands for no id, and was left out")
        return ""
    if text is None:
        warnings.add(field, "dropped", value, "is no id, and was left out")
        return ""
    if not is_printable(text, MAX_VISITOR_ID):
        text = event_id_of(text)
        warnings.add(field, "shortened", value, f"is long or not printable, and goes by {text}")
    elif isinstance(value, str):
        warnings.add(field, "read_as", value, "was read without the spaces around it")
    return text


def _readable_id(value: object) -> str:
    """Give the id of a visitor, as text; empty for what can be none."""
    text = text_of_id(value)
    return text if text is not None and is_printable(text, MAX_VISITOR_ID) else ""


def _user_id(value: object, warnings: EventWarnings) -> str:
    if value is None or value == "":
        return ""
    user_id = value if is_printable(value, MAX_VISITOR_ID) else _readable_id(value)
    if not user_id:
        warnings.add("user_id", "dropped", value, "is no id, and was left out")
    elif is_placeholder_user(user_id):
        warnings.add("user_id", "placeholder", value, "stands for nobody, and was left out")
        return ""
    elif isinstance(value, str) and user_id != value:
        warnings.add("user_id", "read_as", value, "was read without the spaces around it")
    return user_id


def _visitor_id(
    value: object, user_id: str, event_name: str, params: Mapping[str, Any], warnings: EventWarnings
) -> str:
    """Give whose the event is: its visitor's, else its user's, else of an order its own.

    Raises `InvalidError` for an event of nobody.
    """
    visitor_id = value if is_printable(value, MAX_VISITOR_ID) else _readable_id(value)
    if visitor_id and not is_placeholder(visitor_id):
        if visitor_id != value and isinstance(value, str):
            warnings.add("visitor_id", "read_as", value, "was read without the spaces around it")
        return visitor_id
    other = user_id
    if not other and event_name in ORDER_EVENTS:
        other = f"{ORDERS_OWN}{params.get('order_id') or params.get('transaction_id')}"
        if not is_printable(other, MAX_VISITOR_ID):
            other = f"{ORDERS_OWN}{event_id_of(other)}"
    if other:
        done = f"names no visitor: the event was taken as one of {other}"
        warnings.add("visitor_id", "placeholder" if visitor_id else "dropped", value, done)
        return other
    if visitor_id:
        raise InvalidError("visitor_id_placeholder", f"visitor_id {show_value(value)} stands for nobody")
    return parse_visitor_id(value)


def _time_of(raw: Mapping[str, Any], receipt: Receipt, warnings: EventWarnings) -> float:
    """Give when the event happened, by our clock."""
    stamp, told = _moment_of_day(raw.get("timestamp"), receipt.zone), raw.get("sent_at")
    if stamp is None:
        return receipt.accepted_at_s
    if stamp in (0, False) or (isinstance(stamp, str) and stamp.strip() in ("", "0")):
        warnings.add("timestamp", "dropped", stamp, "is no time: the time of receipt was taken")
        return receipt.accepted_at_s
    sent_at = _sending_clock(told, receipt.sent_at, warnings)
    if sent_at is None:
        at_s = parse_time(stamp, receipt.accepted_at_s)
        if at_s == receipt.accepted_at_s + MAX_CLOCK_AHEAD_S:
            warnings.add(
                "timestamp", "clock_corrected", stamp, f"lies ahead: {MAX_CLOCK_AHEAD_S:.0f} s ahead was taken"
            )
        return at_s
    behind_s = receipt.accepted_at_s - sent_at.at_s
    stamp_s = parse_clock(stamp)
    if abs(behind_s) <= CLOCK_TOLERANCE_S or stamp_s is None:
        return parse_time(stamp, receipt.accepted_at_s)
    at_s = min(stamp_s + behind_s, receipt.accepted_at_s)
    if at_s < EARLIEST_S:
        raise InvalidError(
            "timestamp_invalid", f"timestamp {show_value(stamp)} is before 2000, by sent_at {show_value(sent_at.given)}"
        )
    warnings.add("timestamp", "clock_corrected", stamp, f"was moved by {behind_s:.0f} s, as sent_at tells")
    return at_s


def _moment_of_day(stamp: object, zone: tzinfo) -> object:
    """Give midnight of a day that is written without a time, by the site's calendar; anything else as it is."""
    if zone is UTC or not isinstance(stamp, str) or not _DAY_ALONE.fullmatch(stamp):
        return stamp
    try:
        return datetime.combine(date.fromisoformat(stamp.strip()), time(), zone).isoformat()
    except ValueError:
        return stamp


class _SendingClock(NamedTuple):
    given: object
    at_s: float


def _sending_clock(of_event: object, of_batch: object, warnings: EventWarnings) -> _SendingClock | None:
    """Give what the sender's clock showed: by the event, else by its batch; None where neither tells."""
    for given in (of_event, of_batch):
        if given is not None:
            at_s = parse_clock(given)
            if at_s is not None:
                return _SendingClock(given, at_s)
            warnings.add("sent_at", "dropped", given, "is no time, and was left out")
    return None


def _settle_value(event_name: str, reader: ParamReader, read: ReadItems, warnings: EventWarnings) -> None:
    """Take the currency that a price named; and where lines were left out, their worth into the value of an order that
    names none."""
    reader.name_currency(read.currency)
    if read.left_out is None or event_name not in ORDER_EVENTS or reader.params.get("value") is not None:
        return
    kept = [item.price * item.quantity for item in read.items if item.price is not None]
    value = max(0.0, round(sum(kept) + read.left_out, 6))
    warnings.add("params.value", "read_as", None, f"was read as {value:g}, which all lines come to")
    reader.put("value", value)


def _check_items(event: Event, given: object, only_zeros: bool, warnings: EventWarnings) -> None:
    """Refuse an event that means nothing without items; a purchase still tells of an order."""
    if event.event != "purchase":
        named = f", got {show_value(given)}" if given is not None else ""
        raise InvalidError("items_missing", f"{event.event} needs at least one element in items{named}")
    if only_zeros and not score_of(event.params, "value"):
        raise InvalidError(
            "items_empty", f"order {order_id_of(event)} is of nothing: each quantity in items is 0, and it has no value"
        )
    done = f"leave order {order_id_of(event)} without items: it counts, and teaches nothing"
    warnings.add("items", "dropped", given, done)
