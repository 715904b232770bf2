"""Triggers and the contact policy: what starts a message, and how often and when a visitor may be promoted to."""

from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from pydantic import Field

from api.http.schemas.documenting import Shape, WireForm, put_component, reference, write_as
from api.http.schemas.segments import SEGMENT_RULE
from models.segments.lifecycle import STAGES
from models.triggers.conditions.kinds import CONDITION_KINDS
from models.triggers.conditions.lifecycle import StageEntered
from models.triggers.trigger import MAX_OFFER_FIELDS, MAX_TRIGGERS, WrittenTrigger
from models.visitor.contact_policy import ContactPolicy, QuietHours, Webhook

_STAGE: Final = {"anyOf": [{"enum": list(STAGES)}, {"type": "array", "items": {"enum": list(STAGES)}}]}
write_as(StageEntered, WireForm(fields={"is": {"is": _STAGE}}))


def _kind(name: str) -> dict[str, Any]:
    """One kind of condition; a stage may be written alone."""
    kind = CONDITION_KINDS[name]
    return {"anyOf": [reference(kind), _STAGE]} if kind is StageEntered else reference(kind)


TRIGGER_WHEN: Final = put_component(
    "TriggerWhen",
    {
        "type": "object",
        "description": "One kind of condition with its fields.",
        "properties": {name: _kind(name) for name in CONDITION_KINDS},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "examples": [{"cart_left": {"after": "2h"}}],
    },
)
_TRIGGER: Final = WireForm(
    name="Trigger",
    fields={"when": {"when": TRIGGER_WHEN}, "only": {"only": {"anyOf": [SEGMENT_RULE, {"type": "null"}]}}},
    notes={
        "trigger_id": {"examples": ["cart-left"]},
        "name": {"examples": ["Cart left"]},
        "purpose": {"description": "promotional, or service, which nothing holds back."},
        "priority": {"description": "Of several that are due, the highest goes first."},
        "campaign": {"description": "What caps count it as; its id by default."},
        "offer": {"maxProperties": MAX_OFFER_FIELDS, "examples": [{"kind": "discount", "percent": 10}]},
        "lasts": {"description": "For how long after it was due it is still sent."},
    },
    ids=("trigger_id",),
)
write_as(WrittenTrigger, _TRIGGER)
write_as(QuietHours, WireForm(notes={"from": {"examples": ["21:00"]}, "to": {"examples": ["08:00"]}}))
write_as(
    Webhook,
    WireForm(
        notes={
            "url": {"examples": ["https://shop.example/hook"]},
            "secret": {
                "minLength": len("(set)"),
                "description": "Of 16 characters or more; answers say `(set)` alone.",
                "examples": ["whsec_0123456789abcdef"],
            },
        }
    ),
)
write_as(ContactPolicy, WireForm(notes={"time_zone": {"examples": ["Europe/Berlin"]}}))


class Triggers(msgspec.Struct):
    """Up to 200 triggers."""

    triggers: Annotated[list[WrittenTrigger], Meta(max_length=MAX_TRIGGERS)]


write_as(Triggers, WireForm(open=True))


class TriggerNow(WrittenTrigger, frozen=True, kw_only=True):
    """A trigger as it counts."""

    shipped: Annotated[bool, Meta(description="Whether every site begins with it.")]


write_as(TriggerNow, replace(_TRIGGER, name="TriggerNow", open=True))


class TriggersNow(msgspec.Struct):
    """All triggers of a site."""

    triggers: list[TriggerNow]
    total: Annotated[int, Meta(examples=[17])]
    next: str | None = None


write_as(TriggersNow, WireForm(open=True))


class TriggerPreviewRequest(msgspec.Struct):
    """Whom to look at, and perhaps a draft."""

    visitor_id: Annotated[str, Meta(examples=["v-1042"])]
    trigger: WrittenTrigger | None = None


class TriggerPreview(Shape):
    """What triggers know of a visitor, and what a draft would do."""

    visitor_id: str
    armed: list[dict[str, Any]] = Field(description="Timers: trigger, subject, when due, until when, why held.")
    would: dict[str, Any] | None = Field(None, description="Of a draft: send, hold, give_up or drop, and why.")
