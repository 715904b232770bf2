"""Traffic source: where a visit came from, read from a campaign, the page's address, the referrer or a clicked
message."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from models.base.texts import text_or_empty
from models.events.events import Event
from models.events.names import CLICKED_MESSAGES

_MAX_TEXT: Final = 100
_MAX_REFERRER: Final = 200
_CLICK_IDS: Final = {
    "gclid": ("google", "cpc"),
    "gbraid": ("google", "cpc"),
    "wbraid": ("google", "cpc"),
    "dclid": ("google", "display"),
    "fbclid": ("facebook", "paid"),
    "msclkid": ("bing", "cpc"),
    "ttclid": ("tiktok", "paid"),
    "twclid": ("twitter", "paid"),
    "li_fat_id": ("linkedin", "paid"),
    "epik": ("pinterest", "paid"),
    "yclid": ("yandex", "cpc"),
    "awc": ("awin", "affiliate"),
    "irclickid": ("impact", "affiliate"),
    "mc_eid": ("mailchimp", "email"),
    "_kx": ("klaviyo", "email"),
}
_SEARCH_ENGINES: Final = (
    "google", "bing", "duckduckgo", "yahoo", "ecosia", "baidu", "yandex", "startpage", "qwant", "brave", "naver",
)  # fmt: skip
_SEARCH_TERMS: Final = ("q", "query", "p", "text", "wd", "keyword")
_SOCIAL: Final = {
    "facebook": "facebook", "instagram": "instagram", "twitter": "twitter", "x.com": "twitter", "t.co": "twitter",
    "linkedin": "linkedin", "lnkd.in": "linkedin", "pinterest": "pinterest", "tiktok": "tiktok", "youtube": "youtube",
    "reddit": "reddit", "snapchat": "snapchat", "threads": "threads", "whatsapp": "whatsapp", "t.me": "telegram",
    "vk.com": "vk", "fb.com": "facebook", "xing": "xing",
}  # fmt: skip
_MAIL_HOSTS: Final = ("mail.", "outlook.", "webmail.")
_PAID_MEDIA: Final = frozenset({"cpc", "ppc", "paid", "cpa", "cpv", "paidsearch", "paid_search", "paid-search", "sem"})
_PAID_SOCIAL: Final = frozenset({"paid_social", "paid-social", "paidsocial", "social_paid", "cpc_social"})
_SOCIAL_MEDIA: Final = frozenset({"social", "social-network", "social-media", "social_media", "sm", "organic_social"})
_DISPLAY: Final = frozenset({"display", "banner", "cpm", "expandable", "interstitial", "retargeting"})
_EMAIL: Final = frozenset({"email", "e-mail", "e_mail", "mail", "newsletter"})
_MESSAGES: Final = {
    "sms": "sms", "push": "push", "mobile": "push", "notification": "push", "web_push": "push", "whatsapp": "message",
    "message": "message", "messenger": "message", "chat": "message",
}  # fmt: skip

TRAFFIC_CHANNELS: Final = (
    "direct",
    "organic_search",
    "paid_search",
    "paid_social",
    "display",
    "paid",
    "email",
    "sms",
    "push",
    "message",
    "social",
    "affiliate",
    "referral",
    "campaign",
)
"""Every channel a visit may come by; `campaign` is a tagged one whose medium says nothing we know."""


class Touch(msgspec.Struct, array_like=True, frozen=True):
    """One origin: `source` and `medium` as GA4 and utm parameters name them, `at_s` in epoch seconds."""

    source: str
    medium: str
    campaign: str
    at_s: float


class Origin(msgspec.Struct, array_like=True, frozen=True):
    """All that an event tells of how its visit came about; empty where it does not tell.

    `ad` is the creative that was clicked (`utm_content`), `keyword` what was searched or bid on (`utm_term`, or the
    search in the referrer), `search_engine` the engine of an organic or paid search, `referrer` the page before.
    """

    channel: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    ad: str = ""
    keyword: str = ""
    search_engine: str = ""
    referrer: str = ""


def channel_of(source: str, medium: str, campaign: str = "") -> str:  # noqa: C901 - rules in order, the first that fits
    """Give the channel that a source and a medium make; one of `TRAFFIC_CHANNELS`.

    >>> channel_of("google", "cpc"), channel_of("newsletter", "email"), channel_of("", "")
    ('paid_search', 'email', 'direct')
    """
    source, medium = source.casefold().strip(), medium.casefold().strip()
    if (source in ("", "direct", "(direct)") and medium in ("", "(none)", "none", "(not set)")) and not campaign:
        return "direct"
    social, engine = _social(source), _engine(source)
    if medium in _PAID_SOCIAL or (medium in _PAID_MEDIA and social):
        return "paid_social"
    if medium in _PAID_MEDIA:
        return (
            "paid_search" if engine or medium in ("ppc", "sem", "paidsearch", "paid_search", "paid-search") else "paid"
        )
    if medium in _DISPLAY:
        return "display"
    if medium in _EMAIL or (not medium and source in _EMAIL):
        return "email"
    if medium in _MESSAGES or (not medium and source in _MESSAGES):
        return _MESSAGES[medium or source]
    if medium in ("affiliate", "affiliates", "partner"):
        return "affiliate"
    if medium == "organic":
        return "social" if social and not engine else "organic_search"
    if medium in _SOCIAL_MEDIA:
        return "social"
    if medium in ("referral", "link"):
        return "social" if social else "referral"
    if not medium and social:
        return "social"
    if not medium and engine:
        return "organic_search"
    return "campaign"


def origin_of(event: Event) -> Origin | None:
    """Give the origin an event tells of, or None: most events tell of none.

    Looked for in this order: a clicked mail or message, `campaign_details`' own params, `context.campaign` (Segment's
    shape), utm parameters and click ids in `page_location`, then a referrer from another host.
    """
    if event.event == "campaign_cost":
        return None
    if not (event.params or event.context or event.event in CLICKED_MESSAGES):
        return None
    page = event.context.get("page")
    page = page if isinstance(page, dict) else {}
    referred = event.context.get("referrer")
    referred = referred.get("url") if isinstance(referred, dict) else referred
    location = text_or_empty(event.params.get("page_location") or page.get("url"))
    referrer = text_or_empty(event.params.get("page_referrer") or page.get("referrer") or referred)
    try:
        query = dict(parse_qsl(urlsplit(location).query, max_num_fields=100))
        here, there = urlsplit(location).hostname or "", urlsplit(referrer).hostname or ""
        asked = dict(parse_qsl(urlsplit(referrer).query, max_num_fields=100)) if there else {}
    except ValueError:
        query, asked, here, there = {}, {}, "", ""
    away = referrer if there and there != here else ""
    searched = next((asked[key] for key in _SEARCH_TERMS if asked.get(key)), "") if away else ""
    utm = {key.removeprefix("utm_"): value for key, value in query.items() if key.startswith("utm_")}
    clicked = next((ids for key, ids in _CLICK_IDS.items() if query.get(key)), ("", ""))
    if event.event in CLICKED_MESSAGES:
        return _message(event, away)
    if event.event == "campaign_details":
        return _tagged(event.params, "campaign", clicked, searched, away)
    campaign = event.context.get("campaign")
    if isinstance(campaign, dict) and (found := _tagged(campaign, "name", clicked, searched, away)):
        return found
    if utm or clicked[0]:
        return _tagged(utm, "campaign", clicked, searched, away)
    return _referred(there, searched, away) if away else None


def touch_of(event: Event) -> Touch | None:
    """Give the origin an event tells of in the short form a profile keeps, or None."""
    origin = origin_of(event)
    return Touch(origin.source, origin.medium, origin.campaign, event.at_s) if origin else None


def _message(event: Event, referrer: str) -> Origin:
    """A clicked mail or message, by its own campaign."""
    params = event.params
    medium = "email" if event.event == "email_clicked" else text_or_empty(params.get("channel")).casefold() or "message"
    source = text_or_empty(params.get("source")) or medium
    keys = ("campaign", "campaign_name", "campaign_id", "subject", "email_id", "message_id")
    campaign = next((found for key in keys if (found := text_or_empty(params.get(key)))), "")
    channel = channel_of(source, medium)
    channel = channel if channel in ("email", "sms", "push") else "email" if medium == "email" else "message"
    ad = text_or_empty(params.get("creative_name") or params.get("link"))
    return Origin(
        channel, source[:_MAX_TEXT], medium[:_MAX_TEXT], campaign[:_MAX_TEXT], ad[:_MAX_TEXT], "", "", referrer
    )


def _tagged(
    values: Mapping[str, Any], name_key: str, clicked: tuple[str, str], searched: str, referrer: str
) -> Origin | None:
    """A campaign's own words on itself, completed by the click id in the address."""
    source, medium, name, ad, keyword = (
        text_or_empty(values.get(key))[:_MAX_TEXT] for key in ("source", "medium", name_key, "content", "term")
    )
    name = name or text_or_empty(values.get("campaign_id") or values.get("id"))[:_MAX_TEXT]
    source, medium = source or clicked[0], medium or clicked[1]
    if not (source or medium or name):
        return None
    engine = _engine(source.casefold())
    return Origin(
        channel=channel_of(source, medium, name),
        source=source,
        medium=medium,
        campaign=name,
        ad=ad,
        keyword=keyword or (searched[:_MAX_TEXT] if engine else ""),
        search_engine=engine,
        referrer=referrer[:_MAX_REFERRER],
    )


def _referred(host: str, searched: str, referrer: str) -> Origin:
    """A visit that says nothing of itself but the page before."""
    host = host.removeprefix("www.")
    engine = "" if host.startswith(_MAIL_HOSTS) else _engine(host)
    referrer = referrer[:_MAX_REFERRER]
    if engine:
        return Origin("organic_search", engine, "organic", "", "", searched[:_MAX_TEXT], engine, referrer)
    channel = "email" if host.startswith(_MAIL_HOSTS) else "social" if _social(host) else "referral"
    return Origin(channel, host[:_MAX_TEXT], "referral", "", "", "", "", referrer)


def _engine(host: str) -> str:
    return next((name for name in _SEARCH_ENGINES if host == name or f".{name}." in f".{host}."), "")


def _social(host: str) -> str:
    for name, social in _SOCIAL.items():
        if host in (name, social) or host.endswith(f".{name}") or ("." not in name and f".{name}." in f".{host}."):
            return social
    return ""
