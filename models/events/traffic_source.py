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
    "sogou", "so.com", "haosou", "sm.cn", "seznam", "daum", "kagi",
)  # fmt: skip
_SEARCH_HOSTS: Final = frozenset(
    {"www", "m", "mobile", "search", "r", "web", "wap", "images", "image", "img", "lens", "shopping", "news",
     "encrypted", "html", "lite", "start", "wenzhang", "weixin", "suche", "cse"}
)  # fmt: skip
"""What stands before an engine's name where it searches; two letters (`cn.bing.com`) are a country's. All else of such
a house (`docs.google.com`, `finance.yahoo.com`) is a site like any other."""
_SECOND_LEVELS: Final = frozenset({"co", "com", "net", "org", "ne", "or"})
_SEARCH_ADDRESSES: Final = {
    "com.google.android.googlequicksearchbox": "google", "ya.ru": "yandex", "quark.sm.cn": "sm.cn",
    "yz.m.sm.cn": "sm.cn",
    "com.yandex.searchapp": "yandex", "ru.yandex.searchplugin": "yandex", "com.microsoft.bing": "bing",
    "com.duckduckgo.mobile.android": "duckduckgo",
}  # fmt: skip
"""Apps and hosts that search under another name."""
_SEARCH_TERMS: Final = ("q", "query", "p", "text", "wd", "word", "keyword")
_ASSISTANTS: Final = {
    "chatgpt.com": "chatgpt", "chat.openai.com": "chatgpt", "openai.com": "chatgpt", "chatgpt": "chatgpt",
    "perplexity.ai": "perplexity", "perplexity": "perplexity", "claude.ai": "claude", "claude": "claude",
    "gemini.google.com": "gemini", "bard.google.com": "gemini", "gemini": "gemini",
    "notebooklm.google.com": "notebooklm",
    "copilot.microsoft.com": "copilot", "copilot.cloud.microsoft": "copilot", "m365.cloud.microsoft": "copilot",
    "edgeservices.bing.com": "copilot", "copilot.com": "copilot", "copilot": "copilot", "chat.mistral.ai": "mistral",
    "mistral.ai": "mistral", "deepseek.com": "deepseek", "chat.deepseek.com": "deepseek", "deepseek": "deepseek",
    "meta.ai": "meta_ai", "grok.com": "grok", "x.ai": "grok", "grok": "grok", "you.com": "you", "poe.com": "poe",
    "phind.com": "phind", "duck.ai": "duck_ai", "pi.ai": "pi", "character.ai": "character_ai", "chat.qwen.ai": "qwen",
    "qwen.ai": "qwen", "tongyi.com": "qwen", "qianwen.com": "qwen", "tongyi.aliyun.com": "qwen", "doubao.com": "doubao",
    "doubao": "doubao", "kimi.com": "kimi", "kimi.ai": "kimi", "kimi.moonshot.cn": "kimi",
    "yuanbao.tencent.com": "yuanbao",
    "yiyan.baidu.com": "ernie", "chat.baidu.com": "ernie", "chatglm.cn": "chatglm", "chat.z.ai": "chatglm",
    "com.openai.chatgpt": "chatgpt", "ai.perplexity.app.android": "perplexity", "com.anthropic.claude": "claude",
    "com.google.android.apps.bard": "gemini", "com.microsoft.copilot": "copilot", "com.deepseek.chat": "deepseek",
    "lechat": "mistral", "iask.ai": "iask", "andisearch.com": "andi",
}  # fmt: skip
"""Hosts, and sources as campaigns write them, of assistants who answer with links."""
_AI_MEDIA: Final = frozenset({"ai", "ai_assistant", "ai-assistant", "llm", "chatbot", "ai_chat", "genai"})
_SOCIAL: Final = {
    "facebook": "facebook", "instagram": "instagram", "twitter": "twitter", "x.com": "twitter", "t.co": "twitter",
    "linkedin": "linkedin", "lnkd.in": "linkedin", "pinterest": "pinterest", "tiktok": "tiktok", "youtube": "youtube",
    "reddit": "reddit", "snapchat": "snapchat", "threads": "threads", "whatsapp": "whatsapp", "t.me": "telegram",
    "vk.com": "vk", "fb.com": "facebook", "xing": "xing", "bsky.app": "bluesky", "weibo": "weibo", "t.cn": "weibo",
    "xiaohongshu": "xiaohongshu", "xhslink.com": "xiaohongshu", "xhslink": "xiaohongshu", "rednote": "xiaohongshu",
    "xhs": "xiaohongshu", "douyin": "douyin", "iesdouyin": "douyin", "wechat": "wechat", "weixin": "wechat",
    "weixin.qq.com": "wechat", "wx.qq.com": "wechat", "servicewechat.com": "wechat", "weixin110.qq.com": "wechat",
    "kuaishou": "kuaishou", "bilibili": "bilibili", "b23.tv": "bilibili", "zhihu": "zhihu", "douban": "douban",
    "tieba.baidu.com": "tieba", "qzone.qq.com": "qzone",
}  # fmt: skip
_NAMED_SOCIAL: Final = frozenset(
    {"weibo", "xiaohongshu", "douyin", "wechat", "kuaishou", "bilibili", "zhihu", "douban", "tieba", "qzone"}
)
"""Told by name as a source: their hosts are many, and say little."""
_MARKETS: Final = {
    "taobao": "taobao", "tb.cn": "taobao", "tmall": "tmall", "jd.com": "jd", "3.cn": "jd", "jd": "jd",
    "pinduoduo": "pinduoduo", "yangkeduo.com": "pinduoduo", "smzdm": "smzdm",
}  # fmt: skip
"""Marketplaces whose visits come by referral, told by name."""
_MAIL_HOSTS: Final = ("mail.", "outlook.", "webmail.", "com.google.android.gm")
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
    "ai_assistant",
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
    if medium in _AI_MEDIA or (_assistant(source) and medium not in ("affiliate", "affiliates", "partner")):
        return "ai_assistant"
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
    source = (_assistant(source.casefold()) if "." in source else "") or source
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
    referrer = referrer[:_MAX_REFERRER]
    assistant = _assistant(host) or ("copilot" if host.endswith("bing.com") and "/chat" in referrer else "")
    if assistant:
        return Origin("ai_assistant", assistant, "referral", "", "", "", "", referrer)
    engine = "" if host.startswith(_MAIL_HOSTS) else _engine(host)
    if engine:
        return Origin("organic_search", engine, "organic", "", "", searched[:_MAX_TEXT], engine, referrer)
    social = _social(host)
    channel = "email" if host.startswith(_MAIL_HOSTS) else "social" if social else "referral"
    source = social if social in _NAMED_SOCIAL else _named(_MARKETS, host) or host
    return Origin(channel, source[:_MAX_TEXT], "referral", "", "", "", "", referrer)


def _engine(host: str) -> str:
    """The engine a source or a host names, where it searches; empty for other sites of the same house."""
    if host in _SEARCH_ADDRESSES:
        return _SEARCH_ADDRESSES[host]
    for name in _SEARCH_ENGINES:
        if host == name:
            return name
        before, found, after = f".{host}.".partition(f".{name}.")
        if found and not _is_site(after) and all(_searches(label) for label in before.split(".") if label):
            return name
    return ""


def _searches(label: str) -> bool:
    return label in _SEARCH_HOSTS or len(label) == 2


def _is_site(after: str) -> bool:
    """Whether what stands behind an engine's name is more than the end of a host, such as `com` or `co.uk`."""
    labels = [label for label in after.split(".") if label]
    return len(labels) > 2 or (len(labels) == 2 and labels[0] not in _SECOND_LEVELS)


def _assistant(host: str) -> str:
    """The assistant a source or a host names; empty for none."""
    host = host.removeprefix("www.")
    return _ASSISTANTS.get(host) or next(
        (name for known, name in _ASSISTANTS.items() if "." in known and host.endswith(f".{known}")), ""
    )


def _social(host: str) -> str:
    return _named(_SOCIAL, host)


def _named(known: Mapping[str, str], host: str) -> str:
    """The name that a source or a host stands for; one without a point stands anywhere in a host."""
    for name, meant in known.items():
        if host in (name, meant) or host.endswith(f".{name}") or ("." not in name and f".{name}." in f".{host}."):
            return meant
    return ""
