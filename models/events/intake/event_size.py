"""Event size: of an event too large for the log, what says least is left out."""

from collections.abc import Iterator
from typing import Any

import msgspec

from models.base.errors import InvalidError
from models.events.events import MAX_EVENT_BYTES, Event, encode_event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.item_parsing import MAX_TEXT
from models.events.intake.param_parsing import READ_CONTEXT, READ_PARAMS


def encode_fitting(event: Event, warnings: EventWarnings) -> bytes:
    """Give the bytes the log holds; of an event too large, what the engine needs least is left out, as little as helps.

    Raises `InvalidError` where that does not help.
    """
    encoded = encode_event(event)
    if len(encoded) <= MAX_EVENT_BYTES:
        return encoded
    for smaller, left_out in _smaller(event):
        slim = encode_event(smaller)
        if len(slim) <= MAX_EVENT_BYTES:
            warnings.add("event", "dropped", len(encoded), f"bytes are more than {MAX_EVENT_BYTES}: without {left_out}")
            return slim
    raise InvalidError("event_too_large", f"the event has {len(encoded)} bytes, at most {MAX_EVENT_BYTES}")


def _smaller(event: Event) -> Iterator[tuple[Event, str]]:
    """Give an event ever smaller, each with what has been left out of it."""
    params = {name: value for name, value in event.params.items() if name in READ_PARAMS}
    context = {name: value for name, value in event.context.items() if name in READ_CONTEXT}
    left_out = "params and context of your own"
    yield (made := msgspec.structs.replace(event, params=params, context=context)), left_out
    left_out += f", texts behind their first {MAX_TEXT} characters"
    short = {name: _cut(value) for name, value in params.items() if not isinstance(value, (list, dict))}
    yield (made := msgspec.structs.replace(made, params=short)), left_out
    left_out += ", context"
    yield (made := msgspec.structs.replace(made, context={})), left_out
    left_out += ", names of items"
    items = [msgspec.structs.replace(item, name="", variant="") for item in event.items]
    yield (made := msgspec.structs.replace(made, items=tuple(items))), left_out
    left_out += ", their brands and categories"
    items = [msgspec.structs.replace(item, brand="", category=()) for item in items]
    yield msgspec.structs.replace(made, items=tuple(items)), left_out


def _cut(value: Any) -> Any:
    return value[:MAX_TEXT] if isinstance(value, str) else value
