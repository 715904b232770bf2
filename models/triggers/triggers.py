"""Triggers: what starts an action, what the action carries, and the set every site begins with."""

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
    actions: Annotated[tuple[TriggerAction, ...], Meta(min_length=1)] = ("webhook", "topic")
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


SHIPPED: Final[tuple[dict[str, Any], ...]] = (
    {
        "trigger_id": "service-recovery",
        "name": "Something went wrong: make it good",
        "when": {"unhappy": {}},
        "purpose": "service",
        "priority": 100,
        "message": {"template": "service-recovery", "subject": "We are sorry. What can we do?"},
        "recommend": {"limit": 0},
    },
    {
        "trigger_id": "order-shipped",
        "name": "Your order is on its way",
        "when": {"order_shipped": {}},
        "purpose": "service",
        "priority": 95,
        "message": {"template": "order-shipped", "subject": "Your order is on its way"},
    },
    {
        "trigger_id": "delivery-near",
        "name": "Your order is about to be delivered",
        "when": {"delivery_near": {"before": "24h"}},
        "purpose": "service",
        "priority": 94,
        "message": {"template": "delivery-near", "subject": "Your order is about to arrive"},
        "recommend": {"limit": 0},
    },
    {
        "trigger_id": "order-delivered",
        "name": "Your order was delivered",
        "when": {"order_delivered": {}},
        "purpose": "service",
        "priority": 93,
        "message": {"template": "order-delivered", "subject": "Your order has arrived. Is everything right?"},
        "recommend": {"strategy": "cross_sell"},
    },
    {
        "trigger_id": "order-unpaid",
        "name": "Order not paid: a friendly word",
        "when": {"order_unpaid": {"after": "10m"}},
        "purpose": "service",
        "priority": 90,
        "message": {"template": "order-unpaid", "subject": "Your order is waiting for its payment"},
        "recommend": {"limit": 0},
    },
    {
        "trigger_id": "order-unpaid-offer",
        "name": "Order not paid for a day: an offer",
        "when": {"order_unpaid": {"after": "24h"}},
        "priority": 85,
        "message": {"template": "order-unpaid-offer", "subject": "Your order, with something off"},
        "offer": {"kind": "discount", "percent": 10, "valid_hours": 48},
    },
    {
        "trigger_id": "cart-left",
        "name": "Cart left",
        "when": {"cart_left": {"after": "2h"}},
        "priority": 80,
        "message": {"template": "cart-left", "subject": "Still in your cart"},
        "recommend": {"strategy": "cross_sell"},
    },
    {
        "trigger_id": "back-in-stock",
        "name": "Back in stock",
        "when": {"back_in_stock": {}},
        "priority": 75,
        "message": {"template": "back-in-stock", "subject": "Back in stock"},
        "recommend": {"strategy": "similar"},
    },
    {
        "trigger_id": "price-drop",
        "name": "Price drop",
        "when": {"price_drop": {"share": 0.05}},
        "priority": 70,
        "message": {"template": "price-drop", "subject": "Now for less"},
        "recommend": {"strategy": "similar"},
    },
    {
        "trigger_id": "welcome",
        "name": "Welcome",
        "when": {"welcome": {}},
        "priority": 65,
        "message": {"template": "welcome", "subject": "Welcome"},
    },
    {
        "trigger_id": "birthday",
        "name": "Birthday",
        "when": {"birthday": {"at": "09:00"}},
        "priority": 60,
        "message": {"template": "birthday", "subject": "Happy birthday"},
        "offer": {"kind": "gift", "valid_hours": 168},
    },
    {
        "trigger_id": "anniversary-100-days",
        "name": "100 days a customer",
        "when": {"anniversary": {"days": 100}},
        "priority": 55,
        "message": {"template": "anniversary-100-days", "subject": "100 days together"},
    },
    {
        "trigger_id": "anniversary-1-year",
        "name": "A year a customer",
        "when": {"anniversary": {"days": 365}},
        "priority": 56,
        "message": {"template": "anniversary-1-year", "subject": "A year together"},
        "offer": {"kind": "gift", "valid_hours": 168},
    },
    {
        "trigger_id": "win-back-dormant",
        "name": "Win back: dormant",
        "when": {"stage": {"is": ["dormant"]}},
        "priority": 45,
        "message": {"template": "win-back-dormant", "subject": "We have not seen you for a while"},
        "offer": {"kind": "gift", "valid_hours": 336},
    },
    {
        "trigger_id": "win-back-lost",
        "name": "Win back: lost",
        "when": {"stage": {"is": ["lost"]}},
        "priority": 46,
        "message": {"template": "win-back-lost", "subject": "A gift, if you come back"},
        "offer": {"kind": "gift", "valid_hours": 336},
    },
    {
        "trigger_id": "browse-left",
        "name": "Browse left",
        "when": {"browse_left": {"after": "4h"}},
        "priority": 30,
        "message": {"template": "browse-left", "subject": "What you looked at"},
    },
    {
        "trigger_id": "hesitation",
        "name": "Hesitation on a page",
        "when": {"hesitation": {"after": "60s"}},
        "actions": ["on_site"],
        "priority": 40,
        "message": {"headline": "Can we help?", "text": "Ask us, or have a look at these."},
        "recommend": {"strategy": "similar"},
    },
)
"""Triggers every site has, until it puts its own in their place or switches them off."""


def shipped_triggers() -> dict[str, Trigger]:
    """Give the triggers every site begins with, by id."""
    return {str(raw["trigger_id"]): parse_trigger(raw) for raw in SHIPPED}
