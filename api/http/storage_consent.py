"""Storage consent: whether anything of a request's visitor may be stored, and who says that it may not.

The closest word counts: an event's own, else its body's, else the address's; the browser's signals (Global Privacy
Control, Do Not Track) where the shop's page says neither yes nor no.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from starlette.requests import Request

from api.http.query_parameters import described
from models.events.intake.consent import SAID, ConsentWord, consent_told, most_careful, read_consent

Denial = Literal["consent_denied", "consent_unreadable", "gpc", "dnt", ""]
"""Why nothing of a visitor is stored; empty where it may be."""
CONSENT_PARAMETER: Final = described(
    "consent",
    "What the visitor agreed to: `none` or `denied`, `granted`, or as `analytics_storage:denied,ad_storage:granted`. "
    "Denied, nothing is stored, and the answer knows nothing of the visitor.",
    examples=["none"],
)
CONSENT_SCHEMA: Final[dict[str, Any]] = {
    "type": ["object", "string", "boolean", "null"],
    "description": "What the visitor agreed to: by Google's consent mode (`analytics_storage`, "
    "`personalization_storage`: `granted` or `denied`), by Segment's `categoryPreferences`, or in a word. Denied, "
    "nothing is stored of the visitor.",
    "examples": [{"analytics_storage": "denied", "ad_storage": "denied"}, "none"],
}
_SIGNALS: Final[dict[bytes, Denial]] = {b"sec-gpc": "gpc", b"dnt": "dnt"}


class StorageConsent(NamedTuple):
    """What a request says of its visitor: its own word, and the browser's signal that counts without."""

    word: ConsentWord = ""
    signal: Denial = ""

    def denial(self, closer: ConsentWord = "") -> Denial:
        """Why nothing may be stored, where a `closer` word says the same, another, or nothing."""
        word = closer if closer in SAID else self.word
        if word == "denied":
            return "consent_denied"
        return "" if word == "granted" else self.signal

    @property
    def unknowing(self) -> Denial:
        """Why nothing that is stored may be read for an answer: what cannot be read grants nothing."""
        return self.denial() or ("consent_unreadable" if self.word == "unreadable" else "")


def consent_of(request: Request, told: Mapping[str, Any] | None = None, *, honours_signals: bool) -> StorageConsent:
    """Give what a request says, in its body's fields where it has some, in its address, or by its browser's signals
    where the site honours those."""
    word = consent_told(told)
    if word not in SAID:
        word = most_careful(map(read_consent, request.query_params.getlist("consent"))) or word
    signal: Denial = ""
    if honours_signals and word not in SAID:
        for name, value in request.scope["headers"]:
            if name in _SIGNALS and value.strip() == b"1":
                signal = _SIGNALS[name]
                break
    return StorageConsent(word, signal)
