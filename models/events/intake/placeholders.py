"""Placeholders: what programs write where they have no id; everybody's, and so nobody's."""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from models.events.intake.placeholder_words import NO_ONE, NOTHINGS, NOUNS, PREFIXES, SHEET_ERRORS, WORDS

_MARKS: Final = re.compile(r"[\s\"'`()\[\]{}<>_.:/|*#?!=~,;&$%@+\\-]+")
_EMPTY: Final = frozenset("-_. \t\"'`()[]{}<>")
"""What a text of marks alone may be made of to stand for nothing: dashes, and what stands around a text."""
_TEMPLATE: Final = re.compile(
    r"\{\{.*\}\}|[$#]?\{.*\}|<%.*%>|\{%.*%\}|%%?[a-z_.]+%%?|%s|\[\[.*\]\]|<[a-z_ -]+>|\[[a-z]+_?(?:id|email)\]"
    r"|\*\|.*\|\*|@@.*@@|__[a-z_]+__|\$[a-z_]*(?:id|user|visitor|email)[a-z_]*"
)
"""Fields of templates that nobody filled in."""
_NOTHING_TWICE: Final = re.compile(f"(?:{'|'.join(sorted(NOTHINGS))})+")
_SURELY_NOTHING: Final = frozenset({"undefined", "objectobject"})
"""Nothing behind any prefix; the others are names too."""
_TELLTALE: Final = re.compile(r"undefined|object|null|nil\b|nan\b|\[\]|\{\}", re.IGNORECASE)
_REAL_DIGIT: Final = re.compile(r"[1-9]")
_OPENING: Final = frozenset("{$<%[-*@#")
_NAMES: Final = frozenset({"Nan", "Nil"})
"""Written so they are people's."""
_LONGEST: Final = 64
_UNSEEN: Final = frozenset({"Cf", "Mn"})
"""Categories of what cannot be seen, and of accents."""


def plain_letters(text: str) -> str:
    """Give a text in lower case, without accents and what cannot be seen.

    >>> plain_letters("Invité\\u200b")
    'invite'
    """
    kept = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize(
        "NFC", "".join(letter for letter in kept if unicodedata.category(letter) not in _UNSEEN)
    )


_NOBODY: Final = frozenset(map(plain_letters, WORDS))


def is_placeholder_word(text: str) -> bool:
    """Whether a text stands for no id, where a number may: orders and events may be counted from 0.

    >>> is_placeholder_word("undefined"), is_placeholder_word("0"), is_placeholder("0")
    (True, False, True)
    """
    return not text.isdecimal() and is_placeholder(text)


def is_placeholder_user(text: str) -> bool:
    """Whether a text names no user: what is no id at all, and number 0, which shops' programs give to guests.

    >>> is_placeholder_user("customer_0"), is_placeholder("customer_0"), is_placeholder_user("customer_10")
    (True, False, False)
    """
    if is_placeholder(text):
        return True
    parts = _parts(text)
    return len(parts) > 1 and set(parts[-1]) == {"0"} and PREFIXES.issuperset(parts[:-1])


def is_placeholder(text: str) -> bool:
    """Whether a text stands for no id at all: `undefined`, `[object Object]`, `guest`, a UUID of zeros and their kind.

    Capitals, accents, and what stands around or between the letters, make no difference; neither does a prefix before
    what is nothing (`user-undefined`).

    >>> [is_placeholder(text) for text in (" NULL ", "(not set)", "user:undefined", "{{user_id}}", "u-17", "1")]
    [True, True, True, True, False, False]
    """
    if not text or text in _NAMES:
        return not text
    if len(text) > _LONGEST or (text[0] not in _OPENING and _REAL_DIGIT.search(text) and not _TELLTALE.search(text)):
        return False  # nearly every id holds a digit
    return _says_nothing(text)


@lru_cache(maxsize=4_096)
def _says_nothing(text: str) -> bool:
    """What `is_placeholder` asks of a text that may be one."""
    plain = unquote(text).casefold().strip()
    if plain == "-1" or plain in SHEET_ERRORS or _TEMPLATE.fullmatch(plain):
        return True
    parts = _parts(text)
    if not parts:
        return set(plain) <= _EMPTY
    word = "".join(parts)
    if word in _NOBODY or word == "f" * 32 or _NOTHING_TWICE.fullmatch(word):
        return True
    return _is_nobody(parts) or _is_nothing(parts, plain)


def _parts(text: str) -> list[str]:
    """The runs of letters and digits of a text, in lower case, without accents."""
    return [part for part in _MARKS.split(plain_letters(unquote(text))) if part]


def _is_nobody(parts: list[str]) -> bool:
    """Whether the words say that it is nobody in particular, such as `guest checkout`, `not provided`."""
    return parts[0] in NO_ONE and all(part in NO_ONE or part in NOUNS or part in _NOBODY for part in parts)


def _is_nothing(parts: list[str], plain: str) -> bool:
    """Whether it ends in nothing, perhaps behind what says of what it is the id."""
    *prefix, last = parts
    if plain.startswith("[object ") and plain.endswith("]"):
        return True
    if last in _SURELY_NOTHING or (last == "object" and prefix and prefix[-1] == "object"):
        return True
    zeros = next((place for place, part in enumerate(parts) if set(part) == {"0"}), len(parts))
    if zeros < len(parts) and all(set(part) == {"0"} for part in parts[zeros:]):
        digits = sum(map(len, parts[zeros:]))
        return zeros == 0 or (digits >= 16 and PREFIXES.issuperset(parts[:zeros]))
    if "@" in plain:
        return parts[0] in NOTHINGS
    return last in NOTHINGS and bool(prefix) and all(part in PREFIXES or part in NOTHINGS for part in prefix)
