"""Impressions: whether a creative was in view."""

from typing import Final

from models.events.events import Event

VIEW_FLAGS: Final = frozenset({"viewable", "seen"})
"""Params that tell it; nothing told is seen."""


def was_seen(event: Event) -> bool:
    """Whether a `view_promotion` tells of a creative that was in view; it does unless it says otherwise."""
    return all(event.params.get(flag) is not False for flag in VIEW_FLAGS)
