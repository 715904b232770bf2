"""Asking bot: whether a request comes from a program that says so in its user agent."""

from api.http.config import ApiConfig
from models.events.bots import Bot, bot_that_asks


def asking_bot(config: ApiConfig, site_name: str, agent: str) -> Bot | None:
    """Give the bot that a request's user agent names; None for a shopper's browser.

    In the sample shop browsers that are driven by a program are shoppers: who tries it out wants to see it move.
    """
    bot = bot_that_asks(agent)
    return None if bot is not None and bot.kind == "tool" and site_name == config.shop_site else bot
