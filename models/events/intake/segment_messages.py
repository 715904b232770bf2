"""Segment messages: identify, track, page, screen, group and alias, as events of ours.

Names, properties and products of track calls are read by `models.events.intake.segment_spec`, like those of any event.
Of traits only what the engine acts on is kept: it is no store of addresses.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from models.base.errors import InvalidError, show_value

MESSAGE_TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")
_KEPT_TRAITS: Final = ("birthday",)
_PAGE: Final = (("url", "page_location"), ("referrer", "page_referrer"), ("title", "page_title"))


def event_of_message(message: object, shared: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give a message as `POST /v1/events` takes events; `shared` is what a batch says of all its messages.

    Raises `InvalidError` for a type that is none, and for a message of nobody.

    >>> event_of_message({"type": "track", "anonymousId": "v", "event": "Product Viewed", "properties": {"sku": "a"}})
    {'event': 'Product Viewed', 'visitor_id': 'v', 'params': {'sku': 'a'}}
    """
    if not isinstance(message, dict):
        raise InvalidError("message_invalid", f"a message is a JSON object, got {show_value(message)}")
    kind = message.get("type")
    read = _READ.get(kind) if isinstance(kind, str) else None
    if read is None:
        known = ", ".join(MESSAGE_TYPES)
        raise InvalidError("message_type_invalid", f"type has value {show_value(kind)}, not one of {known}")
    anonymous_id, user_id = (_id(message.get(name)) for name in ("anonymousId", "userId"))
    if anonymous_id is None and user_id is None:
        raise InvalidError("no_user_anon_id", "a message needs an anonymousId or a userId")
    made: dict[str, Any] = {"event": "", "visitor_id": user_id if anonymous_id is None else anonymous_id}
    optional = {
        "user_id": user_id,
        "event_id": message.get("messageId"),
        "timestamp": message.get("timestamp", message.get("originalTimestamp")),
        "sent_at": message.get("sentAt"),
        "context": _context(message.get("context"), (shared or {}).get("context")),
        "consent": message.get("consent"),
        **{name: message.get(name) for name in ("visitor_token", "user_token")},
    }
    made.update({name: value for name, value in optional.items() if value is not None})
    read(message, made)
    return made


def _id(value: object) -> object:
    return None if value is None or value == "" else value


def _context(own: object, shared: object) -> object:
    if not isinstance(shared, dict):
        return own
    return {**shared, **own} if isinstance(own, dict) else shared


def _members(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _track(message: Mapping[str, Any], made: dict[str, Any]) -> None:
    name = message.get("event")
    if name is None or name == "":
        raise InvalidError("event_missing", "a track message needs an event")
    made["event"], properties = name, message.get("properties")
    if properties is not None:
        made["params"] = properties


def _page(message: Mapping[str, Any], made: dict[str, Any]) -> None:
    properties, page = _members(message.get("properties")), _members(_members(made.get("context")).get("page"))
    made["event"] = "page_view"
    for theirs, ours in _PAGE:
        value = properties.get(theirs, page.get(theirs))
        if value is not None and ours not in properties:
            properties[ours] = value
    if message.get("name") is not None:
        properties.setdefault("page_title", message["name"])
    made["params"] = properties


def _screen(message: Mapping[str, Any], made: dict[str, Any]) -> None:
    made["event"], made["params"] = "screen_view", _members(message.get("properties"))
    if message.get("name") is not None:
        made["params"].setdefault("screen_name", message["name"])


def _identify(message: Mapping[str, Any], made: dict[str, Any]) -> None:
    """Whose the device is from now on; without a device it says nothing but what is known of the user."""
    made["event"] = "login" if "user_id" in made and made["visitor_id"] != made["user_id"] else "identify"
    traits = _members(message.get("traits"))
    kept = {name: traits[name] for name in _KEPT_TRAITS if traits.get(name) is not None}
    if kept:
        made["params"] = kept


def _group(message: Mapping[str, Any], made: dict[str, Any]) -> None:
    made["event"] = "join_group"
    if message.get("groupId") is not None:
        made["params"] = {"group_id": message["groupId"]}


def _alias(message: Mapping[str, Any], made: dict[str, Any]) -> None:
    previous_id, user_id = (_id(message.get(name)) for name in ("previousId", "userId"))
    if previous_id is None or user_id is None:
        raise InvalidError("alias_invalid", "an alias message needs a previousId and a userId")
    made["event"], made["visitor_id"], made["user_id"] = "login", previous_id, user_id


_READ: Final[dict[str, Callable[[Mapping[str, Any], dict[str, Any]], None]]] = {
    "track": _track,
    "page": _page,
    "screen": _screen,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}
