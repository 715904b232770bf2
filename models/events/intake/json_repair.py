"""JSON repair: bodies that are not quite JSON are read all the same, so that one bad value costs no other event.

Browsers cut texts in the middle of an emoji (half a surrogate pair); programs write NaN, Infinity and whole numbers
beyond 64 bits, `undefined` and commas behind the last element; some write texts that are not UTF-8.
"""

import json
import re
from math import isfinite
from typing import Any, Final

import orjson

from models.base.nesting import MAX_NESTING
from models.events.intake.event_warnings import EventWarnings

_MAX_DIGITS: Final = 400
_MAX_DEPTH: Final = MAX_NESTING + 20
"""Beyond it a value is null: it is too deep even so, and that is told."""
_MAX_FIELD: Final = 60
"""Of a name within the place of a value, which is written for each value."""
_LEAST_INT: Final = -(2**63)
_MOST_INT: Final = 2**64 - 1
_LONG_NUMBER: Final = re.compile(rb"[:\[,\s-][0-9]{20}")
_NO_CHARACTER: Final = re.compile("[\ud800-\udfff\ufffd]")
_TEXT: Final = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
"""A text, also one that nobody closes: none of its quotes is looked at twice."""
_SCRIPT: Final = re.compile(rf"({_TEXT})|\bundefined\b|(,)(?=\s*[\]}}])", re.DOTALL)
"""What scripts write and JSON does not have, outside of texts: `undefined`, and a comma behind the last element."""
_BRACKET: Final = re.compile(rf"{_TEXT}|[\[\]{{}}]", re.DOTALL)


def has_long_numbers(body: bytes) -> bool:
    """Whether a body may hold whole numbers beyond 64 bits, of which a fast decoder would lose digits."""
    return _LONG_NUMBER.search(body) is not None


def loads_leniently(body: bytes) -> Any:
    """Decode a body, NaN, Infinity, long numbers, lone surrogates and bytes that are not UTF-8 included.

    Raises `ValueError` where it is no JSON even so. Call `repaired` on what comes of it.
    """
    text = body.decode("utf-8-sig", errors="replace")
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        text = _SCRIPT.sub(lambda found: found[1] or ("" if found[2] else "null"), text)
    try:
        return _loads(text)
    except RecursionError:
        return _loads(_without_depths(text))


def _loads(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=_whole)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float("inf")


def _without_depths(text: str) -> str:
    """Give a text whose values nested deeper than `_MAX_DEPTH` are null."""
    made: list[str] = []
    depth = kept_to = 0
    for found in _BRACKET.finditer(text):
        letter = found[0]
        if letter in "[{":
            depth += 1
            if depth == _MAX_DEPTH:
                made += [text[kept_to : found.start()], "null"]
        elif letter in "]}":
            if depth == _MAX_DEPTH:
                kept_to = found.end()
            depth -= 1
    return "".join((*made, text[kept_to:])) if depth == 0 else "?"


def repaired(value: Any, warnings: EventWarnings, field: str = "", depth: int = 0) -> Any:
    """Give a value that any JSON can hold, and note what was put right.

    What is nested deeper than any reader goes is null; `field` is the value's place, `depth` how deep that is.

    >>> warnings = EventWarnings()
    >>> repaired({"params": {"value": float("nan"), "n": 2**70}}, warnings)
    {'params': {'value': None, 'n': '1180591620717411303424'}}
    >>> [warning.field for warning in warnings.found]
    ['params.value', 'params.n']
    """
    if isinstance(value, str):
        if _NO_CHARACTER.search(value) is None:
            return value
        made = with_characters_alone(value)
        warnings.add(field or "event", "read_as", made, "holds what is no character, read as U+FFFD")
        return made
    if isinstance(value, float):
        if isfinite(value):
            return value
        warnings.add(field or "event", "dropped", value, "is no finite number, and was left out")
        return None
    if isinstance(value, int):
        if _LEAST_INT <= value <= _MOST_INT:
            return value
        warnings.add(field or "event", "read_as", value, "is beyond 64 bits, and was read as text")
        return str(value)
    if not isinstance(value, (list, dict)):
        return value
    if depth >= _MAX_DEPTH:
        warnings.add(field[:_MAX_FIELD], "dropped", None, f"is nested deeper than {_MAX_DEPTH}, and was left out")
        return None
    if isinstance(value, list):
        return [repaired(element, warnings, f"{field}[{place}]", depth + 1) for place, element in enumerate(value)]
    members: dict[str, Any] = {}
    for given_name, member in value.items():
        name = with_characters_alone(given_name)
        place = f"{field}.{name[:_MAX_FIELD]}" if field else name[:_MAX_FIELD]
        if name != given_name:
            warnings.add(place, "read_as", name, "has a name with what is no character, read as U+FFFD")
        members[name] = repaired(member, warnings, place, depth + 1)
    return members


def with_characters_alone(text: str) -> str:
    """Give a text with U+FFFD for what is no character, as every event that is taken has it.

    >>> with_characters_alone("v\\ud800")
    'v\ufffd'
    """
    return _NO_CHARACTER.sub("\ufffd", text)


def dumped(value: Any) -> bytes:
    """Give a value that came in a body as JSON, whatever it holds: what JSON does not have is repaired."""
    try:
        return orjson.dumps(value)
    except TypeError:  # half a character, a number beyond 64 bits, nested too deep
        return orjson.dumps(repaired(value, EventWarnings()))
