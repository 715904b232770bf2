"""Impressions: whether a creative was in view."""

from models.events.events import Event


def was_seen(event: Event) -> bool:
    """Whether a `view_promotion` tells of a creative that was in view; it does unless it says otherwise."""
    return event.params.get("viewable") is not False and event.params.get("seen") is not False
