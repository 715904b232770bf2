"""Holds: why a promotion is held back, as a code that state keeps and compares, and in words for people."""

from collections.abc import Iterable, Sequence
from typing import Final

NO_PAGE_OPEN: Final = "no_page_open"
COMPLAINT_OPEN: Final = "complaint_open"
OPTED_OUT: Final = "opted_out"
QUIET_HOURS: Final = "quiet_hours"
STATE_UNAVAILABLE: Final = "state_unavailable"
_WORDS: Final = {
    NO_PAGE_OPEN: "no page is open",
    COMPLAINT_OPEN: "a complaint is open",
    OPTED_OUT: "the visitor wants no promotional messages",
    QUIET_HOURS: "quiet hours",
    STATE_UNAVAILABLE: "visitor state unavailable",
}
_CODES: Final = {words: code for code, words in _WORDS.items()}
_CAP: Final = "cap"
_PLURALS: Final = {"banner": "banners", "on_site": "invitations", "message": "messages"}


def cap_code(most: int, per: str, channels: Iterable[str], *, each_campaign: bool) -> str:
    """Give the code of a frequency cap.

    >>> cap_code(3, "day", ["banner", "message"], each_campaign=False)
    'cap:3:day:banner+message:all'
    """
    named = "+".join(channel for channel in _PLURALS if channel in set(channels))
    return f"{_CAP}:{most}:{per}:{named}:{'each' if each_campaign else 'all'}"


def hold_words(code: str) -> str:
    """Give a code in words; what is no code is given as it is.

    >>> hold_words("cap:3:day:banner+message:each"), hold_words("quiet_hours")
    ('cap of 3 banners or messages a day of one campaign', 'quiet hours')
    """
    parts = code.split(":")
    if parts[0] != _CAP or len(parts) != 5:
        return _WORDS.get(code, code)
    _, most, per, channels, scope = parts
    return f"cap of {most} {_named(channels.split('+'))} a {per}{' of one campaign' if scope == 'each' else ''}"


def hold_code(stored: str) -> str:
    """Give the code of a hold as it is stored: states of before there were codes keep the words.

    >>> hold_code("quiet hours"), hold_code("quiet_hours")
    ('quiet_hours', 'quiet_hours')
    """
    return _CODES.get(stored, stored)


def _named(channels: Sequence[str]) -> str:
    if len(channels) == len(_PLURALS):
        return "contacts"
    return " or ".join(_PLURALS.get(channel, channel) for channel in channels)
