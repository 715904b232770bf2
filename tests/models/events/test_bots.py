"""Bots: named by a kept list and by how they name themselves; browsers and apps of people are none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events.bots import (
    FLOOD_EVENTS,
    agent_of_context,
    allowance,
    bot_class_of,
    bot_of,
    bot_that_asks,
    sent_by_bot,
    with_agent,
)
from tests.models.makers import event

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0"
LIKE_A_BROWSER = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {})"


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "search"),
        (f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {CHROME} Mobile (compatible; Googlebot/2.1)", "search"),
        ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "search"),
        ("Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)", "search"),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "search"),
        (LIKE_A_BROWSER.format("GPTBot/1.2; +https://openai.com/gptbot"), "ai_crawler"),
        (LIKE_A_BROWSER.format("ClaudeBot/1.0; +claudebot@anthropic.com"), "ai_crawler"),
        (LIKE_A_BROWSER.format("PerplexityBot/1.0; +https://perplexity.ai/perplexitybot"), "ai_crawler"),
        ("PerplexityBot", "ai_crawler"),
        ("CCBot/2.0 (https://commoncrawl.org/faq/)", "ai_crawler"),
        ("Mozilla/5.0 (compatible; Bytespider)", "ai_crawler"),
        (LIKE_A_BROWSER.format("ChatGPT-User/1.0; +https://openai.com/bot"), "ai_assistant"),
        (LIKE_A_BROWSER.format("Claude-User/1.0"), "ai_assistant"),
        (LIKE_A_BROWSER.format("Perplexity-User/1.0"), "ai_assistant"),
        ("meta-externalfetcher/1.1", "ai_assistant"),
        ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "monitor"),
        ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "monitor"),
        ("ELB-HealthChecker/2.0", "monitor"),
        ("kube-probe/1.29", "monitor"),
        ("GoogleHC/1.0", "monitor"),
        ("Amazon-Route53-Health-Check-Service (ref 7f2c)", "monitor"),
        ("Prometheus/2.51.0", "monitor"),
        ("Mozilla/5.0 (compatible; YandexImages/3.0)", "search"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36 Chrome-Lighthouse", "monitor"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "preview"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "preview"),
        ("TelegramBot (like TwitterBot)", "preview"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/122.0.0.0 Safari/537.36", "tool"),
        ("Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 PhantomJS/2.1.1 Safari/538.1", "tool"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "tool"),
        ("Mozilla/5.0 (compatible; neverheardofbot/0.1)", "tool"),
        ("pricecrawler 3", "tool"),
        ("Mozilla/5.0 (compatible; Shopwatch/1.0; +https://shopwatch.example)", "tool"),
        ("python-requests/2.32.3", "tool"),
        ("curl/8.7.1", "tool"),
        ("Go-http-client/2.0", "tool"),
        ("axios/1.7.2", "tool"),
        ("Java/17.0.2", "tool"),
    ],
)  # fmt: skip
def test_programs_that_say_so_are_bots_by_class(agent: str, kind: str) -> None:
    bot = bot_of(agent)
    assert bot is not None
    assert bot.kind == kind


@pytest.mark.parametrize(
    "agent",
    [
        "",
        f"Mozilla/5.0 (Linux; Android 13; CUBOT P80) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 8.0.0; Cubot_Note_S) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 11; CUBOT_X30 Build/RP1A.200720.011) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/122.0.0.0",
        f"Mozilla/5.0 (Windows NT 10.0; WOW64) {CHROME} Safari/537.36 SE 2.X MetaSr 1.0",
        f"Mozilla/5.0 (Linux; Android 9; MI 6) {CHROME} Mobile Safari/537.36 SogouMobileBrowser/5.28.8",
        f"Mozilla/5.0 (Linux; arm_64; Android 12) {CHROME} Mobile Safari/537.36 YandexSearch/11 YandexSearchBrowser/11",
        f"Mozilla/5.0 (Linux; Android 13) {CHROME} YaBrowser/24.1 YandexApp/1 Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 13; wv) {CHROME} Mobile Safari/537.36 Viber/21.0.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/450.0]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [Pinterest/iOS]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.40",
        "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15",
    ],
)
def test_browsers_phones_and_apps_of_people_are_no_bots(agent: str) -> None:
    assert bot_of(agent) is None


@given(st.text(max_size=700))
def test_any_text_names_a_bot_or_none(agent: str) -> None:
    assert bot_of(agent) == bot_of(agent)


def test_a_library_that_asks_asks_for_somebody_else() -> None:
    assert bot_that_asks("python-httpx/0.27") is None
    assert bot_that_asks("okhttp/4.12") is None
    assert bot_that_asks("") is None
    assert bot_that_asks("Mozilla/5.0 HeadlessChrome/122.0") is not None


def sent(name: str, agent: Any, field: str = "userAgent", **params: Any) -> bool:
    return sent_by_bot(event(name, "p001", context={field: agent}, params=params))


def test_what_servers_tell_with_the_agent_of_a_library_is_the_shops_own() -> None:
    assert sent("view_item", "curl/8.0")
    assert sent("view_item", "curl/8.0", "user_agent")
    assert not sent("purchase", "curl/8.0", transaction_id="1")
    assert not sent("order_shipped", "Go-http-client/1.1", order_id="1")
    assert sent("purchase", "HeadlessChrome/120.0", transaction_id="1")
    assert not sent(
        "email_opened", "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    )
    assert sent("email_clicked", "Slackbot-LinkExpanding 1.0")
    assert not sent("view_item", ["Googlebot"])
    assert bot_class_of(event("view_item", "p001")) is None


def test_an_agent_takes_the_place_of_what_a_context_told() -> None:
    context = with_agent({"user_agent": "Firefox", "page": {}}, "Googlebot/2.1")
    assert context == {"userAgent": "Googlebot/2.1", "page": {}}
    assert agent_of_context(context) == "Googlebot/2.1"


def test_a_flood_fills_up_again() -> None:
    assert allowance(0.0, 24.0) == 2.0
    assert allowance(FLOOD_EVENTS, 1e9) == FLOOD_EVENTS
    assert allowance(5.0, -100.0) == 5.0
