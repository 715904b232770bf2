"""Event names: which are known, and what somebody may have meant by one that is not."""

from functools import lru_cache
from typing import Final

from models.base.suggestions import closest
from models.events.names import (
    CLICKED_MESSAGES,
    OFF_SITE_EVENTS,
    ORDER_EVENTS,
    RECEIVED_EVENTS,
    SCORES,
)
from models.events.presence import ON_SITE_EVENTS

KNOWN_EVENTS: Final = frozenset(
    {
        *ON_SITE_EVENTS,
        *ORDER_EVENTS,
        *OFF_SITE_EVENTS,
        *RECEIVED_EVENTS,
        *CLICKED_MESSAGES,
        *SCORES,
        "chat_message_received",
        "consent_updated",
        "email_subscribed",
        "email_unsubscribed",
        "message_subscribed",
        "message_unsubscribed",
        "subscribed",
        "unsubscribed",
    }
)
"""Events that mean something to the engine, or to everybody who knows GA4."""


@lru_cache(maxsize=4_096)
def event_meant(name: str) -> str:
    """Give the known event that an unknown name is most like; empty for a known name, and for one of the shop's own.

    >>> event_meant("viewitem"), event_meant("view_item"), event_meant("recipe_cooked")
    ('view_item', '', '')
    """
    return "" if name in KNOWN_EVENTS else closest(name, sorted(KNOWN_EVENTS))
