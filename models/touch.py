"""Touch: where a visit came from, read from a campaign, the page's address or the referrer."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from models.events import Event

_MAX_TEXT: Final = 100
_CLICK_IDS: Final = {"gclid": ("google", "cpc"), "fbclid": ("facebook", "paid"), "msclkid": ("bing", "cpc")}
_SEARCH_ENGINES: Final = ("google", "bing", "duckduckgo", "yahoo", "ecosia", "baidu", "yandex")


class Touch(msgspec.Struct, array_like=True, frozen=True):
    """One arrival: `source` and `medium` as GA4 and utm parameters name them, `at_s` in epoch seconds."""

    source: str
    medium: str
    campaign: str
    at_s: float


def touch_of(event: Event) -> Touch | None:
    """Give the arrival an event tells of, or None: most events tell of none.

    Looked for in this order: `campaign_details`' own params, `context.campaign` (Segment's shape), utm parameters and
    click ids in `page_location`, then a referrer from another host.
    """
    if event.event == "campaign_details":
        return _touch(event.params, event.at_s, name_key="campaign")
    campaign = event.context.get("campaign")
    if isinstance(campaign, dict):
        touch = _touch(campaign, event.at_s, name_key="name")
        if touch is not None:
            return touch
    page = event.context.get("page")
    page = page if isinstance(page, dict) else {}
    location = _text(event.params.get("page_location") or page.get("url"))
    referrer = _text(event.params.get("page_referrer") or page.get("referrer"))
    if not location and not referrer:
        return None
    try:
        query = dict(parse_qsl(urlsplit(location).query, max_num_fields=100))
        here, there = urlsplit(location).hostname or "", urlsplit(referrer).hostname or ""
    except ValueError:
        return None
    found = {key.removeprefix("utm_"): value for key, value in query.items() if key.startswith("utm_")}
    if found:
        return _touch(found, event.at_s, name_key="campaign")
    for key, (source, medium) in _CLICK_IDS.items():
        if query.get(key):
            return Touch(source, medium, "", event.at_s)
    if there and there != here:
        host = there.removeprefix("www.")
        engine = next((name for name in _SEARCH_ENGINES if f"{name}." in f"{host}."), None)
        return Touch(engine or host[:_MAX_TEXT], "organic" if engine else "referral", "", event.at_s)
    return None


def _touch(values: Mapping[str, Any], at_s: float, name_key: str) -> Touch | None:
    source, medium, name = (_text(values.get(key))[:_MAX_TEXT] for key in ("source", "medium", name_key))
    name = name or _text(values.get("campaign_id") or values.get("id"))[:_MAX_TEXT]
    return Touch(source, medium, name, at_s) if source or medium or name else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
