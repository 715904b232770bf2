"""Touches: every way a visit can say where it came from."""

from typing import Any

import pytest

from models.events.traffic_source import TRAFFIC_CHANNELS, Origin, channel_of, origin_of, touch_of
from tests.models.makers import event

SHOP = "https://shop.example/"


@pytest.mark.parametrize(
    ("location", "referrer", "expected"),
    [
        (SHOP, "https://www.google.com/search?q=red+shoes", ("organic_search", "google", "red shoes", "google")),
        (SHOP, "https://www.bing.com/search?q=hat", ("organic_search", "bing", "hat", "bing")),
        (SHOP, "https://duckduckgo.com/", ("organic_search", "duckduckgo", "", "duckduckgo")),
        (SHOP, "https://search.yahoo.com/search?p=cap", ("organic_search", "yahoo", "cap", "yahoo")),
        (SHOP, "https://ya.ru/search/?text=шляпа", ("organic_search", "yandex", "шляпа", "yandex")),
        (SHOP, "https://quark.sm.cn/s?q=hat", ("organic_search", "sm.cn", "hat", "sm.cn")),
        (SHOP, "android-app://com.openai.chatgpt/", ("ai_assistant", "chatgpt", "", "")),
        (f"{SHOP}?utm_source=chatgpt.com", "", ("ai_assistant", "chatgpt", "", "")),
        (f"{SHOP}?gclid=x", "https://www.google.de/", ("paid_search", "google", "", "google")),
        (f"{SHOP}?msclkid=x", "", ("paid_search", "bing", "", "bing")),
        (f"{SHOP}?fbclid=x", "", ("paid_social", "facebook", "", "")),
        (f"{SHOP}?utm_source=google&utm_medium=cpc&utm_term=kettle", "", ("paid_search", "google", "kettle", "google")),
        (f"{SHOP}?utm_source=crm&utm_medium=email", "", ("email", "crm", "", "")),
        (f"{SHOP}?utm_source=awin&utm_medium=affiliate", "", ("affiliate", "awin", "", "")),
        (f"{SHOP}?awc=1", "", ("affiliate", "awin", "", "")),
        (f"{SHOP}?utm_source=x&utm_medium=banner", "", ("display", "x", "", "")),
        (f"{SHOP}?utm_source=ig&utm_medium=paid_social", "", ("paid_social", "ig", "", "")),
        (f"{SHOP}?utm_source=crm&utm_medium=sms", "", ("sms", "crm", "", "")),
        (f"{SHOP}?utm_campaign=spring", "", ("campaign", "", "", "")),
        (SHOP, "https://chatgpt.com/", ("ai_assistant", "chatgpt", "", "")),
        (f"{SHOP}?utm_source=perplexity&utm_medium=referral", "", ("ai_assistant", "perplexity", "", "")),
        (SHOP, "https://www.perplexity.ai/search/x", ("ai_assistant", "perplexity", "", "")),
        (SHOP, "https://gemini.google.com/app", ("ai_assistant", "gemini", "", "")),
        (SHOP, "https://copilot.microsoft.com/", ("ai_assistant", "copilot", "", "")),
        (SHOP, "https://www.bing.com/chat?q=x", ("ai_assistant", "copilot", "", "")),
        (SHOP, "https://yiyan.baidu.com/", ("ai_assistant", "ernie", "", "")),
        (SHOP, "https://docs.google.com/document/d/1", ("referral", "docs.google.com", "", "")),
        (SHOP, "https://sites.google.com/view/x", ("referral", "sites.google.com", "", "")),
        (SHOP, "https://finance.yahoo.com/", ("referral", "finance.yahoo.com", "", "")),
        (SHOP, "https://google.blog.example/", ("referral", "google.blog.example", "", "")),
        (SHOP, "https://www.google.co.uk/", ("organic_search", "google", "", "google")),
        (SHOP, "https://cn.bing.com/search?q=hat", ("organic_search", "bing", "hat", "bing")),
        (SHOP, "https://r.search.yahoo.com/x", ("organic_search", "yahoo", "", "yahoo")),
        (SHOP, "android-app://com.google.android.googlequicksearchbox/", ("organic_search", "google", "", "google")),
        (SHOP, "android-app://com.google.android.gm/", ("email", "com.google.android.gm", "", "")),
        (SHOP, "https://m.baidu.com/s?word=hat", ("organic_search", "baidu", "hat", "baidu")),
        (SHOP, "https://www.sogou.com/web?query=hat", ("organic_search", "sogou", "hat", "sogou")),
        (SHOP, "https://www.so.com/s?q=hat", ("organic_search", "so.com", "hat", "so.com")),
        (SHOP, "https://weibo.com/u/1", ("social", "weibo", "", "")),
        (SHOP, "https://t.cn/x", ("social", "weibo", "", "")),
        (SHOP, "https://www.xiaohongshu.com/explore", ("social", "xiaohongshu", "", "")),
        (SHOP, "https://xhslink.com/x", ("social", "xiaohongshu", "", "")),
        (SHOP, "https://www.douyin.com/", ("social", "douyin", "", "")),
        (SHOP, "https://mp.weixin.qq.com/s/x", ("social", "wechat", "", "")),
        (SHOP, "https://tieba.baidu.com/p/1", ("social", "tieba", "", "")),
        (SHOP, "https://item.taobao.com/item.htm", ("referral", "taobao", "", "")),
        (f"{SHOP}?utm_source=weibo", "", ("social", "weibo", "", "")),
        (f"{SHOP}?utm_source=wechat&utm_medium=social", "", ("social", "wechat", "", "")),
        (SHOP, "https://l.facebook.com/", ("social", "l.facebook.com", "", "")),
        (SHOP, "https://t.co/x", ("social", "t.co", "", "")),
        (SHOP, "https://mail.google.com/", ("email", "mail.google.com", "", "")),
        (SHOP, "https://blog.example/post", ("referral", "blog.example", "", "")),
    ],
)
def test_a_landing_page_and_its_referrer_tell_the_channel(
    location: str, referrer: str, expected: tuple[str, str, str, str]
) -> None:
    found = origin_of(event("page_view", params={"page_location": location, "page_referrer": referrer}))
    assert found is not None
    assert (found.channel, found.source, found.keyword, found.search_engine) == expected
    assert found.channel in TRAFFIC_CHANNELS
    assert found.referrer == referrer


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"page_location": SHOP},
        {"page_location": f"{SHOP}a", "page_referrer": f"{SHOP}b"},
        {"page_location": "http://[", "page_referrer": "http://["},
        {"page_location": 7},
    ],
)
def test_most_events_tell_of_no_arrival(params: dict[str, Any]) -> None:
    assert origin_of(event("page_view", params=params)) is None


def test_an_ad_is_told_with_its_campaign() -> None:
    location = f"{SHOP}?utm_source=google&utm_medium=cpc&utm_campaign=spring&utm_content=blue&utm_term=kettle&gclid=1"
    found = origin_of(event("page_view", params={"page_location": location}))
    assert found == Origin("paid_search", "google", "cpc", "spring", "blue", "kettle", "google", "")
    touch = touch_of(event("page_view", params={"page_location": location}))
    assert touch is not None
    assert (touch.source, touch.medium, touch.campaign) == ("google", "cpc", "spring")


def test_a_click_id_completes_a_campaign_that_names_no_source() -> None:
    found = origin_of(event("page_view", params={"page_location": f"{SHOP}?utm_campaign=spring&gclid=1"}))
    assert found is not None
    assert (found.channel, found.source, found.medium, found.campaign) == ("paid_search", "google", "cpc", "spring")


def test_segments_campaign_comes_before_the_address() -> None:
    context = {"campaign": {"source": "crm", "medium": "email", "name": "may", "content": "top", "term": "t"}}
    found = origin_of(event("page_view", params={"page_location": f"{SHOP}?gclid=1"}, context=context))
    assert found is not None
    assert (found.channel, found.campaign, found.ad, found.keyword) == ("email", "may", "top", "t")


def test_a_clicked_mail_or_message_is_an_arrival() -> None:
    mail = origin_of(event("email_clicked", params={"campaign": "may", "link": "https://shop.example/x"}))
    assert mail == Origin("email", "email", "email", "may", "https://shop.example/x", "", "", "")
    push = origin_of(event("message_clicked", params={"channel": "push", "campaign": "sale"}))
    assert push is not None
    assert (push.channel, push.medium, push.campaign) == ("push", "push", "sale")


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("", "", "direct"),
        ("(direct)", "(none)", "direct"),
        ("Google", "CPC", "paid_search"),
        ("google", "organic", "organic_search"),
        ("facebook", "cpc", "paid_social"),
        ("instagram", "", "social"),
        ("partner", "cpc", "paid"),
        ("someone", "referral", "referral"),
        ("newsletter", "", "email"),
        ("leaflet", "print", "campaign"),
    ],
)
def test_source_and_medium_make_a_channel(source: str, medium: str, channel: str) -> None:
    assert channel_of(source, medium) == channel
