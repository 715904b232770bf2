"""Conditions on the calendar: birthdays, and days since the visitor became a customer."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from models.base.durations import DAY_S
from models.events.events import Event
from models.events.names import ORDERED_EVENTS
from models.triggers.about import About
from models.triggers.conditions.base import (
    BIRTHDAY_TOLD,
    PROFILE_READ,
    EvaluationContext,
    TimerRequest,
    TriggerCondition,
)
from models.triggers.trigger_state import Timer, TriggerState
from models.visitor.profile import Profile

_TIME: Final = r"^([01]\d|2[0-3]):[0-5]\d$"


class Anniversary(TriggerCondition, frozen=True):
    """So many `days` since the visitor became a customer: signed up or ordered first, whichever came first.

    An order counts that was paid and not taken back. Whole days are those of the site's calendar, `at` this time of
    day; parts of a day count from the moment.
    """

    days: Annotated[float, Meta(gt=0, le=3_650)]
    at: Annotated[str, Meta(pattern=_TIME)] = "09:00"
    since: Literal["joined", "signed_up", "first_order"] = "joined"
    single: ClassVar[bool] = True
    waits_when_late: ClassVar[bool] = False

    @property
    def arming_events(self) -> Sequence[str]:
        return ("sign_up", *sorted(ORDERED_EVENTS), PROFILE_READ)

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once for ever."""
        return self._timers(state, zone)

    def timers_for_profile(self, state: TriggerState, profile: Profile, zone: ZoneInfo) -> list[TimerRequest]:
        """The same, of what the profile tells of orders."""
        return self._timers(state, zone)

    def _timers(self, state: TriggerState, zone: ZoneInfo) -> list[TimerRequest]:
        since_s = self._since_s(state)
        if not since_s:
            return []
        due_s = since_s + self.days * DAY_S
        if self.days == int(self.days):
            day = datetime.fromtimestamp(since_s, zone).date() + timedelta(days=int(self.days))
            due_s = datetime.combine(day, time.fromisoformat(self.at), zone).timestamp()
        return [TimerRequest(f"days:{self.days:g}", due_s, About())]

    def _since_s(self, state: TriggerState) -> float:
        if self.since == "signed_up":
            return state.signed_up_s
        if self.since == "first_order":
            return state.first_order_s
        return min((at_s for at_s in (state.signed_up_s, state.first_order_s) if at_s), default=0.0)

    def reason(self, context: EvaluationContext) -> str:
        since_s = self._since_s(context.state)
        due = since_s and since_s + (self.days - 1.0) * DAY_S <= context.now_s
        return f"{self.days:g} days a customer" if due else ""


class Birthday(TriggerCondition, frozen=True):
    """It is the visitor's birthday, `at` this time of day in the site's time zone; on 28 February for the 29th."""

    at: Annotated[str, Meta(pattern=_TIME)] = "09:00"
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = DAY_S
    waits_when_late: ClassVar[bool] = False

    @property
    def arming_events(self) -> Sequence[str]:
        return (BIRTHDAY_TOLD,)

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Arm the next birthday, under a subject that names its year, so that each year has one."""
        told_late = state.late_told_s and state.late_from_s <= event.at_s <= state.late_until_s
        return self._coming(state, state.late_told_s if told_late else event.at_s, zone)

    def timers_after_firing(self, state: TriggerState, now_s: float, zone: ZoneInfo) -> list[TimerRequest]:
        """Arm the birthday of next year."""
        return self._coming(state, now_s, zone)

    def _coming(self, state: TriggerState, now_s: float, zone: ZoneInfo) -> list[TimerRequest]:
        if not state.birthday:
            return []
        month, day = int(state.birthday[:2]), int(state.birthday[3:])
        today = datetime.fromtimestamp(now_s, zone).date()
        found: list[TimerRequest] = []
        for year in (today.year, today.year + 1, today.year + 2):
            on = date(year, month, 28) if (month, day) == (2, 29) and not _is_leap(year) else date(year, month, day)
            if on >= today:
                due_s = datetime.combine(on, time.fromisoformat(self.at), zone).timestamp()
                found.append(TimerRequest(f"birthday:{year}", max(due_s, now_s) if on == today else due_s, About()))
        return found

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether a birthday is known."""
        return bool(state.birthday)

    def reason(self, context: EvaluationContext) -> str:
        return "it is the visitor's birthday" if context.state.birthday else ""


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
