"""Event batch: what becomes of each event of one request, in the order they came."""

from collections.abc import Sequence
from typing import Any, Final

from api.http.problems import ProblemError
from api.intake.log_appender import Incoming
from models.base.errors import InvalidError
from models.base.texts import text_or_empty
from models.events.dead_letter import DeadLetter
from models.events.events import MAX_EVENT_BYTES
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.json_repair import dumped, with_characters_alone
from store.dead_letters import INTAKE

MAX_WARNED: Final = 1_000


class EventBatch:
    """Gathers what is taken, rejected, set aside and warned of.

    Parameters
    ----------
    site
        Whose.
    values
        The events as they came.
    now_s
        Epoch seconds.
    told_from
        Stands for a browser's address; empty for a server.
    """

    def __init__(self, site: str, values: Sequence[Any], now_s: float, told_from: str) -> None:
        self._site = site
        self._told_from = told_from
        self._values = values
        self._now_s = now_s
        self._rejected: list[dict[str, Any]] = []
        self.incoming: list[Incoming] = []
        self.warned: list[dict[str, Any]] = []
        self.letters: list[DeadLetter] = []
        self.refused: ProblemError | None = None
        self.not_stored = 0

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Why events were not taken, by index."""
        return sorted(self._rejected, key=lambda rejection: int(rejection["index"]))

    def refuse(self, index: int, problem: ProblemError) -> None:
        """Reject an event that the sender may not send, or not now; no dead letter: replayed it would come in after
        all."""
        self.refused = problem
        self._rejected.append({"index": index, "code": problem.code, "message": problem.detail})

    def set_aside(self, index: int, error: InvalidError) -> None:
        """Reject an event that is none, and keep it as it came."""
        value = self._values[index]
        self._rejected.append({"index": index, "code": error.code, "message": error.message})
        letter = DeadLetter(
            source=INTAKE,
            code=error.code,
            message=error.message,
            value=dumped(value)[:MAX_EVENT_BYTES],
            at_s=self._now_s,
            site=self._site,
            name=with_characters_alone(text_or_empty(value.get("visitor_id"))) if isinstance(value, dict) else "",
            told_from=self._told_from,
        )
        self.letters.append(letter)

    def pass_over(self, index: int, lost: str) -> None:
        """Keep nothing of an event, whose visitor agreed to no storage; `lost` names one that would have held messages
        back."""
        self.not_stored += 1
        if lost and len(self.warned) < MAX_WARNED:
            message = f"event {lost} was not stored, for want of consent: tell it with the secret key"
            self.warned.append({"index": index, "field": "event", "code": "not_stored", "message": message})

    def accept(self, index: int, event_id: str, incoming: Incoming, warnings: EventWarnings) -> None:
        """Take an event, with what is odd about it."""
        self.incoming.append(incoming)
        if warnings.found and len(self.warned) < MAX_WARNED:
            which: dict[str, Any] = {"index": index, "event_id": event_id} if event_id else {"index": index}
            self.warned += [{**which, **warning._asdict()} for warning in warnings.found]

    def outcome(self) -> dict[str, Any]:
        """Give what the sender is told."""
        told: dict[str, Any] = {"accepted": len(self.incoming), "rejected": self.rejected, "warnings": self.warned}
        return {**told, "not_stored": self.not_stored} if self.not_stored else told

    def raise_if_all_refused(self) -> None:
        """End a request of which nothing may be taken with the last reason."""
        if self.refused is not None and not (self.incoming or self.letters or self.not_stored):
            raise self.refused
