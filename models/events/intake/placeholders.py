"""Placeholders: what programs write where they have no id; everybody's, and so nobody's."""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_WORDS: Final = frozenset(
    {
        "", "undefined", "null", "nil", "none", "nan", "na", "void", "object", "objectobject", "objectundefined",
        "objectnull", "function", "promise", "symbol", "infinity", "true", "false", "guest", "guestuser",
        "anonymous", "anonymoususer", "anon", "anonym", "unknown", "notset", "notavailable", "notloggedin",
        "loggedout", "unset", "empty", "blank", "missing", "default", "test", "testuser", "dummy", "example",
        "sample", "placeholder", "todo", "tbd", "xxx", "user", "userid", "visitor", "visitorid", "customer",
        "customerid", "clientid", "deviceid", "anonymousid", "sessionid", "id", "uid", "uuid", "string",
        "optedout", "optout", "noconsent", "denied", "redacted", "nouser", "noid", "nobody", "gast", "invite",
        "invitado", "ospite",
    }
)  # fmt: skip
"""Compared in lower case, without spaces, brackets, quotes and marks around or between."""
_PREFIXES: Final = frozenset(
    {"u", "c", "v", "d", "user", "customer", "client", "visitor", "device", "member", "account", "id", "uid", "cid"}
)
_NOTHINGS: Final = frozenset({"undefined", "null", "nan", "none", "nil", "objectobject"})
_MARKS: Final = re.compile(r"[\s\"'`()\[\]{}<>_.:/|*#?!=~,;&$%@+\\-]+")
_DASHES: Final = frozenset("-_. \t")
_TEMPLATE: Final = re.compile(
    r"\{\{.*\}\}|\$\{.*\}|<%.*%>|\{%.*%\}|%[A-Za-z_]+%|%s|\[\[.*\]\]|<[A-Za-z_ -]+>|\{[A-Za-z_.]+\}"
)
_REAL_DIGIT: Final = re.compile(r"[1-9]")
_OPENING: Final = frozenset("{$<%[-")
_LONGEST: Final = 64


def is_placeholder_word(text: str) -> bool:
    """Whether a text stands for no id, where a number may: orders and events may be counted from 0.

    >>> is_placeholder_word("undefined"), is_placeholder_word("0"), is_placeholder("0")
    (True, False, True)
    """
    return not text.isdecimal() and is_placeholder(text)


def is_placeholder(text: str) -> bool:
    """Whether a text stands for no id at all: `undefined`, `[object Object]`, `guest`, a UUID of zeros and their kind.

    Capitals, and what stands around or between the letters, make no difference; neither does a prefix before what is
    nothing (`user-undefined`).

    >>> [is_placeholder(text) for text in (" NULL ", "(not set)", "user:undefined", "{{user_id}}", "u-17", "1")]
    [True, True, True, True, False, False]
    """
    if not text:
        return True
    if len(text) > _LONGEST or (text[0] not in _OPENING and _REAL_DIGIT.search(text)):
        return False  # nearly every id holds a digit
    text = unicodedata.normalize("NFKC", unquote(text)).casefold().strip()
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    if text == "-1" or _TEMPLATE.fullmatch(text):
        return True
    if not text or _MARKS.fullmatch(text):
        return set(text) <= _DASHES
    parts = [part for part in _MARKS.split(text) if part]
    word = "".join(parts)
    if word in _WORDS or (set(word) == {"0"}) or word == "f" * 32:
        return True
    return len(parts) > 1 and parts[-1] in _NOTHINGS and all(part in _PREFIXES | _NOTHINGS for part in parts[:-1])
