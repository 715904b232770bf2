"""Trigger: what starts an action, and what the action carries."""

from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from models.base.convert import convert
from models.base.durations import Duration
from models.base.errors import InvalidError, show_value
from models.base.fields import parse_object
from models.base.ids import ID_PATTERN, parse_id
from models.catalog.strategies import Strategy
from models.segments.segments import SegmentRule, parse_segment_rule
from models.triggers.conditions.base import TriggerCondition
from models.triggers.conditions.kinds import CONDITION_KINDS
from models.visitor.contact_history import ContactChannel

MAX_TRIGGERS: Final = 200
MAX_TRIGGER_PRIORITY: Final = 100
MAX_OFFER_FIELDS: Final = 20

Purpose = Literal["promotional", "service"]
TriggerAction = Literal["webhook", "topic", "on_site"]
WAYS: Final[tuple[TriggerAction, ...]] = ("webhook", "topic")
"""Ways out that are tried until they succeed; on-site messages are there at once."""
MessageText = Annotated[str, Meta(max_length=500)]


class MessageWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a message says: the name of a template elsewhere, or texts of its own."""

    template: MessageText = ""
    subject: MessageText = ""
    headline: MessageText = ""
    text: MessageText = ""
    link: MessageText = ""


class MessageList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Which products a message carries: a strategy of `GET /v1/recommendations`; none where `limit` is 0."""

    strategy: Strategy = "for_you"
    limit: Annotated[int, Meta(ge=0, le=20)] = 4


class WrittenTrigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A condition, and what is sent when it holds."""

    trigger_id: Annotated[str, Meta(pattern=ID_PATTERN)]
    when: dict[str, Any]
    name: Annotated[str, Meta(max_length=200)] = ""
    enabled: bool = True
    purpose: Purpose = "promotional"
    actions: Annotated[tuple[TriggerAction, ...], Meta(min_length=1)] = WAYS
    priority: Annotated[int, Meta(ge=0, le=MAX_TRIGGER_PRIORITY)] = 50
    campaign: Annotated[str, Meta(max_length=100)] = ""
    message: MessageWords = msgspec.field(default_factory=MessageWords)
    offer: dict[Annotated[str, Meta(max_length=60)], str | int | float | bool] = {}
    recommend: MessageList = msgspec.field(default_factory=MessageList)
    lasts: Duration | None = None
    only: dict[str, Any] | None = None


class Trigger(NamedTuple):
    """A named trigger; `raw` is as it was written.

    `lasts_s` is for how long after it was due it is still sent; `only` is a segment rule that visitors must fulfil.
    Of several that are due, those of higher `priority` go first. `campaign` is what caps count it as.
    """

    trigger_id: str
    kind: str
    when: TriggerCondition
    enabled: bool
    purpose: Purpose
    actions: tuple[TriggerAction, ...]
    priority: int
    campaign: str
    message: MessageWords
    offer: dict[str, str | int | float | bool]
    recommend: MessageList
    lasts_s: float
    only: SegmentRule | None
    raw: dict[str, Any]

    @property
    def promotional(self) -> bool:
        """Whether caps, quiet hours, consent and open complaints hold it back."""
        return self.purpose == "promotional"

    @property
    def channel(self) -> ContactChannel:
        """What caps count it as: a message, unless it is shown on the site alone."""
        return "on_site" if self.actions == ("on_site",) else "message"


def parse_trigger(raw: object) -> Trigger:
    """Check a trigger as it came from outside; raises `InvalidError` that names the place and the value.

    >>> trigger = parse_trigger({"trigger_id": "soon", "when": {"cart_left": {"after": "30m"}}})
    >>> trigger.kind, trigger.when.after
    ('cart_left', 1800.0)
    """
    source = parse_object(raw, "a trigger", code="trigger_invalid")
    trigger_id = parse_trigger_id(source.get("trigger_id"))
    where = f"trigger {trigger_id!r}"
    written = convert({**source, "trigger_id": trigger_id}, WrittenTrigger, where, "trigger_invalid")
    if len(written.offer) > MAX_OFFER_FIELDS:
        raise InvalidError(
            "trigger_invalid", f"{where}: offer has {len(written.offer)} fields, at most {MAX_OFFER_FIELDS}"
        )
    if len(written.when) != 1:
        raise InvalidError(
            "when_invalid",
            f"{where}: when must be an object with one of {', '.join(CONDITION_KINDS)}, got {show_value(written.when)}",
        )
    ((kind, value),) = written.when.items()
    if kind not in CONDITION_KINDS:
        raise InvalidError("when_invalid", f"{where}: when.{kind} is none of {', '.join(CONDITION_KINDS)}")
    if kind == "stage" and isinstance(value, (str, list)):
        value = {"is": value}
    if kind == "stage" and isinstance(value, dict) and isinstance(value.get("is"), str):
        value = {**value, "is": [value["is"]]}
    when = convert({} if value is None else value, CONDITION_KINDS[kind], f"{where}: when.{kind}", "when_invalid")
    return Trigger(
        trigger_id=trigger_id,
        kind=kind,
        when=when,
        enabled=written.enabled,
        purpose=written.purpose,
        actions=written.actions,
        priority=written.priority,
        campaign=written.campaign or trigger_id,
        message=written.message,
        offer=dict(written.offer),
        recommend=written.recommend,
        lasts_s=when.lasts_s if written.lasts is None else float(written.lasts),
        only=None if written.only is None else parse_segment_rule(written.only),
        raw={**source, "trigger_id": trigger_id},
    )


def parse_trigger_id(value: object) -> str:
    """Check a trigger's id; raises `InvalidError`."""
    return parse_id(value, "trigger_id")
