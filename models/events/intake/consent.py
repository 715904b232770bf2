"""Consent: what a request or an event says of whether anything of its visitor may be stored.

Read are Google's consent mode (`{"analytics_storage": "denied"}`, in any case), Segment's `categoryPreferences`,
RudderStack's `consentManagement`, and single words; one in another too, as consent tools wrap them. Storage is what
the names of `_STORAGE` stand for: who denies one of them denies it. What is said of advertising alone says nothing of
it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from models.events.intake.flag_words import flag_of, word_of

ConsentWord = Literal["granted", "denied", "unreadable", ""]
"""What is said of storage; empty where nothing is."""
SAID: Final = frozenset({"granted", "denied"})

_STORAGE: Final = frozenset(
    {"analyticsstorage", "personalizationstorage", "analytics", "personalization", "personalisation", "statistics",
     "performance", "measurement", "preferences", "c0002"}
)  # fmt: skip
"""Names of what must be granted, by their letters: Google's, and what consent tools call the same (`C0002` is
OneTrust's)."""
_ELSEWHERE: Final = frozenset(
    {"adstorage", "aduserdata", "adpersonalization", "functionalitystorage", "securitystorage", "advertising",
     "advertisement", "ads", "marketing", "targeting", "socialmedia", "social", "datasharing", "functional",
     "functionality", "necessary", "essential", "strictlynecessary", "required", "security", "waitforupdate", "region",
     "c0001", "c0003", "c0004", "c0005"}
)  # fmt: skip
"""Names that say nothing of storage here."""
_WORDS: Final[dict[str, ConsentWord]] = {
    **dict.fromkeys(("all", "full", "grant", "yes_to_all", "accept_all"), "granted"),
    **dict.fromkeys(
        ("deny", "necessary", "essential", "necessary_only", "essential_only", "only_necessary", "strictly_necessary",
         "reject_all", "deny_all", "no_consent", "noconsent", "optedout"),
        "denied",
    ),
}  # fmt: skip
_SIGNAL: Final = "G1"
"""Begins the two signs by which Google's tags send ad and analytics storage (`gcs=G100`): 1, 0, or - for neither."""
_SAID_BESIDE: Final = frozenset({"consentManagement", "categoryPreferences"})
_LONGEST: Final = 4_096
_DEEPEST: Final = 4
_MOST_LISTED: Final = 32


def consent_told(fields: object) -> ConsentWord:
    """Give what a body or an event says, by itself, in its `context` or `params`; of several, a denial counts.

    >>> consent_told({"event": "page_view", "consent": {"analytics_storage": "DENIED", "ad_storage": "GRANTED"}})
    'denied'
    >>> consent_told({"context": {"consent": {"categoryPreferences": {"Analytics": True, "Advertising": False}}}})
    'granted'
    """
    if not isinstance(fields, dict):
        return ""
    words: set[ConsentWord] = set()
    for place in (fields, fields.get("context"), fields.get("params")):
        if not isinstance(place, dict):
            continue
        if (said := place.get("consent")) is not None:
            words.add(read_consent(said))
        if not _SAID_BESIDE.isdisjoint(place):
            preferences = place.get("categoryPreferences")
            words.add(_managed(place))
            words.add(_of_names(preferences) if isinstance(preferences, dict) else "")
    return most_careful(words) if words else ""


def read_consent(value: object) -> ConsentWord:
    """Give what one value says: an object, a word, yes or no, or a list of such; `unreadable` for what is none of them.

    >>> read_consent("none"), read_consent("G101"), read_consent("analytics_storage:denied"), read_consent("perhaps")
    ('denied', 'granted', 'denied', 'unreadable')
    """
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, dict):
        inner = value.get("categoryPreferences")
        return _of_names(inner if isinstance(inner, dict) else value)
    if isinstance(value, list):  # as gtag's arguments
        return most_careful(
            _of_names(each) if isinstance(each, dict) else _of_flag(each) for each in value[:_MOST_LISTED]
        )
    return "" if value is None else _of_flag(value)


def most_careful(words: Iterable[ConsentWord]) -> ConsentWord:
    """Give of several words the one that counts: a denial before all others."""
    order: tuple[ConsentWord, ...] = ("denied", "granted", "unreadable")
    told = set(words)
    return next((word for word in order if word in told), "")


def _of_text(text: str) -> ConsentWord:
    """Read a word; or an object, as JSON or as `name:word` separated by commas, as addresses carry it."""
    text = text.strip()
    if not text:
        return ""
    if len(text) > _LONGEST:
        return "unreadable"
    if text[:2].upper() == _SIGNAL and len(text) == 4:
        return {"0": "denied", "1": "granted", "-": ""}.get(text[3], "unreadable")  # type: ignore[return-value]
    if text.startswith("{"):
        try:
            return read_consent(msgspec.json.decode(text, type=dict[str, Any]))
        except (msgspec.DecodeError, RecursionError, UnicodeError):  # half a character is none of JSON's
            return "unreadable"
    pairs = [part.replace("=", ":", 1).partition(":") for part in text.split(",")]
    if any(colon for _, colon, _ in pairs):
        return _of_names({name: word for name, _, word in pairs})
    return _of_flag(text)


def _of_flag(value: object) -> ConsentWord:
    flag = flag_of(value)
    if flag is not None:
        return "granted" if flag else "denied"
    return _WORDS.get(word_of(value), "unreadable")


def _of_names(given: Mapping[str, Any]) -> ConsentWord:
    """Read an object: its names of storage; where it has none, and none that we know, it must deny all to deny."""
    storage: set[ConsentWord] = set()
    others: set[ConsentWord] = set()
    _sort_words(given, storage, others)
    if storage:
        return most_careful(storage)
    return "denied" if others == {"denied"} else ""


def _sort_words(given: Mapping[str, Any], storage: set[ConsentWord], others: set[ConsentWord], depth: int = 1) -> None:
    """Add what an object says of storage, and of what nobody knows; of an object in it what it says of storage."""
    for name, value in given.items():
        letters = "".join(filter(str.isalnum, name[:60])).casefold()
        if value is None or letters in _ELSEWHERE:
            continue
        if not isinstance(value, dict):
            (storage if letters in _STORAGE else others).add(_of_flag(value))
        elif letters in _STORAGE:  # such as `{"status": "denied"}`
            storage.add(most_careful(map(_of_flag, value.values())))
        elif depth < _DEEPEST:
            _sort_words(value, storage, set(), depth + 1)


def _managed(context: Mapping[str, Any]) -> ConsentWord:
    """Read RudderStack's lists of what is allowed and denied."""
    managed = context.get("consentManagement")
    if not isinstance(managed, dict):
        return "" if managed is None else "unreadable"
    given: dict[str, bool] = {}
    for field, flag in (("allowedConsentIds", True), ("deniedConsentIds", False)):
        listed = managed.get(field)
        if isinstance(listed, list):
            given |= {name: flag for name in listed if isinstance(name, str)}
    return _of_names(given)
