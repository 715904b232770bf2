"""Subjects: what an event says a visitor is interested in: its items, or what a clicked creative is about.

A creative stands among the recent items under an id of its own, which no item can have.
"""

from typing import Final

from models.events.events import Event, EventItem, promotions_of

_CREATIVE: Final = "\x1fcreative:"
"""Ids from outside hold no control characters."""


def creative_subject(creative_id: str) -> str:
    """Give the id under which a creative stands among the recent items."""
    return _CREATIVE + creative_id


def creative_of(subject_id: str) -> str | None:
    """Give the creative's id back; None for an item's.

    >>> creative_of(creative_subject("spring-1")), creative_of("sku-1")
    ('spring-1', None)
    """
    return subject_id.removeprefix(_CREATIVE) if subject_id.startswith(_CREATIVE) else None


def subjects_of(event: Event) -> tuple[EventItem, ...]:
    """Give what the event shows interest in."""
    if event.event == "select_promotion":
        return tuple(EventItem(item_id=creative_subject(creative_id)) for _, creative_id, _ in promotions_of(event))
    return event.items
