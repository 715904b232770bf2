"""Bots: programs that say so in their user agent, and floods no shopper sends; served, and counted nowhere.

Which agents are bots is a kept list's to say: that of the `crawler-user-agents` package, whose tags are put into
classes here. What no list has yet is told by how bots name themselves.
"""

import re
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple

from models.events.events import Event
from models.events.names import NOTICES, OFF_SITE_EVENTS, ORDER_EVENTS, SCORES

FLOOD_EVENTS: Final = 300.0
"""Events of one visitor that are learned from at once; more are served and passed over: no shopper does that."""
FLOOD_REFILL_S: Final = 12.0
"""Seconds of event time until one more of a visitor's events is learned from."""
MAX_AGENT_TEXT: Final = 500
_MAX_AGENTS: Final = 4_096
"""Agents whose class is remembered; a shop sees a few hundred a day."""

BotClass = Literal["search", "ai_crawler", "ai_assistant", "monitor", "preview", "tool"]
"""Search engines, collectors of AI companies, what fetches for somebody who asks an AI, monitors of uptime and quality,
previews of links and ads, and all other programs."""


class Bot(NamedTuple):
    """What a user agent names. `is_library` is a way to speak HTTP: as often a server's or an app's as a bot's."""

    kind: BotClass
    is_library: bool = False


_CLASSES: Final[dict[str, BotClass]] = {
    "ai-crawler": "ai_crawler",
    "search-engine": "search",
    "monitoring": "monitor",
    "social-preview": "preview",
}
"""Class of a tag of the list, the first one counting; all other tags are `tool`."""
_ASSISTANTS: Final = re.compile(
    r"-User\b|PerplexityUser|DuckAssistBot|NotebookLM|GoogleAgent|Google-Agent|Deep-Research|BuyForMe|kagi-fetcher|Devin"
    r"|PhindBot"
)
"""Patterns of the list that fetch a page for somebody who asks about it now."""
_ADDED: Final[tuple[tuple[str, BotClass, bool], ...]] = (
    (r"meta-externalfetcher", "ai_assistant", False),
    (r"PerplexityBot", "ai_crawler", False),
    (r"Sogou [A-Za-z]+ spider|YandexBot|Yandex(?!Search|Browser|App)[A-Z][A-Za-z]+/|Bravebot", "search", False),
    (r"jsdom/|HappyDOM|Cypress/|WebDriver", "tool", False),
    (r"Better ?Uptime|NewRelicPinger|Datadog/Synthetics|Site24x7|Pingdom|Catchpoint|GTmetrix|Freshping"
     r"|[Hh]ealth[ -]?[Cc]heck|kube-probe|GoogleHC|^Prometheus/|Blackbox|Checkly|StatusCake|Nagios|check_http|Zabbix"
     r"|Consul Health|HetrixTools|Hyperping|Uptrends|SolarWinds|Dynatrace|Updown", "monitor", False),
    (r"PostmanRuntime|insomnia/|GuzzleHttp|^Java/|^Ruby|^Faraday|^Apache-|^got/|^undici|^Dart/|^PHP/"
     r"|^WordPress/|^Deno/|^Bun/|^node(-fetch)?\b|^superagent|^restsharp|^RestSharp|^reqwest|^hyper/|^python|^Python|^perl|^lua-"
     r"|^Symfony|^libcurl",
     "tool", True),
)  # fmt: skip
"""Agents that the list lacks, as (pattern, class, library)."""
_PASSED_OVER: Final = frozenset({"Sogou", "MetaIAB Facebook"})
"""Patterns of the list that fit browsers of people too."""
_NAMES_ITSELF: Final = re.compile(
    r"(?<!cu)bots?\b(?!_)|crawler|crawling|spider\b|slurp|archiver|scrap(?:er|y)|headless|\+https?://|monitor(?:ing)?/"
    r"|lighthouse|uptime|synthetic",
    re.IGNORECASE,
)
"""How bots name themselves; a phone named CUBOT does not."""
_IN_AN_APP: Final = re.compile(r"^Mozilla/5\.0 \(.*\bMobile\b")
_TOLD_BY_SERVERS: Final = ORDER_EVENTS | frozenset(SCORES) | {"consent_updated", "login", "sign_up", "logout"}
"""Events that a shop's servers tell: a library's agent beside them is the server's own."""
_AGENT_FIELDS: Final = ("userAgent", "user_agent")


class _Patterns(NamedTuple):
    kind: BotClass
    is_library: bool
    any_of: re.Pattern[str]


@cache
def _patterns() -> tuple[_Patterns, ...]:
    """Give the list's patterns by class, most telling first; read when the first agent comes."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    listed: list[dict[str, Any]] = CRAWLER_USER_AGENTS_DATA
    found: dict[tuple[BotClass, bool], list[str]] = {}
    for entry in listed:
        pattern, tags = entry["pattern"], entry.get("tags") or []
        if pattern in _PASSED_OVER:
            continue
        kind: BotClass = next((_CLASSES[tag] for tag in _CLASSES if tag in tags), "tool")
        if kind in ("ai_crawler", "tool") and _ASSISTANTS.search(pattern):
            kind = "ai_assistant"
        found.setdefault((kind, "http-library" in tags), []).append(pattern)
    for pattern, kind, library in _ADDED:
        found.setdefault((kind, library), []).append(pattern)
    order = ("ai_assistant", "ai_crawler", "search", "monitor", "preview", "tool")
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return tuple(
        _Patterns(kind, library, re.compile("|".join(f"(?:{pattern})" for pattern in found[kind, library])))
        for kind, library in keys
    )


@lru_cache(maxsize=_MAX_AGENTS)
def bot_of(agent: str) -> Bot | None:
    """Give the bot that a user agent names; None for a browser, and for none at all.

    >>> bot_of("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), bot_of("curl/8.5.0")
    (Bot(kind='search', is_library=False), Bot(kind='tool', is_library=True))
    >>> bot_of("Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/120.0 Mobile Safari/537.36")
    """
    text = agent[:MAX_AGENT_TEXT]
    itself = _NAMES_ITSELF.search(text) is not None
    for patterns in _patterns():
        if patterns.any_of.search(text):
            if patterns.kind == "preview" and not itself and _IN_AN_APP.search(text):
                return None  # a shopper who reads the page in an app
            return Bot(patterns.kind, patterns.is_library)
    return Bot("tool") if itself else None


def bot_that_asks(agent: str) -> Bot | None:
    """Give the bot that makes a request by its header; a library asks for somebody else, and is none."""
    bot = bot_of(agent[:MAX_AGENT_TEXT]) if agent else None
    return None if bot is None or bot.is_library else bot


def agent_of_context(context: dict[str, Any]) -> str:
    """Give the user agent that an event's context tells; empty where it tells none."""
    agent = next((context[field] for field in _AGENT_FIELDS if context.get(field)), "")
    return agent if isinstance(agent, str) else ""


def with_agent(context: dict[str, Any], agent: str) -> dict[str, Any]:
    """Give a context that tells this user agent alone."""
    kept = {name: value for name, value in context.items() if name not in _AGENT_FIELDS}
    return {**kept, _AGENT_FIELDS[0]: agent[:MAX_AGENT_TEXT]}


def bot_class_of(event: Event) -> BotClass | None:
    """Give the class of the bot that an event's context names; None for a shopper.

    What happens off site, and what the engine tells, is nobody's browsing; and what servers tell with a library's agent
    beside it is the shop's.
    """
    if not event.context or event.event in OFF_SITE_EVENTS or event.event in NOTICES:
        return None
    agent = agent_of_context(event.context)
    bot = bot_of(agent[:MAX_AGENT_TEXT]) if agent else None
    if bot is None or (bot.is_library and event.event in _TOLD_BY_SERVERS):
        return None
    return bot.kind


def sent_by_bot(event: Event) -> bool:
    """Whether the event's `context.userAgent` names a bot."""
    return bool(event.context) and bot_class_of(event) is not None


def counted_at_s(event: Event) -> float:
    """When an event counts towards a flood: what a browser tells, once it comes in, whatever times it bears."""
    return event.accepted_at_s if event.told_from else event.at_s


def allowance(allowed: float, waited_s: float) -> float:
    """Give how many events a visitor may send now, where `allowed` were left `waited_s` seconds ago.

    Who has none left is a flood.
    """
    return min(FLOOD_EVENTS, allowed + max(0.0, waited_s) / FLOOD_REFILL_S)
