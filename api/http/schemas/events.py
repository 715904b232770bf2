"""Events as they are sent, and what became of them."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.documenting import TEXT, Shape, WireForm, moment, write_as
from api.http.storage_consent import CONSENT_SCHEMA
from models.events.amounts import MAX_QUANTITY
from models.events.events import Event, EventItem
from models.events.intake.item_parsing import MAX_EVENT_ITEMS, MAX_ITEM_TEXT
from models.events.intake.parsing import MAX_VISITOR_ID

MAX_EVENTS: Final = 1_000

_TEXT_OR_NOTHING: Final = {"type": ["string", "null"]}
_LEVEL: Final = {"type": ["string", "null"], "description": "One level of its category; the first is the outermost."}


write_as(
    EventItem,
    WireForm(
        description="An item of an event, by GA4's field names.",
        fields={
            "name": {"item_name": {**_TEXT_OR_NOTHING, "examples": ["Pour-over kettle"]}},
            "brand": {"item_brand": {**_TEXT_OR_NOTHING, "examples": ["Brisa"]}},
            "category": {
                "item_category": {**_LEVEL, "examples": ["Home"]},
                "item_category2": {**_LEVEL, "examples": ["Kitchen"]},
                **{f"item_category{level}": _LEVEL for level in (3, 4, 5)},
            },
            "variant": {"item_variant": _TEXT_OR_NOTHING},
        },
        notes={
            "item_id": {"maxLength": MAX_ITEM_TEXT, "examples": ["sku-1"]},
            "price": {"minimum": 0, "examples": [39.9]},
            "currency": {
                "description": "What the price is in, where the event names no currency.",
                "examples": ["EUR"],
            },
            "discount": {"description": "What one costs less than usual."},
            "quantity": {
                "exclusiveMinimum": 0,
                "maximum": MAX_QUANTITY,
                "description": "How many, or how much of what is sold by weight.",
            },
            "index": {"description": "Its place in the list it was shown in."},
        },
        ids=("item_id", "item_name"),
        open=True,
    ),
)
write_as(
    Event,
    WireForm(
        description="One thing a visitor did.",
        fields={
            "site": {},
            "at_s": {
                "timestamp": moment("When it happened, now by default.", "2026-01-31T12:00:00Z"),
                "sent_at": moment(
                    "The sender's clock when it sent, else that of the whole body.", "2026-01-31T12:00:05Z"
                ),
            },
            "accepted_at_s": {},
            "device_id": {},
            "told": {},
            "told_from": {},
            "claimed": {},
            "rate": {},
            "base": {},
            "context": {
                "context": {
                    "type": "object",
                    "description": "Page, campaign, device, consent, as Segment shapes them.",
                },
                "consent": CONSENT_SCHEMA,
            },
        },
        notes={
            "event": {
                **TEXT,
                "description": "A GA4 event name, Segment's name for one, or one of ours; other names are counted.",
                "examples": ["view_item"],
            },
            "visitor_id": {"maxLength": MAX_VISITOR_ID, "examples": ["v-1042"]},
            "event_id": {
                "maxLength": MAX_VISITOR_ID,
                "description": "Sent again after a failure, an event with a known id counts once.",
            },
            "user_id": {"maxLength": MAX_VISITOR_ID, "description": "Who the visitor is, once that is known."},
            "session_id": {"maxLength": MAX_VISITOR_ID},
            "params": {"description": "GA4 event parameters, or your own.", "examples": [{"currency": "EUR"}]},
            "items": {"maxItems": MAX_EVENT_ITEMS},
        },
        open=True,
    ),
)

_EXAMPLE: Final = {
    "events": [
        {
            "event": "view_item",
            "visitor_id": "v-1042",
            "session_id": "s-9",
            "items": [{"item_id": "sku-1", "item_category": "Home", "price": 39.9}],
        },
        {
            "event": "purchase",
            "visitor_id": "v-1042",
            "event_id": "order-77-paid",
            "timestamp": "2026-01-31T12:00:00Z",
            "params": {"transaction_id": "77", "value": 39.9, "currency": "EUR"},
            "items": [{"item_id": "sku-1", "price": 39.9, "quantity": 1}],
        },
    ]
}


class Events(msgspec.Struct):
    """Up to 1,000 events."""

    events: Annotated[list[Event], Meta(max_length=MAX_EVENTS)]
    sent_at: float | None = None
    consent: Any = None


_SENT_AT: Final = moment("The sender's clock when it sent: corrects timestamps.", "2026-01-31T12:00:05Z")
write_as(
    Events,
    WireForm(
        fields={"sent_at": {"sent_at": _SENT_AT}, "consent": {"consent": CONSENT_SCHEMA}},
        notes={"events": {"examples": [_EXAMPLE["events"]]}},
        open=True,
    ),
)


class Rejected(Shape):
    """Why one element was not taken."""

    index: int = Field(examples=[3])
    code: str = Field(examples=["item_id_missing"])
    message: str = Field(examples=["items[0] needs item_id or item_name, got {'price': 5}"])


class Warned(Shape):
    """What was odd about an event that was taken, and what was done about it."""

    index: int = Field(examples=[1])
    event_id: str | None = Field(None, description="Its own, where it gave one.", examples=["order-77-paid"])
    field: str = Field(examples=["params.value"])
    code: str = Field(
        description="`read_as`, `shortened`, `dropped`, `unknown`, `placeholder`, `token_missing`, "
        "`clock_corrected`, or `not_stored` of an event that was not taken.",
        examples=["read_as"],
    )
    message: str = Field(examples=["params.value '4,245.42' was read as 4245.42"])


class EventsAccepted(Shape):
    """What became of the events: each is accepted, not stored, or rejected."""

    accepted: int = Field(description="In the event log for good.", examples=[2])
    not_stored: int = Field(
        0, description="Passed over, since their visitors agreed to no storage; not there where none was.", examples=[0]
    )
    rejected: list[Rejected]
    warnings: list[Warned]
