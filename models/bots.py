"""Bots: programs that say so in their user agent; they are served, and count nowhere."""

import re
from typing import Final

from models.events import Event

_BOT: Final = re.compile(r"bots?\b|crawl|spider|slurp|archiver|facebookexternalhit|lighthouse", re.IGNORECASE)


def is_bot(agent: object) -> bool:
    """Whether a user agent names a bot.

    >>> is_bot("Mozilla/5.0 (compatible; Googlebot/2.1)"), is_bot("Mozilla/5.0 (X11; Linux x86_64) Chrome/130")
    (True, False)
    """
    return isinstance(agent, str) and _BOT.search(agent[:500]) is not None


def sent_by_bot(event: Event) -> bool:
    """Whether the event's `context.userAgent` names a bot."""
    return is_bot(event.context.get("userAgent") or event.context.get("user_agent"))
