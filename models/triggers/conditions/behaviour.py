"""Conditions on any event the shop names."""

from collections.abc import Sequence
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from msgspec import Meta

from models.base.durations import Duration, written_duration
from models.events.events import Event
from models.triggers.about import AboutEvent, read_about
from models.triggers.conditions.base import EvaluationContext, EventName, TimerRequest, TriggerCondition
from models.triggers.trigger_state import MAX_VIEWED, Timer, TriggerState


class Happened(TriggerCondition, frozen=True):
    """An event of this `name` happened, and none of `unless` within `after`."""

    name: EventName
    after: Duration = Duration(0.0)
    unless: Annotated[tuple[EventName, ...], Meta(max_length=10)] = ()
    single: ClassVar[bool] = True

    @property
    def arming_events(self) -> Sequence[str]:
        return (self.name,)

    @property
    def remembered_events(self) -> Sequence[str]:
        return self.unless

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Each time."""
        item_ids = [item.item_id for item in event.items[:MAX_VIEWED]]
        about = AboutEvent(event=self.name, at_s=event.at_s, item_ids=item_ids)
        return [TimerRequest(f"event:{event.at_s:.3f}", event.at_s + self.after, about, event.at_s)]

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether none of `unless` came at that moment or later."""
        at_s = self.about(timer).at_s
        return all(state.heard.get(name, 0.0) < at_s for name in self.unless)

    def reason(self, context: EvaluationContext) -> str:
        return f"{self.name}, {written_duration(self.after)} ago" if self.after else self.name

    def about(self, timer: Timer) -> AboutEvent:
        return read_about(timer.about, AboutEvent)

    def item_ids(self, context: EvaluationContext) -> list[str]:
        return context.assortment.item_groups.one_each(self.about(context.timer).item_ids)
