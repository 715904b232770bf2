"""Conditions on how the visitor stands to the shop: signed up, in a stage or a segment, unhappy."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from models.base.durations import DAY_S, Duration
from models.events.events import Event
from models.events.names import SEGMENT_ENTERED, STAGE_CHANGED
from models.segments.lifecycle import Stage, stage_of
from models.triggers.about import AboutComplaint, AboutSegment, AboutSignUp, AboutStage, read_about
from models.triggers.conditions.base import COMPLAINED, EvaluationContext, EventNames, TimerRequest, TriggerCondition
from models.triggers.trigger_state import Timer, TriggerState
from models.visitor.contact_history import case_of, trouble_of

_TOLD_LATE_S: Final = 3 * DAY_S
"""A silence that was over for so long before anybody told of it is of the past."""

_ANY_RATING = 5.0
"""What armed it was low by the site's policy, whatever the stars."""


class Welcome(TriggerCondition, frozen=True):
    """The visitor signed up: one of `events` for the first time, `after` ago."""

    after: Duration = Duration(0.0)
    events: EventNames = ("sign_up",)
    lasts_s: ClassVar[float] = 7 * DAY_S

    @property
    def arming_events(self) -> Sequence[str]:
        return self.events

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once for ever."""
        return [TimerRequest("welcome", event.at_s + self.after, AboutSignUp(event=event.event), event.at_s)]

    def reason(self, context: EvaluationContext) -> str:
        return "signed up"

    def about(self, timer: Timer) -> AboutSignUp:
        return read_about(timer.about, AboutSignUp)


class StageEntered(TriggerCondition, frozen=True):
    """The visitor has become `is`, `after` ago, and still is."""

    is_: tuple[Stage, ...] = msgspec.field(name="is")
    after: Duration = Duration(0.0)
    single: ClassVar[bool] = True
    lasts_s: ClassVar[float] = 60 * DAY_S

    @property
    def arming_events(self) -> Sequence[str]:
        return (STAGE_CHANGED,)

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once each time the stage is entered."""
        to = str(event.params.get("to", ""))
        if to not in self.is_:
            return []
        subject = f"stage:{to}:{event.at_s:.3f}"
        return [TimerRequest(subject, event.at_s + self.after, AboutStage(stage=to), event.at_s)]

    def reason(self, context: EvaluationContext) -> str:
        """The stage is still the same, and was told of when it came: a shop's imported past wins nobody back."""
        if not context.profile.events_seen:
            return ""
        thresholds = context.thresholds
        stage, why = stage_of(context.profile, thresholds, context.now_s)
        silent_days = {"dormant": thresholds.dormant_after_days, "lost": thresholds.lost_after_days}
        if stage in silent_days:
            entered_s = context.profile.last_at_s + silent_days[stage] * DAY_S
            if context.timer.meant_s - self.after - entered_s > _TOLD_LATE_S:
                return ""
        return f"{stage}: {why}" if stage == self.about(context.timer).stage else ""

    def about(self, timer: Timer) -> AboutStage:
        return read_about(timer.about, AboutStage)


class SegmentEntered(TriggerCondition, frozen=True):
    """The visitor entered the segment `id`, `after` ago."""

    id: Annotated[str, Meta(min_length=1, max_length=60)]
    after: Duration = Duration(0.0)
    single: ClassVar[bool] = True

    @property
    def arming_events(self) -> Sequence[str]:
        return (SEGMENT_ENTERED,)

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once each time it is entered."""
        if event.params.get("segment_id") != self.id:
            return []
        subject = f"segment:{self.id}:{event.at_s:.3f}"
        return [TimerRequest(subject, event.at_s + self.after, AboutSegment(segment_id=self.id), event.at_s)]

    def reason(self, context: EvaluationContext) -> str:
        return f"entered the segment {self.id}"

    def about(self, timer: Timer) -> AboutSegment:
        return read_about(timer.about, AboutSegment)


class Unhappy(TriggerCondition, frozen=True):
    """The visitor complained, or gave a low rating or score, and it was not made good within `after`."""

    after: Duration = Duration(0.0)
    lasts_s: ClassVar[float] = 7 * DAY_S

    @property
    def arming_events(self) -> Sequence[str]:
        return (COMPLAINED,)

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """Once until it is resolved, for each case, and for all that was said without a number together."""
        said, case_id = trouble_of(event, low_rating=_ANY_RATING), case_of(event)
        known = state.known_complaints
        since_s = known.resolved_s(case_id) if known is not None else 0.0
        complaint = AboutComplaint(said=said, event=event.event, at_s=event.at_s, case_id=case_id)
        return [TimerRequest(f"trouble:{case_id}:{since_s:.3f}", event.at_s + self.after, complaint, event.at_s)]

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether that complaint is still open."""
        complaint = self.about(timer)
        return state.has_open_complaint(complaint.at_s, complaint.case_id)

    def reason(self, context: EvaluationContext) -> str:
        return f"unhappy: {self.about(context.timer).said}" if self.still_valid(context.state, context.timer) else ""

    def about(self, timer: Timer) -> AboutComplaint:
        return read_about(timer.about, AboutComplaint)
