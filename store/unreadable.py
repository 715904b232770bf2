"""Unreadable: what is stored and cannot be read is told of, and stands in nobody's way."""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from models.events.dead_letter import DeadLetter

_LOGGER = logging.getLogger(__name__)
_LONGEST_KEPT: Final = 500_000
HEALED_BY: Final = {
    "profile": "`shopwindow dead-letters replay` puts it back once it can be read",
    "trigger_state": "`shopwindow dead-letters replay` puts it back once it can be read",
    "membership": "the visitor is judged anew",
    "timeline": "the touchpoint is left out",
    "order": "it was told of before, and counts as it was learned then",
    "archive": "`shopwindow archive mend` writes it anew, as far as the log still has what it held",
    "checkpoint": "the models are learned again from what the log holds",
    "snapshot": "a restart of `shopwindow stream learn` publishes it anew",
    "key": "`shopwindow keys create` makes another",
    "resource": "`shopwindow apply` or `shopwindow import` puts it anew",
}
"""By kind: what mends it."""


class Unreadable(NamedTuple):
    """What cannot be read: of which kind (`HEALED_BY` names them), whose, its name, its bytes and why."""

    kind: str
    site: str
    name: str
    value: bytes
    error: Exception

    @property
    def words(self) -> str:
        """In words, with what mends it."""
        why = f"{type(self.error).__name__}: {self.error}"[:200]
        return (
            f"{self.kind} {self.name!r} of site {self.site!r} cannot be read and is set aside ({why}); {self.healed_by}"
        )

    @property
    def healed_by(self) -> str:
        """What mends it."""
        return HEALED_BY[self.kind]


OnUnreadable = Callable[[Unreadable], None]
Readable = TypeVar("Readable")


def letter_of(found: Unreadable, source: str, now_s: float) -> DeadLetter:
    """Give the dead letter that keeps it; of what is very large the beginning alone."""
    return DeadLetter(
        source=source,
        code=f"{found.kind}_unreadable",
        message=found.words,
        value=found.value[:_LONGEST_KEPT],
        at_s=now_s,
        site=found.site,
        name=found.name,
    )


def log_unreadable(found: Unreadable) -> None:
    """Tell the log of it."""
    _LOGGER.error("%s", found.words)


def read_or_tell(
    read: Callable[[bytes], Readable], value: bytes, kind: str, site: str, name: str, on_unreadable: OnUnreadable
) -> Readable | None:
    """Read a stored value; None, and it is told of, where it cannot be read."""
    try:
        return read(value)
    except Exception as error:
        on_unreadable(Unreadable(kind, site, name, value, error))
        return None
