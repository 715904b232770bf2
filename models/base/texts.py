"""Texts: what is refused in ids and names, currency codes, and a text where anything may stand."""

import re
from typing import Final, TypeGuard

CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
CURRENCY_CODE: Final = re.compile(r"[A-Z]{3}")


def is_printable(value: object, most: int) -> TypeGuard[str]:
    """Whether a value is a text of at most so many characters, all printable, with no space around it.

    >>> is_printable("v-17", 10), is_printable(" v", 10), is_printable(17, 10)
    (True, False, False)
    """
    return (
        isinstance(value, str)
        and len(value) <= most
        and CONTROL_CHARACTER.search(value) is None
        and value == value.strip()
    )


def text_or_empty(value: object) -> str:
    """Give a text as it is, and the empty one for anything else.

    >>> text_or_empty("summer"), text_or_empty(7)
    ('summer', '')
    """
    return value if isinstance(value, str) else ""
