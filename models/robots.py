"""Robots: visitors that are programs, by what they say of themselves and by how much they send."""

import re
from typing import Final

from models.events import Event

FLOOD_EVENTS: Final = 300.0
"""Events of one visitor that are learned from at once; more are served and passed over: no shopper does that."""
FLOOD_REFILL_S: Final = 12.0
"""Seconds of event time until one more of a visitor's events is learned from."""

_AGENT: Final = re.compile(
    r"bot\b|bot[/;]|crawl|spider|slurp|storebot|headless|preview|monitor|lighthouse|curl/|wget/|python-|okhttp|scrapy",
    re.IGNORECASE,
)


def is_robot(event: Event) -> bool:
    """Whether an event's user agent names a crawler, a monitor or a script."""
    agent = event.context.get("userAgent") or event.context.get("user_agent") if event.context else None
    return isinstance(agent, str) and _AGENT.search(agent[:500]) is not None


def allowance(allowed: float, waited_s: float) -> float:
    """Give how many events a visitor may send now, where `allowed` were left `waited_s` seconds ago.

    Who has none left is a flood.
    """
    return min(FLOOD_EVENTS, allowed + max(0.0, waited_s) / FLOOD_REFILL_S)
