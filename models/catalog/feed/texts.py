"""Texts of feeds: entities decoded, however often they were encoded."""

import re
from html import unescape
from typing import Any, Final

_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
MOST_ROUNDS: Final = 3
"""How often a text may have been encoded; a shop system, a plugin and an export each do it once."""


def decode_entities(text: str) -> str:
    """Decode HTML's entities; what has no semicolon is left, since `&copy=2` may be part of an address.

    >>> decode_entities("Salt &amp;amp; pepper &#43; &lt;set&gt; ?a=1&copy=2")
    'Salt & pepper + <set> ?a=1&copy=2'
    """
    for _ in range(MOST_ROUNDS):
        if "&" not in text:
            break
        decoded = _REFERENCE.sub(lambda found: unescape(found[0]), text)
        if decoded == text:
            break
        text = decoded
    return text


def decode_value(value: Any) -> Any:
    """Decode a text, or the texts in a list; anything else stays."""
    if isinstance(value, str):
        return decode_entities(value)
    if isinstance(value, list):
        return [decode_value(element) for element in value]
    return value
