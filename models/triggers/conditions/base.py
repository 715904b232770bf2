"""The condition of a trigger: what arms it, when it is due, what calls it off, and whether it holds when due."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from models.base.durations import DAY_S
from models.catalog.assortment import Assortment
from models.events.events import Event
from models.segments.lifecycle import Thresholds
from models.triggers.about import About
from models.triggers.trigger_state import Timer, TriggerState
from models.visitor.profile import Profile

COMPLAINED: Final = "_trouble"
"""Arms for any event that complains, whatever its name."""
BIRTHDAY_TOLD: Final = "_birthday"
"""Arms for any event that tells a birthday."""
PROFILE_READ: Final = "_looked"
"""Arms when the visitor's profile is read."""

EventName = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
EventNames = Annotated[tuple[EventName, ...], Meta(min_length=1, max_length=10)]


class TimerRequest(NamedTuple):
    """A trigger to be armed: once for the subject, due at a time (epoch seconds).

    `since_s` is the moment of the event that it counts from; 0 for what is due by the calendar.
    """

    subject: str
    due_s: float
    about: About
    since_s: float = 0.0


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
    """One thing to wait for. A kind overrides what is different from never being armed and always holding."""

    single: ClassVar[bool] = False
    """Whether a trigger waits for one subject at a time: a new one takes the place of the last."""
    lasts_s: ClassVar[float] = 3 * DAY_S
    """For how long after it was due it is still worth sending."""
    waits_when_late: ClassVar[bool] = True
    """Whether what is told late waits anew from then on; else it is dropped once its moment is over."""

    @property
    def arming_events(self) -> Sequence[str]:
        """Names of events that may arm it, and of `COMPLAINED`, `BIRTHDAY_TOLD` and `PROFILE_READ`."""
        return ()

    @property
    def remembered_events(self) -> Sequence[str]:
        """Events whose latest time it asks for."""
        return ()

    def timers_for(self, state: TriggerState, event: Event, zone: ZoneInfo) -> list[TimerRequest]:
        """What an event arms; of several subjects the first that was not carried out yet counts."""
        return []

    def timers_for_profile(self, state: TriggerState, profile: Profile, zone: ZoneInfo) -> list[TimerRequest]:
        """What the profile arms when it is read."""
        return []

    def timers_after_firing(self, state: TriggerState, now_s: float, zone: ZoneInfo) -> list[TimerRequest]:
        """What is armed by having been carried out."""
        return []

    def still_valid(self, state: TriggerState, timer: Timer) -> bool:
        """Whether nothing has come between, by what the trigger state alone knows."""
        return True

    def reason(self, context: EvaluationContext) -> str:
        """Why it is to be carried out now, for a person; empty where it does not hold any more."""
        return ""

    def about(self, timer: Timer) -> About:
        """What the timer is about, as this condition wrote it."""
        return About()

    def item_ids(self, context: EvaluationContext) -> list[str]:
        """Items it is about, most important first."""
        return []
