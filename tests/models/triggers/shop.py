"""One visitor's trigger state and profile, moved by events and time without any server."""

from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from models.catalog.assortment import Assortment
from models.events.events import Event
from models.segments.lifecycle import Thresholds
from models.triggers.defaults import default_triggers
from models.triggers.evaluation import Recipient, TriggerConfig, TriggerOutcome, TriggerSubject, fire
from models.triggers.scheduling import TriggerIndex, index_triggers, observe, observe_profile
from models.triggers.trigger import Trigger, parse_trigger
from models.triggers.trigger_state import TriggerState
from models.visitor.contact_policy import ContactPolicy
from models.visitor.order_value import sold_reduced
from models.visitor.profile import Profile, apply_one
from tests.models.makers import START_S, assortment

HOUR = 3_600.0
DAY = 86_400.0
WHOM = Recipient("shop", 3, "v1")


def trigger(**raw: Any) -> Trigger:
    """Make a trigger."""
    return parse_trigger({"trigger_id": "x", **raw})


def rules(*triggers: Trigger) -> TriggerIndex:
    """Rules of these, or of the shipped ones."""
    return index_triggers(triggers or default_triggers().values(), ZoneInfo("UTC"))


class Shop:
    """A visitor's watch and profile, moved by events and time without any server."""

    def __init__(
        self, *triggers: Trigger, policy: ContactPolicy | None = None, catalog: Assortment | None = None
    ) -> None:
        self.state, self.profile = TriggerState(), Profile()
        self.config = TriggerConfig(rules(*triggers), policy or ContactPolicy(), Thresholds())
        self.catalog = catalog or assortment(items=5)
        self.late_after_s = inf

    def see(self, *events: Event) -> "Shop":
        """Take in events."""
        for told in events:
            apply_one(self.profile, told, sold_reduced, self.catalog.item_groups.group_of)
            observe(self.state, told, self.config.trigger_index, self.catalog, self.late_after_s)
        return self

    def at(self, at_s: float, *, as_of_due: bool = False) -> list[TriggerOutcome]:
        """Let the time pass."""
        observe_profile(self.state, self.profile, self.config.trigger_index)
        subject = TriggerSubject(WHOM, self.state, self.profile)
        return fire(subject, self.config, self.catalog, START_S + at_s, as_of_due=as_of_due)


def names(outcomes: list[TriggerOutcome]) -> list[str]:
    """Which triggers."""
    return [outcome.trigger.trigger_id for outcome in outcomes]
