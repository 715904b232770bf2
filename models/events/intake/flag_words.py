"""Flag words: yes and no in the words that shops, consent tools and forms have for them."""

import re
from typing import Final

from models.events.intake.item_parsing import text_of_id

_FLAG_WORDS: Final = {
    **dict.fromkeys(
        ("true", "yes", "y", "1", "on", "t", "granted", "opt_in", "opted_in", "subscribed", "allow", "allowed",
         "accept", "accepted", "agree", "agreed", "enabled", "active", "confirmed", "ja", "oui", "si", "sim", "tak",
         "ano"),
        True,
    ),
    **dict.fromkeys(
        ("false", "no", "n", "0", "off", "f", "denied", "opt_out", "optout", "opted_out", "unsubscribed", "unsubscribe",
         "not_subscribed", "refuse", "refused", "reject", "rejected", "decline", "declined", "disabled", "inactive",
         "revoked", "withdrawn", "none", "never", "nein", "non", "nie", "nee", "nao", "ne"),
        False,
    ),
}  # fmt: skip
_BETWEEN: Final = re.compile(r"[\s_-]+")


def word_of(value: object) -> str:
    """Give what a word is looked up by: in small letters, `_` between its parts; empty for what is no text.

    >>> word_of(" Opt-out "), word_of(1), word_of([])
    ('opt_out', '1', '')
    """
    text = text_of_id(value)
    return "" if text is None else _BETWEEN.sub("_", text.strip().casefold())


def flag_of(value: object) -> bool | None:
    """Give the yes or no that a value says; None for neither.

    >>> flag_of(True), flag_of("DENIED"), flag_of("perhaps")
    (True, False, None)
    """
    return value if isinstance(value, bool) else _FLAG_WORDS.get(word_of(value))
