"""Shown settings: the table of all there are, and their values as they may be shown."""

import re
from dataclasses import MISSING, fields
from typing import Final

from shopwindow.settings import PREFIX, Settings

_CREDENTIALS: Final = re.compile(r"^([a-z][a-z0-9+.-]{0,20}://)[^/@]{0,2000}@")


def settings_table() -> list[tuple[str, str, str, str]]:
    """Give (environment variable, default, unit, meaning) of every setting."""
    rows = []
    for setting in fields(Settings):
        default = "" if setting.default is MISSING or setting.default == () else str(setting.default)
        help_text = setting.metadata["help"]
        if setting.metadata.get("choices"):
            help_text += f" One of {', '.join(setting.metadata['choices'])}."
        rows.append((f"{PREFIX}{setting.name.upper()}", default, setting.metadata["unit"], help_text))
    return rows


def shown_value(settings: Settings, name: str) -> str:
    """Give a setting's value as it may be shown: of secrets whether they are set, of addresses all but the password.

    >>> shown_value(Settings(redis_url="redis://user:pass@host:6379/0", webhook_secret="a secret"), "redis_url")
    'redis://***@host:6379/0'
    >>> shown_value(Settings(kafka_options="sasl.username=a,sasl.password=b"), "kafka_options")
    'sasl.username, sasl.password (set)'
    """
    value = getattr(settings, name)
    if name == "sites":
        return ", ".join(keys.site for keys in value)
    if name == "kafka_options":
        return f"{', '.join(option.partition('=')[0].strip() for option in value.split(','))} (set)" if value else ""
    if name.endswith(("_key", "_secret")):
        return "(set)" if value else ""
    return _CREDENTIALS.sub(r"\1***@", value) if isinstance(value, str) else str(value)
