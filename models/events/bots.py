"""Bots: programs that say so in their user agent, and floods no shopper sends; served, and counted nowhere."""

import re
from typing import Final

from models.events.events import Event

FLOOD_EVENTS: Final = 300.0
"""Events of one visitor that are learned from at once; more are served and passed over: no shopper does that."""
FLOOD_REFILL_S: Final = 12.0
"""Seconds of event time until one more of a visitor's events is learned from."""
_BOT: Final = re.compile(r"bots?\b|crawl|spider|slurp|archiver|facebookexternalhit|lighthouse", re.IGNORECASE)


def is_bot(agent: object) -> bool:
    """Whether a user agent names a bot.

    >>> is_bot("Mozilla/5.0 (compatible; Googlebot/2.1)"), is_bot("Mozilla/5.0 (X11; Linux x86_64) Chrome/130")
    (True, False)
    """
    return isinstance(agent, str) and _BOT.search(agent[:500]) is not None


def sent_by_bot(event: Event) -> bool:
    """Whether the event's `context.userAgent` names a bot."""
    return bool(event.context) and is_bot(event.context.get("userAgent") or event.context.get("user_agent"))


def allowance(allowed: float, waited_s: float) -> float:
    """Give how many events a visitor may send now, where `allowed` were left `waited_s` seconds ago.

    Who has none left is a flood.
    """
    return min(FLOOD_EVENTS, allowed + max(0.0, waited_s) / FLOOD_REFILL_S)
