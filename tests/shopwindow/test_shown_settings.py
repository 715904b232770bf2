"""Shown settings: every one is listed, and no secret is ever shown."""

import json
from dataclasses import fields

from shopwindow.settings import Settings, SiteKeys
from shopwindow.shown_settings import settings_table, shown_value


def test_every_setting_is_listed_with_a_meaning() -> None:
    rows = settings_table()
    assert [row[0] for row in rows] == [f"SHOPWINDOW_{field.name.upper()}" for field in fields(Settings)]
    assert all(meaning.endswith(".") for *_, meaning in rows)
    assert json.dumps(rows)


def test_of_sites_and_secrets_no_key_is_shown() -> None:
    settings = Settings(
        secret_key="secret-key-of-the-shop",
        token_secret="secret-of-tokens",
        sites=(SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop"),),
    )
    assert shown_value(settings, "sites") == "shop"
    assert {shown_value(settings, name) for name in ("secret_key", "token_secret")} == {"(set)"}
    assert shown_value(Settings(), "secret_key") == ""
    assert shown_value(Settings(), "dead_letter_lifetime_days") == "60.0"
