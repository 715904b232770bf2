"""Asking bot: by the header, but for what drives the sample shop."""

import pytest

from api.http.config import ApiConfig
from api.runtime.asking_bot import asking_bot

CONFIG = ApiConfig(sites=(), redis_url="", shop_site="demo")
DRIVEN = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/122.0.0.0 Safari/537.36"
CRAWLER = "Mozilla/5.0 (compatible; bingbot/2.0)"


@pytest.mark.parametrize(
    ("site", "agent", "is_bot"),
    [
        ("shop", DRIVEN, True),
        ("shop", CRAWLER, True),
        ("demo", DRIVEN, False),
        ("demo", CRAWLER, True),
        ("shop", "curl/8.7", False),
        ("shop", "", False),
    ],
)
def test_a_bot_that_asks_is_known_by_its_header(site: str, agent: str, is_bot: bool) -> None:
    assert (asking_bot(CONFIG, site, agent) is not None) == is_bot
