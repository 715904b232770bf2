"""Segment's messages as they are sent, and what became of them."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from pydantic import Field

from api.http.schemas.events import EventsAccepted

_DESCRIBED = "As Segment's spec has it."


class SegmentMessage(Struct, rename="camel"):
    """One call of a Segment library; which fields count goes by its type. One of the two ids is needed."""

    type: Annotated[str, Meta(description="In a batch; else the address says it.", examples=["track"])] = ""
    anonymous_id: Annotated[str | None, Meta(examples=["device-1"])] = None
    user_id: Annotated[str | None, Meta(examples=["customer-7"])] = None
    message_id: Annotated[str | None, Meta(description="Tells a message that is sent again.")] = None
    event: Annotated[str | None, Meta(description="Of track.", examples=["Product Viewed"])] = None
    name: Annotated[str | None, Meta(description="Of page and screen.")] = None
    properties: Annotated[dict[str, Any] | None, Meta(description=_DESCRIBED, examples=[{"sku": "a"}])] = None
    traits: Annotated[dict[str, Any] | None, Meta(description="Of identify; `birthday` is kept, nothing else.")] = None
    group_id: Annotated[str | None, Meta(description="Of group.")] = None
    previous_id: Annotated[str | None, Meta(description="Of alias: the device that is the user's.")] = None
    context: Annotated[dict[str, Any] | None, Meta(description=_DESCRIBED)] = None
    timestamp: Annotated[str | None, Meta(examples=["2026-01-31T12:00:00Z"])] = None
    sent_at: str | None = None
    write_key: Annotated[str | None, Meta(description="Where no header has the key.")] = None


class SegmentBatch(Struct, rename="camel"):
    """Several messages."""

    batch: Annotated[list[SegmentMessage], Meta(min_length=1, max_length=2_500)]
    context: Annotated[dict[str, Any] | None, Meta(description="Part of each message's.")] = None
    sent_at: str | None = None
    write_key: Annotated[str | None, Meta(description="Where no header has the key.")] = None


class SegmentAnswer(EventsAccepted):
    """What became of the messages."""

    success: bool = Field(description="Whether the body could be read.", examples=[True])
