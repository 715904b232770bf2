"""Mail consent: whether a visitor wants mails, by what the touchpoints tell."""

from collections.abc import Iterable
from typing import Final

from models.timeline import Entry

_REFUSES: Final = "email_unsubscribed"
_AGREES: Final = "email_subscribed"


def wants_mails(entries: Iterable[Entry]) -> bool:
    """Whether a visitor has not unsubscribed, or has subscribed since; in the order things happened.

    >>> wants_mails([Entry(1, 10.0, "email_unsubscribed"), Entry(2, 20.0, "page_view")])
    False
    """
    told = [one for one in entries if one.event in (_REFUSES, _AGREES)]
    return not told or max(told, key=lambda one: (one.at_s, one.position)).event == _AGREES
