"""Conditions on an order on its way: unpaid, shipped, about to arrive, delivered."""

from collections.abc import Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

from models.base.durations import DAY_S, HOUR_S, Duration, written_duration
from models.events.events import Event, order_id_of
from models.events.names import ORDERED_EVENTS
from models.triggers.about import AboutOrder, read_about
from models.triggers.conditions.base import EvaluationContext, TimerRequest, TriggerCondition
from models.triggers.trigger_state import Timer, TrackedOrder, TriggerState


class OrderCondition(TriggerCondition, frozen=True):
    """Waits for a state of one order: `due_s` says when it is due, `in_state` whether it is in it, `state_text` how."""

    by_calendar: ClassVar[bool] = False
    """Whether it is due by a day that was told, and not so long after an event."""

    def due_s(self, order: TrackedOrder) -> float | None:
        """When it is due, epoch seconds; None where the order does not wait for it."""
        return None

    def in_state(self, order: TrackedOrder) -> bool:
        """Whether the order is in the state waited for."""
        return False

    def state_text(self, order: TrackedOrder) -> str:
        """The state, for a person."""
        return f"order {order.order_id}"

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once for each order."""
        order = state.find_order(order_id_of(event))
        due_s = self.due_s(order) if order is not None else None
        if order is None or due_s is None:
            return []
        since_s = 0.0 if self.by_calendar else event.at_s
        return [TimerRequest(f"order:{order.order_id}", due_s, AboutOrder(order_id=order.order_id), since_s)]

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether the order is still in the state waited for."""
        order = state.find_order(self.about(timer).order_id)
        return order is not None and self.in_state(order)

    def reason(self, context: EvaluationContext) -> str:
        order = context.state.find_order(self.about(context.timer).order_id)
        return self.state_text(order) if order is not None and self.in_state(order) else ""

    def about(self, timer: Timer) -> AboutOrder:
        return read_about(timer.about, AboutOrder)

    def item_ids(self, context: EvaluationContext) -> list[str]:
        order = context.state.find_order(self.about(context.timer).order_id)
        return order.item_ids if order else []


class OrderUnpaid(OrderCondition, frozen=True):
    """An order was made, and not paid, cancelled or returned within `after`."""

    after: Duration = Duration(600.0)
    lasts_s: ClassVar[float] = 2 * DAY_S

    @property
    def arming_events(self) -> Sequence[str]:
        return ("order_created",)

    def due_s(self, order: TrackedOrder) -> float | None:
        return order.created_at_s + self.after if order.unpaid else None

    def in_state(self, order: TrackedOrder) -> bool:
        return order.unpaid

    def state_text(self, order: TrackedOrder) -> str:
        return f"order {order.order_id} is not paid {written_duration(self.after)} after it was made"


class OrderShipped(OrderCondition, frozen=True):
    """An order was shipped, `after` ago, and has neither arrived nor come back."""

    after: Duration = Duration(0.0)

    @property
    def arming_events(self) -> Sequence[str]:
        return ("order_shipped",)

    def due_s(self, order: TrackedOrder) -> float | None:
        return order.shipped_at_s + self.after

    def in_state(self, order: TrackedOrder) -> bool:
        return bool(order.shipped_at_s) and not (order.delivered_at_s or order.over_at_s)

    def state_text(self, order: TrackedOrder) -> str:
        return f"order {order.order_id} was shipped"


class DeliveryNear(OrderCondition, frozen=True):
    """A shipped order is out for delivery, or expected within `before`."""

    before: Duration = Duration(DAY_S)
    lasts_s: ClassVar[float] = 36 * HOUR_S
    by_calendar: ClassVar[bool] = True

    @property
    def arming_events(self) -> Sequence[str]:
        return ("order_shipped", "order_out_for_delivery", *sorted(ORDERED_EVENTS))

    def due_s(self, order: TrackedOrder) -> float | None:
        """At once when it is out for delivery, else before the day it is expected."""
        if order.out_at_s:
            return order.out_at_s
        if order.shipped_at_s and order.expected_s:
            return max(order.expected_s - self.before, order.shipped_at_s)
        return None

    def in_state(self, order: TrackedOrder) -> bool:
        return bool(order.shipped_at_s or order.out_at_s) and not (order.delivered_at_s or order.over_at_s)

    def state_text(self, order: TrackedOrder) -> str:
        if order.out_at_s:
            return f"order {order.order_id} is out for delivery"
        return f"order {order.order_id} is about to be delivered"


class OrderDelivered(OrderCondition, frozen=True):
    """An order was delivered, `after` ago, and has not come back."""

    after: Duration = Duration(0.0)

    @property
    def arming_events(self) -> Sequence[str]:
        return ("order_delivered",)

    def due_s(self, order: TrackedOrder) -> float | None:
        return order.delivered_at_s + self.after

    def in_state(self, order: TrackedOrder) -> bool:
        return bool(order.delivered_at_s) and not order.over_at_s

    def state_text(self, order: TrackedOrder) -> str:
        return f"order {order.order_id} was delivered"
