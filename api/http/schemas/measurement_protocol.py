"""Bodies of GA4's Measurement Protocol, and what is wrong with them."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from pydantic import Field

from api.http.schemas.documenting import Shape


class MeasurementEvent(Struct):
    """One event of the Measurement Protocol."""

    name: Annotated[str, Meta(examples=["view_item"])]
    params: Annotated[dict[str, Any] | None, Meta(examples=[{"items": [{"item_id": "a"}]}])] = None
    timestamp_micros: int | None = None


class MeasurementBody(Struct):
    """A body of the Measurement Protocol; `client_id`, `app_instance_id` or `user_id` says whose."""

    events: list[MeasurementEvent]
    client_id: Annotated[str | None, Meta(examples=["1234.5678"])] = None
    app_instance_id: str | None = None
    user_id: str | None = None
    timestamp_micros: int | None = None
    consent: dict[str, str] | None = None
    user_location: dict[str, str] | None = None
    device: dict[str, str] | None = None
    user_agent: str | None = None


class Invalid(Shape):
    """One thing that is wrong."""

    fieldPath: str = Field(examples=["events"])  # noqa: N815 - Google's
    description: str = Field(examples=["Event at index: [0] needs a name."])
    validationCode: str = Field(examples=["VALUE_REQUIRED"])  # noqa: N815


class Validation(Shape):
    """What is wrong with a body; empty where nothing is."""

    validationMessages: list[Invalid]  # noqa: N815
