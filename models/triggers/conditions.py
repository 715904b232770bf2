"""When: what a trigger waits for, one small type each, as segments have their conditions.

Each says which events arm it, and when it is then due (`armed`, or `seen` for what the profile tells); whether that is
still so by what the watch knows (`alive`); and at the moment it is due, whether it still holds by all that is known, in
words (`holds`), and which items it is about (`items`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from models.base.durations import Span, written_span
from models.catalog.assortment import Assortment
from models.events.events import SEGMENT_ENTERED, STAGE_CHANGED, Event, order_id_of
from models.segments.lifecycle import Stage, Thresholds, stage_of
from models.triggers.trigger_state import Timer, TrackedOrder, TriggerState
from models.visitor.contact_history import trouble_of
from models.visitor.profile import Profile

HOUR_S: Final = 3_600.0
DAY_S: Final = 86_400.0
TROUBLE: Final = "_trouble"
"""Stands for any event that complains, whatever its name."""
BIRTHDAY: Final = "_birthday"
"""Stands for any event that tells a birthday."""
LOOKED: Final = "_looked"
"""Stands for a look at the profile."""
SAME_PAGE_S: Final = 2.0
"""Events so close to the one that opened a page belong to its opening."""

Name = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Names = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=10)]


class TimerRequest(NamedTuple):
    """A trigger to be armed: once for the subject, due at a time (epoch seconds)."""

    subject: str
    due_s: float
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """All that is known at the moment a trigger is due; `present` is whether the visitor has a page open."""

    state: TriggerState
    timer: Timer
    profile: Profile
    assortment: Assortment
    thresholds: Thresholds
    now_s: float
    present: bool = True


class TriggerCondition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One thing to wait for."""

    single: ClassVar[bool] = False
    """Whether a trigger waits for one subject at a time: a new one takes the place of the last."""
    lasts_s: ClassVar[float] = 3 * DAY_S
    """For how long after it was due it is still worth sending."""

    @property
    def names(self) -> Sequence[str]:
        """Events that may arm it."""
        return ()

    @property
    def listens(self) -> Sequence[str]:
        """Events whose latest time it needs to know."""
        return ()

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """What an event arms, the first that was not carried out yet counting."""
        return []

    def seen(self, state: TriggerState, profile: Profile, zone: ZoneInfo) -> list[TimerRequest]:
        """What a look at the profile arms."""
        return []

    def next(self, state: TriggerState, now_s: float, zone: ZoneInfo) -> list[TimerRequest]:
        """What is armed by having been carried out."""
        return []

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether nothing has come between."""
        return True

    def holds(self, case: EvaluationContext) -> str:
        """Why it is to be carried out, for a person; empty where it is not any more."""
        raise NotImplementedError

    def items(self, case: EvaluationContext) -> list[str]:
        """Ids of the items it is about."""
        return []


class CartLeft(TriggerCondition, frozen=True):
    """Something lies in the cart, `after` its last change; of at least `value_min`."""

    after: Span = Span(2 * HOUR_S)
    value_min: Annotated[float, Meta(ge=0)] = 0.0
    single: ClassVar[bool] = True

    @property
    def names(self) -> Sequence[str]:
        """A look at the profile."""
        return (LOOKED,)

    def seen(self, state: TriggerState, profile: Profile, zone: ZoneInfo) -> list[TimerRequest]:
        """A cart that changed since the last order."""
        newest_s = max((line.at_s for line in profile.cart), default=0.0)
        if not profile.cart or newest_s <= state.cart_over_s:
            return []
        return [TimerRequest(_cart(state), max(newest_s, state.cart_at_s) + self.after, {})]

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether it is still the same cart."""
        return timer.subject == _cart(state)

    def holds(self, case: EvaluationContext) -> str:
        """Something is in it."""
        lines = case.profile.cart
        value = sum((line.price or 0.0) * line.quantity for line in lines)
        if not lines or value < self.value_min:
            return ""
        return f"{len(lines)} items in the cart, unchanged for {written_span(self.after)}"

    def items(self, case: EvaluationContext) -> list[str]:
        """What is in the cart."""
        return [line.item_id for line in case.profile.cart]


class _OfOrder(TriggerCondition, frozen=True):
    """Waits for something of an order."""

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether the order is still as it should be."""
        order = state.order(str(timer.about.get("order_id", "")))
        return order is not None and self.fits(order)

    def fits(self, order: TrackedOrder) -> bool:
        """Whether the order is in the state waited for."""
        raise NotImplementedError

    def holds(self, case: EvaluationContext) -> str:
        """The order is in the state waited for."""
        order = case.state.order(str(case.timer.about.get("order_id", "")))
        return self.words(order) if order is not None and self.fits(order) else ""

    def words(self, order: TrackedOrder) -> str:
        """The state for a person."""
        raise NotImplementedError

    def items(self, case: EvaluationContext) -> list[str]:
        """What was ordered."""
        order = case.state.order(str(case.timer.about.get("order_id", "")))
        return order.item_ids if order else []


class OrderUnpaid(_OfOrder, frozen=True):
    """An order was made, and not paid, cancelled or returned within `after`."""

    after: Span = Span(600.0)
    lasts_s: ClassVar[float] = 2 * DAY_S

    @property
    def names(self) -> Sequence[str]:
        """The order is made."""
        return ("order_created",)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """From the moment it was made."""
        order = state.order(order_id_of(event))
        return [_of_order(order, order.created_at_s + self.after)] if order and order.unpaid else []

    def fits(self, order: TrackedOrder) -> bool:
        """Not paid yet."""
        return order.unpaid

    def words(self, order: TrackedOrder) -> str:
        """How long it waits."""
        return f"order {order.order_id} is not paid {written_span(self.after)} after it was made"


class BrowseLeft(TriggerCondition, frozen=True):
    """Products were looked at, at least `views`, and `after` the last look nothing was put into the cart or ordered."""

    after: Span = Span(4 * HOUR_S)
    views: Annotated[int, Meta(ge=1, le=100)] = 1
    single: ClassVar[bool] = True

    @property
    def names(self) -> Sequence[str]:
        """A product is looked at."""
        return ("view_item",)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once a visit, from the last look."""
        visit = state.browsing
        if visit is None or visit.views < self.views:
            return []
        return [TimerRequest(_visit(visit.started_at_s), visit.last_at_s + self.after, {})]

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether it ended with looking."""
        visit = state.browsing
        return visit is not None and max(state.cart_at_s, state.cart_over_s) < visit.started_at_s

    def holds(self, case: EvaluationContext) -> str:
        """The cart is empty."""
        visit = case.state.browsing
        if visit is None or case.profile.cart:
            return ""
        return f"looked at {visit.views} products {written_span(self.after)} ago, and put none into the cart"

    def items(self, case: EvaluationContext) -> list[str]:
        """What was looked at last."""
        return case.state.browsing.item_ids if case.state.browsing else []


class Welcome(TriggerCondition, frozen=True):
    """The visitor signed up: one of `events` for the first time, `after` ago."""

    after: Span = Span(0.0)
    events: Names = ("sign_up",)
    lasts_s: ClassVar[float] = 7 * DAY_S

    @property
    def names(self) -> Sequence[str]:
        """Any of them."""
        return self.events

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once for ever."""
        return [TimerRequest("welcome", event.at_s + self.after, {"event": event.event})]

    def holds(self, case: EvaluationContext) -> str:
        """It happened."""
        return "signed up"


class OrderShipped(_OfOrder, frozen=True):
    """An order was shipped, `after` ago."""

    after: Span = Span(0.0)

    @property
    def names(self) -> Sequence[str]:
        """It is shipped."""
        return ("order_shipped",)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """From then on."""
        order = state.order(order_id_of(event))
        return [_of_order(order, order.shipped_at_s + self.after)] if order else []

    def fits(self, order: TrackedOrder) -> bool:
        """On its way, not arrived or sent back."""
        return bool(order.shipped_at_s) and not (order.delivered_at_s or order.over_at_s)

    def words(self, order: TrackedOrder) -> str:
        """That it is."""
        return f"order {order.order_id} was shipped"


class DeliveryNear(_OfOrder, frozen=True):
    """A shipped order is out for delivery, or expected within `before`."""

    before: Span = Span(DAY_S)
    lasts_s: ClassVar[float] = 36 * HOUR_S

    @property
    def names(self) -> Sequence[str]:
        """It goes out, or a date is told."""
        return ("order_shipped", "order_out_for_delivery", "order_created", "order_paid", "purchase")

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """At once when it is out, else before the day."""
        order = state.order(order_id_of(event))
        if order is None:
            return []
        if order.out_at_s:
            return [_of_order(order, order.out_at_s)]
        if order.shipped_at_s and order.expected_s:
            return [_of_order(order, max(order.expected_s - self.before, order.shipped_at_s))]
        return []

    def fits(self, order: TrackedOrder) -> bool:
        """On its way, not arrived or sent back."""
        return bool(order.shipped_at_s or order.out_at_s) and not (order.delivered_at_s or order.over_at_s)

    def words(self, order: TrackedOrder) -> str:
        """How near it is."""
        if order.out_at_s:
            return f"order {order.order_id} is out for delivery"
        return f"order {order.order_id} is about to be delivered"


class OrderDelivered(_OfOrder, frozen=True):
    """An order was delivered, `after` ago."""

    after: Span = Span(0.0)

    @property
    def names(self) -> Sequence[str]:
        """It is delivered."""
        return ("order_delivered",)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """From then on."""
        order = state.order(order_id_of(event))
        return [_of_order(order, order.delivered_at_s + self.after)] if order else []

    def fits(self, order: TrackedOrder) -> bool:
        """Arrived, and not sent back."""
        return bool(order.delivered_at_s) and not order.over_at_s

    def words(self, order: TrackedOrder) -> str:
        """That it is."""
        return f"order {order.order_id} was delivered"


class Anniversary(TriggerCondition, frozen=True):
    """So many `days` since the visitor became a customer: signed up or ordered first, whichever came first."""

    days: Annotated[float, Meta(gt=0, le=3_650)]
    since: Literal["joined", "signed_up", "first_order"] = "joined"
    single: ClassVar[bool] = True

    @property
    def names(self) -> Sequence[str]:
        """What makes a customer."""
        return ("sign_up", "purchase", "order_created", "order_paid", LOOKED)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once for ever."""
        return self._armed(state)

    def seen(self, state: TriggerState, profile: Profile, zone: ZoneInfo) -> list[TimerRequest]:
        """The same, of a history that was joined."""
        return self._armed(state)

    def _armed(self, state: TriggerState) -> list[TimerRequest]:
        base_s = self._base_s(state)
        return [TimerRequest(f"days:{self.days:g}", base_s + self.days * DAY_S, {})] if base_s else []

    def _base_s(self, state: TriggerState) -> float:
        if self.since == "signed_up":
            return state.signed_up_s
        if self.since == "first_order":
            return state.first_order_s
        return min((one for one in (state.signed_up_s, state.first_order_s) if one), default=0.0)

    def holds(self, case: EvaluationContext) -> str:
        """The day has come."""
        base_s = self._base_s(case.state)
        return f"{self.days:g} days a customer" if base_s and base_s + self.days * DAY_S <= case.now_s else ""


class Birthday(TriggerCondition, frozen=True):
    """It is the visitor's birthday, `at` this time of day in the site's time zone; on 28 February for the 29th."""

    at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = DAY_S

    @property
    def names(self) -> Sequence[str]:
        """A birthday is told."""
        return (BIRTHDAY,)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Every year once."""
        return self._coming(state, event.at_s, zone)

    def next(self, state: TriggerState, now_s: float, zone: ZoneInfo) -> list[TimerRequest]:
        """Next year's."""
        return self._coming(state, now_s, zone)

    def _coming(self, state: TriggerState, now_s: float, zone: ZoneInfo) -> list[TimerRequest]:
        if not state.birthday:
            return []
        month, day = int(state.birthday[:2]), int(state.birthday[3:])
        today = datetime.fromtimestamp(now_s, zone).date()
        found: list[TimerRequest] = []
        for year in (today.year, today.year + 1, today.year + 2):
            on = date(year, month, 28) if (month, day) == (2, 29) and not _leap(year) else date(year, month, day)
            if on >= today:
                due_s = datetime.combine(on, time.fromisoformat(self.at), zone).timestamp()
                found.append(TimerRequest(f"birthday:{year}", max(due_s, now_s) if on == today else due_s, {}))
        return found

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether a birthday is known."""
        return bool(state.birthday)

    def holds(self, case: EvaluationContext) -> str:
        """It is today."""
        return "it is the visitor's birthday" if case.state.birthday else ""


_TOLD_LATE_S: Final = 3 * DAY_S
"""A silence that was over for so long before anybody told of it is of the past."""


class StageEntered(TriggerCondition, frozen=True):
    """The visitor has become `is`, `after` ago, and still is."""

    is_: tuple[Stage, ...] = msgspec.field(name="is")
    after: Span = Span(0.0)
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = 60 * DAY_S

    @property
    def names(self) -> Sequence[str]:
        """The engine's word on it."""
        return (STAGE_CHANGED,)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once each time the stage is entered."""
        to = str(event.params.get("to", ""))
        if to not in self.is_:
            return []
        return [TimerRequest(f"stage:{to}:{event.at_s:.3f}", event.at_s + self.after, {"stage": to})]

    def holds(self, case: EvaluationContext) -> str:
        """The stage is still the same, and was told of when it came: a shop's imported past wins nobody back."""
        if not case.profile.events_seen:
            return ""
        stage, why = stage_of(case.profile, case.thresholds, case.now_s)
        silent_days = {"dormant": case.thresholds.dormant_after_days, "lost": case.thresholds.lost_after_days}
        if stage in silent_days:
            came_s = case.profile.last_at_s + silent_days[stage] * DAY_S
            if case.timer.meant_s - self.after - came_s > _TOLD_LATE_S:
                return ""
        return f"{stage}: {why}" if stage == case.timer.about.get("stage") else ""


class Unhappy(TriggerCondition, frozen=True):
    """The visitor complained, or gave a low rating or score, and it was not made good within `after`."""

    after: Span = Span(0.0)
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = 7 * DAY_S

    @property
    def names(self) -> Sequence[str]:
        """Any event that says so."""
        return (TROUBLE,)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once until it is resolved."""
        return [
            TimerRequest(_trouble(state), event.at_s + self.after, {"said": trouble_of(event), "event": event.event})
        ]

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether it was not resolved."""
        return state.trouble_since_s > 0 and timer.subject == _trouble(state)

    def holds(self, case: EvaluationContext) -> str:
        """What was said."""
        return f"unhappy: {case.timer.about.get('said', '')}" if case.state.trouble_since_s else ""


class PriceDropped(TriggerCondition, frozen=True):
    """Something the visitor wants costs less than when it was wanted, by a share of at least `share`."""

    share: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    lasts_s: ClassVar[float] = 3 * DAY_S

    def holds(self, case: EvaluationContext) -> str:
        """It is still wanted, on sale, and so much cheaper."""
        want, item = _wanted(case)
        if want is None or item is None or not item.sellable(case.now_s):
            return ""
        now, before = item.current_price, want.price
        if now is None or before is None or now > before * (1.0 - self.share) + 1e-9:
            return ""
        return f"{item.title or item.item_id} costs {now:.2f} instead of {before:.2f}"

    def items(self, case: EvaluationContext) -> list[str]:
        """The item."""
        return [str(case.timer.about.get("item_id", ""))]


class BackInStock(TriggerCondition, frozen=True):
    """Something the visitor wants can be bought again."""

    lasts_s: ClassVar[float] = 3 * DAY_S

    def holds(self, case: EvaluationContext) -> str:
        """It is still wanted, and on sale."""
        want, item = _wanted(case)
        if want is None or item is None or not item.sellable(case.now_s):
            return ""
        return f"{item.title or item.item_id} is back in stock"

    def items(self, case: EvaluationContext) -> list[str]:
        """The item."""
        return [str(case.timer.about.get("item_id", ""))]


class Hesitation(TriggerCondition, frozen=True):
    """The visitor opened a page by one of `events`, and did nothing more for `after`."""

    after: Span = Span(60.0)
    events: Names = ("view_item", "view_cart", "begin_checkout")
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = 600.0

    @property
    def names(self) -> Sequence[str]:
        """Any of them."""
        return self.events

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once a visit and page."""
        item_id = event.items[0].item_id if event.items else ""
        subject = f"page:{state.visit_at_s:.0f}:{event.event}:{item_id if event.event == 'view_item' else ''}"
        about = {"event": event.event, "item_id": item_id, "at_s": event.at_s}
        return [TimerRequest(subject, event.at_s + self.after, about)]

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether nothing was done since."""
        return state.acted_at_s <= float(timer.about.get("at_s", 0.0)) + SAME_PAGE_S

    def holds(self, case: EvaluationContext) -> str:
        """Nothing was."""
        return f"{written_span(self.after)} on a page without doing anything ({case.timer.about.get('event', '')})"

    def items(self, case: EvaluationContext) -> list[str]:
        """The item of the page."""
        item_id = str(case.timer.about.get("item_id", ""))
        return [item_id] if item_id else []


class SegmentEntered(TriggerCondition, frozen=True):
    """The visitor entered the segment `id`, `after` ago."""

    id: Annotated[str, Meta(min_length=1, max_length=60)]
    after: Span = Span(0.0)
    single: ClassVar[bool] = True

    @property
    def names(self) -> Sequence[str]:
        """The engine's word on it."""
        return (SEGMENT_ENTERED,)

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once each time it is entered."""
        if event.params.get("segment_id") != self.id:
            return []
        return [TimerRequest(f"segment:{self.id}:{event.at_s:.3f}", event.at_s + self.after, {"segment_id": self.id})]

    def holds(self, case: EvaluationContext) -> str:
        """It happened."""
        return f"entered the segment {self.id}"


class Happened(TriggerCondition, frozen=True):
    """An event of this `name` happened, and none of `unless` within `after`."""

    name: Name
    after: Span = Span(0.0)
    unless: Annotated[tuple[Name, ...], Meta(max_length=10)] = ()
    single: ClassVar[bool] = True

    @property
    def names(self) -> Sequence[str]:
        """The event."""
        return (self.name,)

    @property
    def listens(self) -> Sequence[str]:
        """What calls it off."""
        return self.unless

    def armed(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Each time."""
        about = {"event": self.name, "at_s": event.at_s, "item_ids": [one.item_id for one in event.items[:5]]}
        return [TimerRequest(f"event:{event.at_s:.3f}", event.at_s + self.after, about)]

    def alive(self, state: TriggerState, timer: Timer) -> bool:
        """Whether nothing called it off."""
        at_s = float(timer.about.get("at_s", 0.0))
        return all(state.heard.get(name, 0.0) < at_s for name in self.unless)

    def holds(self, case: EvaluationContext) -> str:
        """It happened."""
        return f"{self.name}, {written_span(self.after)} ago" if self.after else self.name

    def items(self, case: EvaluationContext) -> list[str]:
        """What it named."""
        return [str(one) for one in case.timer.about.get("item_ids", [])]


KINDS: Final[dict[str, type[TriggerCondition]]] = {
    "cart_left": CartLeft,
    "order_unpaid": OrderUnpaid,
    "browse_left": BrowseLeft,
    "welcome": Welcome,
    "order_shipped": OrderShipped,
    "delivery_near": DeliveryNear,
    "order_delivered": OrderDelivered,
    "anniversary": Anniversary,
    "birthday": Birthday,
    "stage": StageEntered,
    "unhappy": Unhappy,
    "price_drop": PriceDropped,
    "back_in_stock": BackInStock,
    "hesitation": Hesitation,
    "segment": SegmentEntered,
    "event": Happened,
}


def _cart(state: TriggerState) -> str:
    return f"cart:{state.cart_since_s:.3f}"


def _visit(started_at_s: float) -> str:
    return f"visit:{started_at_s:.3f}"


def _trouble(state: TriggerState) -> str:
    return f"trouble:{state.trouble_since_s:.3f}"


def _of_order(order: TrackedOrder, due_s: float) -> TimerRequest:
    return TimerRequest(f"order:{order.order_id}", due_s, {"order_id": order.order_id})


def _wanted(case: EvaluationContext) -> tuple[Any, Any]:
    item_id = str(case.timer.about.get("item_id", ""))
    return case.state.want(item_id), case.assortment.items.get(item_id)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
